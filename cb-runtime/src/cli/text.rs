//! Texts and figures as people read them.

use std::{
    borrow::Cow,
    fmt::Write,
    time::{Duration, SystemTime},
};

use crate::{config::is_hidden, error::show};

/// The text with escapes for what would steer a terminal or begin a line: names, keys and errors come
/// from elsewhere.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            plain.extend(character.escape_default());
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

/// JSON with escapes for the same. They stand in texts alone, where they mean what was there before.
pub(super) fn escaped(json: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| c != '\n' && is_hidden(c);
    if !json.contains(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if is_hidden(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // A text takes whatever is written to it.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// A score, never rounded up: what is under a floor does not look as if it were not, and what is not all
/// closed has no 1.00.
pub(super) fn score(score: f64) -> String {
    format!("{:.2}", (score * 100.0 + 1e-9).floor() / 100.0)
}

/// A time that a call took, in seconds.
pub(super) fn took(seconds: f64) -> String {
    match seconds {
        ..0.000_01 => "<0.01ms".to_owned(),
        ..0.001 => format!("{:.2}ms", seconds * 1e3),
        0.001..0.01 => format!("{:.1}ms", seconds * 1e3),
        0.01..1.0 => format!("{:.0}ms", seconds * 1e3),
        1.0..60.0 => format!("{seconds:.1}s"),
        _ => lasting(seconds),
    }
}

/// A time to come or a setting, in seconds.
pub(super) fn lasting(seconds: f64) -> String {
    // What is longer than ten thousand years is meant to last for ever.
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if time.as_secs() < 315_360_000_000 => {
            // Of more than a second nobody counts the milliseconds.
            if seconds < 1.0 { show(time) } else { show(Duration::from_secs_f64(seconds.round())) }
        }
        _ => "for ever".to_owned(),
    }
}

/// A time that is left, in seconds, as a countdown has it.
pub(super) fn left(seconds: f64) -> String {
    lasting(seconds.ceil().max(1.0))
}

/// How long before `now` something was, as "3m ago".
pub(super) fn ago(then: &str, now: SystemTime) -> String {
    let Ok(then) = humantime::parse_rfc3339(then) else { return then.to_owned() };
    let seconds = now.duration_since(then).unwrap_or_default().as_secs();
    match seconds {
        0 => "now".to_owned(),
        1..120 => format!("{seconds}s ago"),
        120..7200 => format!("{}m ago", seconds / 60),
        7200..172_800 => format!("{}h ago", seconds / 3600),
        _ => format!("{}d ago", seconds / 86_400),
    }
}

/// When the server wrote its answer, by its own clock; now where it does not say.
pub(super) fn time(at: &str) -> SystemTime {
    humantime::parse_rfc3339(at).unwrap_or_else(|_| SystemTime::now())
}

/// "12 %", from a share.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 10.0 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// A word of the API as people write it: `half_open` is half-open.
pub(super) fn word(wire: &str) -> String {
    match wire {
        "half_open" => "half-open".to_owned(),
        _ => wire.replace('_', " "),
    }
}

/// "1 breaker", "2 breakers".
pub(super) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_text() {
        assert_eq!(plain("db/größe"), "db/größe");
        assert_eq!(plain("a\u{1b}[2J\r\nb\tc"), "a\\u{1b}[2J\\r\\nb\\tc");
        assert_eq!(plain("\u{202e}x\u{9b}"), "\\u{202e}x\\u{9b}");
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({ "größe": "a\u{9b}2J\u{202e}\u{7f}\n\u{1b}" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escaped(&text);
        assert!(!escaped.contains(|c: char| c != '\n' && is_hidden(c)), "{escaped:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&escaped).unwrap(), value);
    }

    #[test]
    fn figures_are_short() {
        assert_eq!(took(0.000_05), "0.05ms");
        assert_eq!(took(0.0042), "4.2ms");
        assert_eq!(took(0.25), "250ms");
        assert_eq!(took(3.21), "3.2s");
        assert_eq!(took(90.0), "1m 30s");
        assert_eq!(lasting(0.25), "250ms");
        assert_eq!(lasting(90.0), "1m 30s");
        assert_eq!(lasting(3.876), "4s");
        assert_eq!(left(9.2), "10s");
        assert_eq!(left(0.0), "1s");
        assert_eq!(left(1.8e19), "for ever");
        assert_eq!(lasting(1.8e19), "for ever");
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.004), "0.4%");
        assert_eq!(percent(1.0), "100%");
    }

    #[test]
    fn a_time_is_told_from_the_servers_clock() {
        let now = time("2026-01-01T00:10:00Z");
        assert_eq!(ago("2026-01-01T00:10:00.000Z", now), "now");
        assert_eq!(ago("2026-01-01T00:09:58.000Z", now), "2s ago");
        assert_eq!(ago("2026-01-01T00:00:00.000Z", now), "10m ago");
        assert_eq!(ago("soon", now), "soon");
    }
}
