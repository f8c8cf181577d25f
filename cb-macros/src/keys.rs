//! The vocabulary: which keys there are, what each takes, and what people write instead.

/// A key of the attribute.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// How it is written, for whoever wrote it otherwise.
    pub(crate) example: &'static str,
}

const fn key(name: &'static str, example: &'static str) -> Key {
    Key { name, example }
}

pub(crate) const KEYS: &[Key] = &[
    key("name", "name = \"vector_search\""),
    key("service_type", "service_type = \"database\""),
    key("critical", "critical"),
    key("failure_threshold", "failure_threshold = 5"),
    key("recovery_timeout", "recovery_timeout = \"30s\""),
    key("half_open_max_calls", "half_open_max_calls = 1"),
    key("success_threshold", "success_threshold = 1"),
    key("probe_timeout", "probe_timeout = \"10s\""),
    key("response_times", "response_times = false"),
    key("record_errors", "record_errors = MyError::Io(_) | MyError::Timeout"),
    key("ignore_errors", "ignore_errors = MyError::NotFound"),
    key("failure_if", "failure_if = |answer| answer.is_empty()"),
    key("call_timeout", "call_timeout = \"2s\""),
    key("cancelled", "cancelled = \"failure\""),
    key("fallback", "fallback = other_function"),
    key("fallback_on", "fallback_on = \"rejected\""),
    key("enabled", "enabled = settings().use_breakers"),
    key("crate", "crate = path::to::cb_runtime"),
];

/// What other libraries call things, and what to write here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "timeout",
        "did you mean `call_timeout` (how long one call may take) or `recovery_timeout` (how long the breaker stays open)?",
    ),
    (
        "fallback_method",
        "did you mean `fallback`? It takes the function itself: `fallback = other_function`",
    ),
    (
        "fallback_function",
        "did you mean `fallback`? It takes the function itself: `fallback = other_function`",
    ),
    ("threshold", "did you mean `failure_threshold` (failures in a row that open the breaker)?"),
    ("max_failures", "did you mean `failure_threshold` (failures in a row that open the breaker)?"),
    ("fail_max", "did you mean `failure_threshold` (failures in a row that open the breaker)?"),
    (
        "expected_exception",
        "did you mean `record_errors` (which errors count as failures) or `ignore_errors` (which count as nothing)?",
    ),
    ("exclude", "did you mean `ignore_errors` (which errors count as nothing)?"),
    ("half_open_requests", "did you mean `half_open_max_calls` (probes in flight at once)?"),
    (
        "permitted_number_of_calls_in_half_open_state",
        "did you mean `half_open_max_calls` (probes in flight at once)?",
    ),
    (
        "wait_duration",
        "did you mean `recovery_timeout` (how long the breaker stays open before a probe)?",
    ),
    (
        "wait_duration_in_open_state",
        "did you mean `recovery_timeout` (how long the breaker stays open before a probe)?",
    ),
    (
        "break_duration",
        "did you mean `recovery_timeout` (how long the breaker stays open before a probe)?",
    ),
    (
        "reset_after",
        "did you mean `recovery_timeout` (how long the breaker stays open before a probe)?",
    ),
];

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// What to say to somebody who wrote a key that there is none of.
pub(crate) fn unknown(name: &str) -> String {
    let hint = ELSEWHERE
        .iter()
        .find(|(elsewhere, _)| *elsewhere == name)
        .map(|(_, hint)| (*hint).to_owned())
        .or_else(|| nearest(name).map(|near| format!("did you mean `{near}`?")))
        .unwrap_or_else(|| {
            let names: Vec<String> = KEYS.iter().map(|key| format!("`{}`", key.name)).collect();
            format!("the keys are {}", names.join(", "))
        });
    format!("unknown key `{name}`: {hint}")
}

/// The key that is written most alike, if one is alike enough.
fn nearest(name: &str) -> Option<&'static str> {
    KEYS.iter()
        .map(|key| (strsim::jaro_winkler(name, key.name), key.name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, near)| near)
}
