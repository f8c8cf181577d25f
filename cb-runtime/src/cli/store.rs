//! The store through which instances of a program share their breakers, and what they share.

use std::time::SystemTime;

use super::{
    screen::{Text, Tone},
    text::{ago, count, left, word},
    wire::{Row, Shared, Store},
};

/// "shared store `redis://cache`: connected since 3m ago, 3 instances"; nothing where none is shared.
pub(super) fn line(store: Option<&Store>, now: SystemTime) -> Option<[Text; 3]> {
    let store = store?;
    let head = Text::new(Tone::Faint, format!("shared store {}:", store.name));
    let (mut rest, state) = match (store.connected, &store.problem) {
        (true, _) => {
            let agreed = store.agreed.as_deref().map(|at| format!(", agreed {}", ago(at, now)));
            let instances = count(store.instances, "instance");
            (
                format!(
                    "since {}, {instances}{}",
                    ago(&store.since, now),
                    agreed.unwrap_or_default()
                ),
                Text::new(Tone::Good, "connected"),
            )
        }
        (false, Some(problem)) => (
            format!("since {}: {problem}; breakers decide alone", ago(&store.since, now)),
            Text::new(Tone::Bad, "away"),
        ),
        (false, None) => (String::new(), Text::new(Tone::Unsure, "connecting")),
    };
    if store.pending > 0 {
        rest = format!("{rest}; of {} something is to be told", count(store.pending, "breaker"));
    }
    Some([head, state, rest.into()])
}

/// "connected", "away" or nothing, where scripts read it.
pub(super) fn short(connected: Option<bool>) -> &'static str {
    match connected {
        Some(true) => "connected",
        Some(false) => "away",
        None => "",
    }
}

/// How a breaker stands to those of other instances: "all were told to open, by a1b2; forced open for 9m".
pub(super) fn standing(row: &Row) -> Option<String> {
    let Shared { connected, epoch, open, changed_by, mode, settings } = row.shared.as_ref()?;
    let mut parts = Vec::new();
    if !connected {
        parts.push("it decides alone, as the shared store is away".to_owned());
    }
    if *epoch > 0 {
        let by = changed_by.as_deref().map(|by| format!(", by {by}")).unwrap_or_default();
        let what = if *open { "all were told to open" } else { "all were told to close" };
        parts.push(format!("{what}{by}"));
    }
    if let Some(mode) = mode {
        parts.push(format!("{} for {} still", word(&mode.mode), left(mode.remaining)));
    }
    if let Some(set) = settings {
        let these: Vec<String> =
            set.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
        parts.push(format!("{} for {} still", these.join(", "), left(set.remaining)));
    }
    if parts.is_empty() {
        parts.push("nothing was told".to_owned());
    }
    Some(parts.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(shared: &serde_json::Value) -> Option<String> {
        standing(&serde_json::from_value(json!({ "shared": shared })).unwrap())
    }

    #[test]
    fn a_breaker_tells_what_all_were_told() {
        assert_eq!(of(&json!(null)), None);
        let calm = json!({ "connected": true, "epoch": 0, "open": false });
        assert_eq!(of(&calm).unwrap(), "nothing was told");
        let full = json!({
            "connected": false,
            "epoch": 7,
            "open": true,
            "changed_by": "there",
            "mode": { "mode": "forced_open", "remaining": 90.0 },
            "settings": { "settings": { "failure_threshold": "3" }, "remaining": 3600.0 },
        });
        assert_eq!(
            of(&full).unwrap(),
            "it decides alone, as the shared store is away; all were told to open, by there; \
             forced open for 1m 30s still; failure_threshold 3 for 1h still"
        );
    }
}
