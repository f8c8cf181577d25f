//! What somebody may have meant by a name that there is none of.

use super::shown::quoted;

/// From this likeness on, by Jaro and Winkler, a name may be another's misspelling.
const ALIKE: f64 = 0.8;

/// The name that is written most alike, if one is alike enough.
pub(crate) fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = settled(name);
    names
        .into_iter()
        .map(|near| (strsim::jaro_winkler(&name, &near.to_ascii_lowercase()), near))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, near)| near)
}

/// The names that are written most alike, the nearest first, and at most so many.
#[cfg(feature = "admin")]
pub(crate) fn all_near<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<String> {
    let name = settled(name);
    let mut near: Vec<(f64, &str)> = names
        .into_iter()
        .map(|near| (strsim::jaro_winkler(&name, &near.to_ascii_lowercase()), near))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
    near.truncate(most);
    near.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// "did you mean `shed`?", or else all that there is.
pub(crate) fn hint<'a>(
    name: &str,
    what: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    nearest(name, names.clone()).map_or_else(
        || format!("the {what} are {}", listed(names)),
        |near| format!("did you mean {}?", quoted(near)),
    )
}

/// The most names that are listed.
const MOST_LISTED: usize = 40;

pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let listed: Vec<String> = names.by_ref().take(MOST_LISTED).map(quoted).collect();
    let more = names.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", listed.join(", "))
}

/// As names are written here: `failureThreshold` and `failure-threshold` are `failure_threshold`.
/// No longer than what is compared with it can be: comparing takes time by the product of the lengths.
fn settled(name: &str) -> String {
    let mut settled = String::new();
    let mut before = '_';
    for character in name.chars().take(128) {
        if character.is_ascii_uppercase() && before.is_ascii_lowercase() {
            settled.push('_');
        }
        let is_between = matches!(character, '-' | ' ');
        settled.push(if is_between { '_' } else { character.to_ascii_lowercase() });
        before = character;
    }
    settled
}

const TIMEOUT: &str = "did you mean `recovery_timeout` (how long the breaker stays open), or for a function's calls `call_timeout` (how long one call may take)?";
const THRESHOLD: &str =
    "did you mean `failure_threshold` (failures in a row that open the breaker)?";
const RATE: &str =
    "did you mean `failure_rate` (the share of failures that opens the breaker, 0.5 for half)?";
const SLOW: &str = "did you mean `slow_call` (a call that takes longer is slow)?";
const SLOW_RATE: &str =
    "did you mean `slow_call_rate` (the share of slow calls that opens the breaker, 0.5 for half)?";
const WINDOW: &str =
    "did you mean `window` (what rates are taken over: `100` for calls, `\"10s\"` for a time)?";
const MIN_CALLS: &str =
    "did you mean `min_calls` (how many calls the window holds before a rate is judged)?";
const PROBES: &str = "did you mean `half_open_max_calls` (probes in flight at once)?";
const RECOVERY: &str =
    "did you mean `recovery_timeout` (how long the breaker stays open before a probe)?";
const BACKOFF: &str = "did you mean `backoff` (each opening in a row lasts longer)?";
const SHED: &str =
    "did you mean `shed` (turns a growing share of calls away before the breaker opens)?";
const CONCURRENT: &str = "did you mean `max_concurrent` (how many calls of a function may be under way at once)? It is a setting of calls: `[breakers.\"NAME\".calls.FUNCTION]`";
const RETRY: &str =
    "did you mean `retry`? It is a setting of calls: `[breakers.\"NAME\".calls.FUNCTION]`";
const STALE: &str =
    "did you mean `stale_if_error`? It is a setting of calls: `[breakers.\"NAME\".calls.FUNCTION]`";
const ENABLED: &str = "no setting turns a breaker off: the variable `CIRCUIT_BREAKERS_ENABLED=false` turns off all of them";
const ATTRIBUTE: &str = "is for the attribute alone, not for a file";

