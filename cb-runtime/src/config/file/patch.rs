//! Settings of one breaker by themselves, as a request has them.

use super::{
    json,
    place::{Format, Path, Place, Text},
    problem::{ConfigProblem, Problems},
    settings::{self, About},
    tree::{Lines, Value},
};
use crate::config::{ConfigBuilder, Layer};

/// The longest service type that is taken from outside: each that is new is kept for ever.
const LONGEST_TYPE: usize = 128;

/// Settings that only all breakers of a name have together, and those that are made with them.
const FIXED: &[(&str, &str)] = &[(
    "max_keys",
    "is of all breakers of a name together and not of one: give it in the attribute, or in a file",
)];

/// Reads an object of settings, names and values as in a JSON file.
///
/// # Errors
/// All that is wrong, by the settings' names.
#[cfg(any(feature = "redis", test))]
pub(crate) fn settings(text: &str) -> Result<ConfigBuilder, Vec<ConfigProblem>> {
    read(text, |_| false)
}

/// The same, in which `null` takes a setting back: those settings' names too.
#[cfg(feature = "admin")]
pub(crate) fn change(text: &str) -> Result<(ConfigBuilder, Vec<&'static str>), Vec<ConfigProblem>> {
    let mut back = Vec::new();
    let settings = read(text, |key| {
        let known = settings::names().into_iter().find(|name| *name == key);
        back.extend(known);
        known.is_some()
    })?;
    Ok((settings, back))
}

/// `takes_back` is asked of each `null` whether it says something.
fn read(
    text: &str,
    mut takes_back: impl FnMut(&str) -> bool,
) -> Result<ConfigBuilder, Vec<ConfigProblem>> {
    let at = Text { name: "<json>".into(), lines: Lines::of(text), format: Format::Json };
    let mut problems = Problems::default();
    let entries = json::read(text, &at, &mut problems);
    let mut layer = Layer::default();
    for entry in entries.iter().flatten() {
        let place = Place::Text { text: &at, at: entry.at, path: Path::top(&entry.key) };
        let fixed = FIXED.iter().find(|(name, _)| *name == entry.key);
        if let Some((_, why)) = fixed {
            problems.add(&place, || (*why).to_owned());
            continue;
        }
        if entry.value == Value::NULL && takes_back(&entry.key) {
            continue;
        }
        if let ("service_type", Value::Text(text)) = (entry.key.as_ref(), &entry.value)
            && text.chars().count() > LONGEST_TYPE
        {
            let bound = || format!("at most {LONGEST_TYPE} characters");
            problems.add_bound(&place, bound, || format!("must be {}", bound()));
            continue;
        }
        settings::read_at(&mut layer, place, entry, About::Breaker, &mut problems);
    }
    if problems.is_empty() { Ok(layer.settings) } else { Err(problems.into_parts().0) }
}

#[cfg(all(test, feature = "admin"))]
#[allow(clippy::expect_used, reason = "a helper of a test fails the test")]
mod tests {
    use super::*;

    fn wrong(text: &str) -> Vec<(Option<String>, Option<String>, String)> {
        let problems = settings(text).expect_err("something is wrong");
        let told = |problem: &ConfigProblem| {
            let (key, bound) = (problem.key(), problem.bound());
            (key.map(ToOwned::to_owned), bound.map(ToOwned::to_owned), problem.message().to_owned())
        };
        problems.iter().map(told).collect()
    }

    #[test]
    fn settings_are_read_as_in_a_file() {
        let read = settings(r#"{"failure_threshold": 3, "recovery_timeout": "30s"}"#);
        let config = read.expect("they are right").build().expect("they fit");
        assert_eq!(config.failure_threshold(), 3);
        assert_eq!(config.recovery_timeout(), std::time::Duration::from_secs(30));
        assert_eq!(settings("{}").expect("nothing is right"), ConfigBuilder::new());
    }

    #[test]
    fn null_takes_a_setting_back_where_that_may_be() {
        let text = r#"{"failure_threshold": null, "critical": true, "backoff": null}"#;
        let (read, back) = change(text).expect("it is right");
        assert_eq!(read, ConfigBuilder::new().critical(true));
        assert_eq!(back, ["failure_threshold", "backoff"]);

        assert!(wrong(text)[0].2.contains("null"));
        for (text, told) in [
            (r#"{"max_keys": null}"#, "of all breakers of a name"),
            (r#"{"health_check": null}"#, "is a function"),
            (r#"{"failure_treshold": null}"#, "did you mean"),
            (r#"{"backoff": {"factor": null, "max": "1m"}}"#, "null"),
        ] {
            let problems = change(text).expect_err("it is wrong");
            assert!(problems[0].message().contains(told), "{text}: {problems:?}");
        }
    }

    #[test]
    fn each_mistake_has_its_setting_and_its_bound() {
        let told = wrong(r#"{"failure_threshold": 0, "backoff": {"factor": 0.5, "max": "1s"}}"#);
        assert_eq!(told[0].0.as_deref(), Some("failure_threshold"));
        assert_eq!(told[0].1.as_deref(), Some("at least 1"));
        assert_eq!(told[0].2, "must be at least 1, but is 0");
        assert_eq!(told[1].0.as_deref(), Some("backoff.factor"));
        assert_eq!(told[1].1.as_deref(), Some("a finite number of at least 1"));

        let told = wrong(r#"{"failure_threshold": "three"}"#);
        assert_eq!(told[0].1.as_deref(), Some("a whole number, such as `5`"));
    }

    #[test]
    fn what_cannot_be_changed_of_one_breaker_is_said() {
        assert!(wrong(r#"{"max_keys": 5}"#)[0].2.contains("of all breakers of a name"));
        assert!(wrong(r#"{"health_check": "ping"}"#)[0].2.contains("is a function"));
        assert!(wrong(r#"{"failure_treshold": 5}"#)[0].2.contains("did you mean"));
        let long = format!(r#"{{"service_type": "{}"}}"#, "x".repeat(129));
        assert_eq!(wrong(&long)[0].1.as_deref(), Some("at most 128 characters"));
    }
}
