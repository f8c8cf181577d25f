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
    key("key", "key = tenant"),
    key("max_keys", "max_keys = 1_000"),
    key("service_type", "service_type = \"database\""),
    key("critical", "critical"),
    key("failure_threshold", "failure_threshold = 5"),
    key("failure_rate", "failure_rate = 0.5"),
    key("slow_call", "slow_call = \"2s\""),
    key("slow_call_rate", "slow_call_rate = 0.5"),
    key("window", "window = 100"),
    key("min_calls", "min_calls = 10"),
    key("recovery_timeout", "recovery_timeout = \"30s\""),
    key("backoff", "backoff(factor = 2.0, max = \"10m\", jitter = 0.1)"),
    key("half_open_max_calls", "half_open_max_calls = 1"),
    key("success_threshold", "success_threshold = 1"),
    key("probe_timeout", "probe_timeout = \"10s\""),
    key("reset_timeout", "reset_timeout = \"5m\""),
    key("shed", "shed = 2.0"),
    key("health_check", "health_check = ping"),
    key("response_times", "response_times = false"),
    key("record_errors", "record_errors = MyError::Io(_) | MyError::Timeout"),
    key("ignore_errors", "ignore_errors = MyError::NotFound"),
    key("failure_if", "failure_if = |answer| answer.is_empty()"),
    key("open_for", "open_for = |error| error.retry_after()"),
    key("call_timeout", "call_timeout = \"2s\""),
    key("cancelled", "cancelled = \"failure\""),
    key("max_concurrent", "max_concurrent = 32"),
    key("retry", "retry(max_attempts = 3, delay = \"100ms\", max_delay = \"10s\", jitter)"),
    key("fallback", "fallback = other_function"),
    key("fallback_on", "fallback_on = \"rejected\""),
    key("stale_if_error", "stale_if_error(max_age = \"5m\", key = query)"),
    key("enabled", "enabled = settings().use_breakers"),
    key("span", "span"),
    key("crate", "crate = path::to::cb_runtime"),
];

const FALLBACK: &str =
    "did you mean `fallback`? It takes the function itself: `fallback = other_function`";
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
const RECORD: &str = "did you mean `record_errors` (which errors count as failures) or `ignore_errors` (which count as nothing)?";
const IGNORE: &str = "did you mean `ignore_errors` (which errors count as nothing)?";
const PROBES: &str = "did you mean `half_open_max_calls` (probes in flight at once)?";
const RECOVERY: &str =
    "did you mean `recovery_timeout` (how long the breaker stays open before a probe)?";
const BACKOFF: &str =
    "did you mean `backoff(factor = 2.0, max = \"10m\")` (each opening in a row lasts longer)?";
const SHED: &str =
    "did you mean `shed` (turns a growing share of calls away before the breaker opens)?";
const KEY: &str = "did you mean `key` (one breaker for each value, such as `key = tenant`)?";
const OPEN_FOR: &str =
    "did you mean `open_for` (asks an error for how long the breaker is to stay open)?";
const HEALTH: &str =
    "did you mean `health_check` (a function that is the probe in the place of a user's call)?";
const CONCURRENT: &str =
    "did you mean `max_concurrent` (how many calls of this function may be under way at once)?";
const RETRY: &str =
    "did you mean `retry`? It counts the first try too: two retries are `retry(max_attempts = 3)`";
const STALE: &str =
    "did you mean `stale_if_error` (answers with the last good value where the service has none)?";
const TIMEOUT: &str = "did you mean `call_timeout` (how long one call may take) or `recovery_timeout` (how long the breaker stays open)?";

/// What other libraries call things, and what to say to who is used to it.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["timeout", "timeout_duration"], TIMEOUT),
    (&["fallback_method", "fallback_function"], FALLBACK),
    (
        &[
            "threshold",
            "max_failures",
            "fail_max",
            "failures",
            "consecutive_failures",
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
    (&["expected_exception", "record_exceptions", "should_handle"], RECORD),
    (&["exclude", "ignore_exceptions"], IGNORE),
    (&["half_open_requests", "permitted_number_of_calls_in_half_open_state"], PROBES),
    (
        &[
            "wait_duration",
            "wait_duration_in_open_state",
            "break_duration",
            "duration_of_break",
            "sleep_window",
            "reset_after",
            "cooldown",
            "cool_down",
            "cooldown_period",
            "open_duration",
            "open_timeout",
        ],
        RECOVERY,
    ),
    (&["exponential_backoff", "backoff_multiplier", "break_duration_generator"], BACKOFF),
    (&["throttle", "adaptive_throttling", "load_shedding"], SHED),
    (&["partition_by", "partition_key", "key_by", "per"], KEY),
    (&["retry_after"], OPEN_FOR),
    (&["health", "probe", "ping", "probe_with"], HEALTH),
    (
        &[
            "bulkhead",
            "max_parallel_calls",
            "max_concurrent_calls",
            "max_concurrency",
            "concurrency_limit",
            "concurrency",
            "max_parallelization",
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
    (&["stale", "stale_while_error", "stale_while_revalidate", "cache", "cache_ttl"], STALE),
];

pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// How a key is written.
pub(crate) fn example(name: &str) -> &'static str {
    find(name).map_or("", |key| key.example)
}

/// What to say to somebody who wrote a key that there is none of.
pub(crate) fn unknown(name: &str) -> String {
    let hint = ELSEWHERE
        .iter()
        .find(|(elsewhere, _)| elsewhere.contains(&name))
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