/// What other libraries call things, and what to say to who is used to it. The attribute's own list is in
/// `cb-macros/src/keys.rs`: a crate of macros shares nothing with the crate that it is for, and much is said
/// otherwise there.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["timeout", "timeout_duration"], TIMEOUT),
    (
        &[
            "threshold",
            "max_failures",
            "fail_max",
            "failures",
            "consecutive_failures",
            "failure_count",
            "exceptions_allowed_before_breaking",
        ],
        THRESHOLD,
    ),
    (
        &[
            "failure_rate_threshold",
            "failure_ratio",
            "failure_percentage",
            "error_rate",
            "error_threshold_percentage",
            "failure_threshold_percentage",
        ],
        RATE,
    ),
    (&["slow_call_duration_threshold", "slow_call_threshold", "slow_threshold"], SLOW),
    (&["slow_call_rate_threshold", "slow_rate"], SLOW_RATE),
    (
        &[
            "sliding_window_size",
            "sliding_window_type",
            "sliding_window",
            "window_size",
            "sampling_duration",
            "rolling_window",
            "rolling_count_timeout",
            "rolling_duration",
            "interval",
        ],
        WINDOW,
    ),
    (
        &[
            "minimum_number_of_calls",
            "minimum_throughput",
            "minimum_requests",
            "min_requests",
            "request_volume_threshold",
            "volume_threshold",
        ],
        MIN_CALLS,
    ),
    (&["half_open_requests", "permitted_number_of_calls_in_half_open_state"], PROBES),
    (
        &[
            "wait_duration",
            "wait_duration_in_open_state",
            "break_duration",
            "duration_of_break",
            "sleep_window",
            "reset_after",
        ],
        RECOVERY,
    ),
    (&["exponential_backoff", "backoff_multiplier", "break_duration_generator"], BACKOFF),
    (&["throttle", "adaptive_throttling", "load_shedding"], SHED),
    (
        &[
            "bulkhead",
            "max_parallel_calls",
            "max_concurrent_calls",
            "max_concurrency",
            "max_parallelization",
            "concurrency_limit",
            "concurrency",
        ],
        CONCURRENT,
    ),
    (
        &[
            "max_retries",
            "max_retry_attempts",
            "max_attempts",
            "retry_attempts",
            "retry_count",
            "retries",
            "attempts",
        ],
        RETRY,
    ),
    (&["stale", "stale_while_error", "stale_while_revalidate", "cache_ttl", "max_age"], STALE),
    (&["enabled", "disabled", "enable", "disable"], ENABLED),
    (
        &[
            "name",
            "key",
            "record_errors",
            "ignore_errors",
            "failure_if",
            "open_for",
            "cancelled",
            "fallback",
            "fallback_on",
        ],
        ATTRIBUTE,
    ),
];

/// What to say of a setting that there is none of: what others call so, what is written alike, or else
/// all that there are.
pub(super) fn unknown_setting(name: &str, settings: &[&str]) -> String {
    let settled = settled(name);
    let elsewhere = ELSEWHERE.iter().find(|(names, _)| names.contains(&settled.as_str()));
    match elsewhere {
        Some((_, ATTRIBUTE)) => ATTRIBUTE.to_owned(),
        Some((_, hint)) => format!("unknown setting: {hint}"),
        None => {
            let hint = hint(name, "settings", settings.iter().copied());
            format!("unknown setting: {hint}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigBuilder;

    #[test]
    fn what_is_written_alike_is_near() {
        let names = ["failure_threshold", "failure_rate", "shed"];
        for written in
            ["failure_treshold", "failureThreshold", "failure-threshold", "FAILURE_THRESHOLD"]
        {
            assert_eq!(nearest(written, names), Some("failure_threshold"), "{written}");
        }
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("", names), None);
        assert_eq!(hint("x", "settings", ["a", "b"]), "the settings are `a`, `b`");
    }

    #[test]
    fn what_others_say_is_understood() {
        for name in ["waitDurationInOpenState", "wait-duration-in-open-state"] {
            assert_eq!(unknown_setting(name, &[]), format!("unknown setting: {RECOVERY}"));
        }
        let told = unknown_setting("max_age", ConfigBuilder::SETTINGS);
        assert_eq!(told, format!("unknown setting: {STALE}"));
        assert_eq!(unknown_setting("fallback", &[]), "is for the attribute alone, not for a file");
    }
}
