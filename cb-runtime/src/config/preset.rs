//! What is known of some kinds of services.

use std::time::Duration;

use super::ConfigBuilder;

/// The service types whose presets say how long a call may take.
#[cfg(feature = "config")]
pub(crate) const WITH_CALL_TIMEOUT: [&str; 4] =
    ["ml_model", "llm", "ai_provider", "thinking_engine"];

/// The settings that breakers of this service type have where nothing else is given.
///
/// What a call may take is no setting of a breaker: the attribute gives it to its functions, if the
/// service type is one that says it.
pub(super) fn preset(service_type: &str) -> ConfigBuilder {
    // Failures in a row, seconds open, probes at once, probes to close.
    let (failures, open, probes, successes) = match service_type {
        "external_api" | "rest_api" => (3, 30, 1, 2),
        "vector_search" => (5, 60, 2, 2),
        "ml_model" => (3, 120, 1, 2),
        "llm" | "ai_provider" | "thinking_engine" | "notification" => (5, 60, 1, 1),
        "cache" | "redis" => (10, 20, 3, 2),
        "database" => (3, 30, 1, 3),
        "knowledge_graph" | "search" => (5, 60, 3, 2),
        "crawler" => (5, 90, 1, 1),
        "agent" => (5, 30, 1, 1),
        _ => return ConfigBuilder::new(),
    };
    let settings = ConfigBuilder::new()
        .failure_threshold(failures)
        .recovery_timeout(Duration::from_secs(open))
        .half_open_max_calls(probes)
        .success_threshold(successes);
    match service_type {
        // Of at least 10 calls, which is what there have to be in any case, or all of a smaller window.
        "knowledge_graph" | "search" => {
            settings.failure_rate(0.5).reset_timeout(Duration::from_secs(120))
        }
        _ => settings,
    }
}
