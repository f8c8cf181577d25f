//! `cbctl config`.

use serde_json::{Map, Value};

use super::{
    Context,
    args::ConfigChange,
    explain,
    failure::{Failure, Finding},
    screen::{Rows, Shape},
    show,
    text::plain,
    wire::Breaker,
};

pub(super) fn run(context: &mut Context, change: &ConfigChange) -> Result<Finding, Failure> {
    let ConfigChange { name, changes, cluster, lasts, undo, reason } = change;
    let Context { client, screen } = context;
    if changes.is_empty() && !undo {
        if *cluster || reason.is_some() {
            return Err(Failure::Usage(
                "nothing is to be changed: give KEY=VALUE, or --cluster --undo".to_owned(),
            ));
        }
        let (json, breaker) = show::breaker(client, name)?;
        if screen.shape() == Shape::Json {
            screen.document(&json.get("config").unwrap_or(&Value::Null))?;
            return Ok(Finding::Fine);
        }
        let mut rows = Rows::new(&["setting", "value"]);
        for setting in &breaker.settings {
            rows.push([setting.name.as_str().into(), setting.value.as_str().into()]);
        }
        screen.table(&rows)?;
        return Ok(Finding::Fine);
    }
    if *cluster && lasts.is_none() && !undo {
        return Err(Failure::Usage(
            "--cluster needs --for, such as --for 1h: a change of all instances ends by itself"
                .to_owned(),
        ));
    }
    let (name, key) = show::split(name, None)?;
    let lasts = lasts.map(|time| humantime::format_duration(time).to_string());
    let mut query = show::key_query(key);
    query.extend(reason.as_deref().map(|reason| ("reason", reason)));
    query.extend(cluster.then_some(("scope", "cluster")));
    query.extend(lasts.as_deref().map(|lasts| ("for", lasts)));
    let answer = client.change("PUT", &["config", name], &query, &body(changes)?)?;
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(Finding::Fine);
    }
    let breaker: Breaker = answer.read()?;
    let is_changed = |setting: &str| *undo || changes.iter().any(|(key, _)| top(key) == setting);
    let these = breaker.settings.iter().filter(|setting| is_changed(&setting.name));
    screen.table(&explain::table(these, screen.shape()))?;
    Ok(Finding::Fine)
}

fn top(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

/// The settings as an object: `backoff.factor=2` is a part of one in it.
fn body(changes: &[(String, String)]) -> Result<Value, Failure> {
    let mut body = Map::new();
    for (key, value) in changes {
        let (around, last) =
            key.rsplit_once('.').map_or((None, key.as_str()), |(a, b)| (Some(a), b));
        let mut table = &mut body;
        for part in around.into_iter().flat_map(|around| around.split('.')) {
            let inner = table.entry(part).or_insert_with(|| Value::Object(Map::new()));
            table = inner.as_object_mut().ok_or_else(|| twice(key))?;
        }
        if table.insert(last.to_owned(), read(value)).is_some() {
            return Err(twice(key));
        }
    }
    Ok(Value::Object(body))
}

fn twice(key: &str) -> Failure {
    Failure::Usage(format!("`{}` is given twice: leave one out", plain(key)))
}

/// What takes a setting back.
const DEFAULT: &str = "default";

/// A number, a truth value or a table as JSON has it, and everything else as a text.
fn read(value: &str) -> Value {
    if value == DEFAULT {
        return Value::Null;
    }
    match serde_json::from_str(value) {
        Ok(Value::Null) | Err(_) => Value::String(value.to_owned()),
        Ok(read) => read,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(changes: &[(&str, &str)]) -> Result<Value, String> {
        let changes: Vec<_> =
            changes.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        body(&changes).map_err(|failure| failure.text())
    }

    #[test]
    fn values_are_what_they_look_like() {
        let found = of(&[
            ("failure_threshold", "3"),
            ("recovery_timeout", "1m 30s"),
            ("critical", "true"),
            ("service_type", "\"7\""),
            ("shed", "none"),
            ("backoff.factor", "2.5"),
            ("backoff.max", "10m"),
            ("window", "null"),
            ("slow_call", "default"),
            ("reset_timeout", "\"default\""),
        ]);
        let expected = json!({
            "failure_threshold": 3,
            "recovery_timeout": "1m 30s",
            "critical": true,
            "service_type": "7",
            "shed": "none",
            "backoff": { "factor": 2.5, "max": "10m" },
            "window": "null",
            "slow_call": null,
            "reset_timeout": "default",
        });
        assert_eq!(found, Ok(expected));
    }

    #[test]
    fn what_is_said_twice_is_refused() {
        for twice in
            [[("a", "1"), ("a", "2")], [("a", "1"), ("a.b", "2")], [("a.b", "1"), ("a", "2")]]
        {
            assert!(of(&twice).unwrap_err().contains("given twice"), "{twice:?}");
        }
    }
}
