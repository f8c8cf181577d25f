//! `cbctl show`.

use std::time::SystemTime;

use serde_json::Value;

use super::{
    Context,
    args::Named,
    client::Client,
    events,
    failure::{Failure, Finding},
    screen::{Rows, Screen, Shape, Text, Tone},
    status, store,
    text::{ago, count, left, percent, took},
    wire::{Breaker, Function, Row, Times},
    words,
};

/// So many of the latest events are shown.
const LATEST: usize = 10;

pub(super) fn run(context: &mut Context, named: &Named) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let (name, key) = split(&named.name, named.key.as_deref())?;
    let answer = client.get(&["status", name], &key_query(key))?;
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(Finding::Fine);
    }
    let breaker: Breaker = answer.read()?;
    let now = SystemTime::now();
    if breaker.keyed {
        keys(screen, &breaker, now)?;
    } else {
        one(screen, &breaker.row, now)?;
        history(screen, &breaker.history)?;
    }
    functions(screen, &breaker.functions)?;
    Ok(Finding::Fine)
}

/// The name and the key of what is written as `NAME[KEY]`, or with `--key`.
pub(super) fn split<'a>(
    name: &'a str,
    key: Option<&'a str>,
) -> Result<(&'a str, Option<&'a str>), Failure> {
    let found = match (key, name.strip_suffix(']').and_then(|name| name.split_once('['))) {
        (None, Some((name, key))) => (name, Some(key)),
        _ => (name, key),
    };
    if found.0.is_empty() {
        return Err(Failure::Usage("the name of a breaker is not empty".to_owned()));
    }
    Ok(found)
}

pub(super) fn key_query(key: Option<&str>) -> Vec<(&str, &str)> {
    key.map(|key| ("key", key)).into_iter().collect()
}

/// One breaker, with the source of each of its settings.
pub(super) fn breaker(client: &Client, name: &str) -> Result<(Value, Breaker), Failure> {
    let (name, key) = split(name, None)?;
    let answer = client.get(&["status", name], &key_query(key))?;
    let breaker = answer.read()?;
    Ok((answer.json, breaker))
}

fn one(screen: &mut Screen, breaker: &Row, now: SystemTime) -> Result<(), Failure> {
    let next = breaker.remaining_open.map(|time| format!("in {}", left(time)));
    let reason = breaker.last_opening.as_ref().map(words::opening);
    let openings = match (breaker.openings, reason) {
        (0, _) => "never".to_owned(),
        (number, reason) => {
            let last = reason.map(|reason| format!(", last: {reason}")).unwrap_or_default();
            format!("{}{last}", count(number, "time"))
        }
    };
    let past = |at: &Option<String>| at.as_deref().map(|at| ago(at, now));
    screen.facts(&[
        ("breaker", Text::new(Tone::Title, &breaker.name)),
        ("service type", breaker.service_type.clone().into()),
        ("critical", if breaker.critical { "yes".into() } else { Text::default() }),
        ("state", status::state(breaker)),
        ("since", ago(&breaker.since, now).into()),
        ("next probe", next.into()),
        ("failures in a row", status::row(breaker).into()),
        ("failure rate", breaker.failure_rate.map(percent).into()),
        ("slow calls", breaker.slow_call_rate.map(percent).into()),
        ("opened", openings.into()),
        ("calls", totals(breaker).into()),
        ("response times", breaker.response_times.as_ref().map(times).into()),
        ("last success", past(&breaker.last_success).into()),
        ("last failure", past(&breaker.last_failure).into()),
        ("last error", breaker.last_error.clone().into()),
        ("all instances", store::standing(breaker).into()),
    ])?;
    Ok(())
}

/// "120 calls, 100 successes, 20 failures", without what is none.
fn totals(breaker: &Row) -> String {
    let mut all = vec![breaker.total("calls").to_string()];
    let parts = breaker.totals.iter().filter(|(name, number)| *name != "calls" && **number > 0);
    all.extend(parts.map(|(name, number)| format!("{} {number}", name.replace('_', " "))));
    all.join(", ")
}

pub(super) fn times(times: &Times) -> String {
    format!(
        "mean {}, p50 {}, p95 {}, p99 {}, max {}",
        took(times.mean),
        took(times.p50),
        took(times.p95),
        took(times.p99),
        took(times.max)
    )
}

fn keys(screen: &mut Screen, breaker: &Breaker, now: SystemTime) -> Result<(), Failure> {
    let shown = breaker.keys.len() as u64;
    let all = if shown < breaker.total_keys {
        format!("{} of which {shown} are shown", breaker.total_keys)
    } else {
        breaker.total_keys.to_string()
    };
    screen
        .facts(&[("breaker", Text::new(Tone::Title, &breaker.row.name)), ("keys", all.into())])?;
    if !breaker.keys.is_empty() {
        screen.title("Keys")?;
        screen.table(&status::drawn(&breaker.keys, now))?;
    }
    Ok(())
}

fn history(screen: &mut Screen, history: &[Value]) -> Result<(), Failure> {
    if history.is_empty() {
        return Ok(());
    }
    screen.title("Latest events")?;
    let earlier = history.len().saturating_sub(LATEST);
    let mut rows = Rows::new(&["at", "what", "why"]);
    for event in history.iter().skip(earlier) {
        let [at, _, what, why] = events::columns(event);
        rows.push([at, what, why]);
    }
    screen.table(&rows)?;
    Ok(())
}

fn functions(screen: &mut Screen, functions: &[Function]) -> Result<(), Failure> {
    if functions.is_empty() {
        return Ok(());
    }
    screen.title("Functions")?;
    let mut rows = Rows::new(&["function", "place", "fallback"]);
    for function in functions {
        rows.push([
            function.path.as_str().into(),
            format!("{}:{}", function.file, function.line).into(),
            function.fallback.clone().into(),
        ]);
    }
    screen.table(&rows)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_in_brackets_or_by_itself() {
        let found = |name, key| split(name, key).unwrap();
        assert_eq!(found("db", None), ("db", None));
        assert_eq!(found("db[a[1]]", None), ("db", Some("a[1]")));
        assert_eq!(found("db", Some("a")), ("db", Some("a")));
        assert!(split("", None).is_err());
        assert!(split("[a]", None).is_err());
    }
}
