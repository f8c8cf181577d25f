//! What the API says in parts, as sentences.

use serde_json::Value;

use super::text::{lasting, word};

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

/// Why a breaker opened.
pub(super) fn opening(reason: &Value) -> String {
    let of = |what: &str, which: &str| {
        format!("{} of {} calls {which}", number(reason, what), number(reason, "calls"))
    };
    match text(reason, "kind") {
        "consecutive_failures" if number(reason, "count") == 1 => "1 failure".to_owned(),
        "consecutive_failures" => format!("{} failures in a row", number(reason, "count")),
        "failure_rate" => of("failures", "failed"),
        "slow_call_rate" => of("slow", "were slow"),
        "stay_away" => "the service asked to stay away".to_owned(),
        "probe_failed" => "a probe failed".to_owned(),
        "probe_slow" => "a probe was slow".to_owned(),
        "health_check_failed" => "the health check failed".to_owned(),
        "forced_open" => "forced by hand".to_owned(),
        "elsewhere" => "another instance opened it".to_owned(),
        other => word(other),
    }
}

fn transition(reason: &Value) -> String {
    match text(reason, "why") {
        "opened" => reason.get("reason").map(opening).unwrap_or_default(),
        "open_time_over" => "the open time was over".to_owned(),
        "probes_succeeded" if number(reason, "count") == 1 => "a probe succeeded".to_owned(),
        "probes_succeeded" => format!("{} probes succeeded", number(reason, "count")),
        "mode_changed" => "its mode was changed".to_owned(),
        "closed_elsewhere" => "another instance closed it".to_owned(),
        other => word(other),
    }
}

/// Where a setting comes from.
pub(super) fn origin(origin: &Value) -> String {
    let file = || format!("{}:{}", text(origin, "file"), number(origin, "line"));
    match text(origin, "layer") {
        "preset" => format!("preset of `{}`", text(origin, "service_type")),
        "attribute" => format!("attribute at {}", file()),
        "code" => format!("code at {}", file()),
        "file" => format!("{}, `{}`", file(), text(origin, "key")),
        "variable" => format!("variable {}", text(origin, "name")),
        "runtime" => "changed while running".to_owned(),
        other => word(other),
    }
}

/// What happened, in two parts: the kind or the states, and the rest.
pub(super) fn event(event: &Value) -> (String, String) {
    let turn = || format!("{} -> {}", word(text(event, "from")), word(text(event, "to")));
    let kind = text(event, "event");
    match kind {
        "transition" => (turn(), transition_event(event)),
        "mode_changed" => {
            let lasts = event.get("lasts").and_then(Value::as_f64);
            (turn(), lasts.map(|time| format!("for {}", lasting(time))).unwrap_or_default())
        }
        "config_changed" => {
            let changes = event.get("changes").and_then(Value::as_array).into_iter().flatten();
            let changes = changes.map(|change| {
                let (from, to) = (text(change, "from"), text(change, "to"));
                format!("{}: {from} -> {to}", text(change, "setting"))
            });
            ("config".to_owned(), changes.collect::<Vec<_>>().join(", "))
        }
        "operated" => {
            let everywhere = text(event, "scope") == "cluster";
            let place = if everywhere { " in all instances" } else { "" };
            let mut said =
                format!("{}{place} by {}", word(text(event, "action")), text(event, "who"));
            for (name, before) in [("from", " from "), ("reason", ": ")] {
                if !text(event, name).is_empty() {
                    said.push_str(before);
                    said.push_str(text(event, name));
                }
            }
            ("operator".to_owned(), said)
        }
        "store_degraded" => (
            "shared store is away".to_owned(),
            format!("{}; breakers decide alone", text(event, "why")),
        ),
        "store_restored" => ("shared store is back".to_owned(), String::new()),
        "call_rejected" => ("rejected".to_owned(), word(text(event, "reason"))),
        "missed" => (
            "missed".to_owned(),
            format!("{} events, while nobody listened", number(event, "count")),
        ),
        other => (word(other), String::new()),
    }
}

fn transition_event(event: &Value) -> String {
    let mut said = event.get("reason").map(transition).unwrap_or_default();
    if !text(event, "error").is_empty() {
        said = format!("{said}, last: {}", text(event, "error"));
    }
    if let Some(time) = event.get("open_for").and_then(Value::as_f64) {
        said = format!("{said}; next probe in {}", lasting(time));
    }
    if event.get("dry_run") == Some(&Value::Bool(true)) {
        said.push_str(" (metrics only: calls pass)");
    }
    said
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Event, OpenReason, State, TransitionReason, config::Origin, name::Name,
        observe::event::Counts,
    };

    fn value(it: impl serde::Serialize) -> Value {
        serde_json::to_value(it).unwrap()
    }

    #[test]
    fn reasons_are_told_as_the_library_tells_them() {
        for reason in [
            OpenReason::ConsecutiveFailures { count: 1 },
            OpenReason::ConsecutiveFailures { count: 5 },
            OpenReason::FailureRate { failures: 3, calls: 4 },
            OpenReason::SlowCallRate { slow: 3, calls: 4 },
            OpenReason::StayAway,
            OpenReason::ProbeFailed,
            OpenReason::ProbeSlow,
            OpenReason::HealthCheckFailed,
            OpenReason::ForcedOpen,
            OpenReason::Elsewhere,
        ] {
            assert_eq!(opening(&value(reason)), reason.to_string());
            let reason = TransitionReason::Opened { reason };
            assert_eq!(transition(&value(reason)), reason.to_string());
        }
        for reason in [
            TransitionReason::OpenTimeOver,
            TransitionReason::ProbesSucceeded { count: 1 },
            TransitionReason::ProbesSucceeded { count: 2 },
            TransitionReason::Reset,
            TransitionReason::ModeChanged,
            TransitionReason::ClosedElsewhere,
        ] {
            assert_eq!(transition(&value(reason)), reason.to_string());
        }
    }

    #[test]
    fn places_are_told_as_the_library_tells_them() {
        for place in [
            Origin::Default,
            Origin::Preset { service_type: "llm".into() },
            Origin::Attribute { file: "a.rs", line: 3 },
            Origin::Code { file: "a.rs", line: 3 },
            Origin::File { file: "a.toml".into(), line: 3, key: "defaults.shed".into() },
            Origin::Variable { name: "CB_X".into() },
            Origin::Runtime,
        ] {
            assert_eq!(origin(&value(&place)), place.to_string());
        }
    }

    #[test]
    fn an_opening_is_told_with_its_error() {
        let opened = Event::Transition {
            name: Name::shared("llm".into()),
            at: std::time::SystemTime::UNIX_EPOCH,
            from: State::Closed,
            to: State::Open,
            reason: TransitionReason::Opened {
                reason: OpenReason::ConsecutiveFailures { count: 5 },
            },
            open_for: Some(std::time::Duration::from_secs(60)),
            counts: Counts::default(),
            error: Some("refused".to_owned()),
            dry_run: false,
        };
        let (kind, said) = event(&value(opened));
        assert_eq!(kind, "closed -> open");
        assert_eq!(said, "5 failures in a row, last: refused; next probe in 1m");
    }

    #[test]
    fn what_is_not_known_yet_is_told_all_the_same() {
        assert_eq!(
            event(&json!({ "event": "moved_house" })),
            ("moved house".into(), String::new())
        );
        assert_eq!(opening(&json!({ "kind": "full_moon" })), "full moon");
        assert_eq!(origin(&json!({ "layer": "the_stars" })), "the stars");
        assert_eq!(event(&json!(null)), (String::new(), String::new()));
    }
}
