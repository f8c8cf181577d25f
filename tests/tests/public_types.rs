//! What people do with public types beside their purpose: keep them in statics and tasks, print them, and
//! hand errors on. That each can be is a promise, and one that is easily lost by a field.

#![cfg(all(
    feature = "admin",
    feature = "config",
    feature = "disk-cache",
    feature = "export",
    feature = "otel",
    feature = "prometheus",
    feature = "redis",
    feature = "reqwest",
    feature = "tower"
))]

use std::{error::Error, fmt::Debug, hash::Hash};

use cb_runtime::{
    Action, Alert, AlertBounds, AlertKind, Backoff, BreakerCounts, CallError, CircuitBreaker,
    CircuitError, Config, ConfigBuilder, ConfigError, ConfigProblem, Conflict, Conflicts, Counts,
    Declaration, Declarations, DiskStore, DiskStoreBuilder, DiskStoreError, Event, Exchange,
    ExplainedCalls, ExplainedSetting, Explanation, ExportError, Failure, FallbackResult, Health,
    HealthCheck, LoadError, Loaded, MemoryStore, Missed, Mode, Name, NameError, OpenOn, OpenReason,
    Opening, Origin, Overridden, Permit, Recommendation, RegisterError, Registry, Rejection,
    ResponseTimes, Scope, Selector, SettingChange, Severity, SharedBreaker, SharedError,
    SharedHandle, SharedMode, SharedOptions, SharedSettings, SharedState, SharedStateError,
    SharedStatus, Snapshot, Source, StaleAnswer, State, Subscription, Totals, TransitionReason,
    Verdict, WatchError, Window, admin, integrations, otel, prometheus,
};

fn kept<T: Debug + Send + Sync + 'static>() {}
fn cloned<T: Debug + Clone + Send + Sync + 'static>() {}
fn compared<T: Debug + Clone + PartialEq + Send + Sync + 'static>() {}
fn a_key<T: Debug + Copy + Eq + Hash + Send + Sync + 'static>() {}
fn an_error<T: Error + Send + Sync + 'static>() {}
fn sent<T: Debug + Send + 'static>() {}

#[test]
fn handles_can_be_shared() {
    cloned::<CircuitBreaker>();
    cloned::<Registry>();
    cloned::<SharedHandle>();
    cloned::<Exchange>();
    cloned::<admin::Auth>();
    cloned::<prometheus::Collector>();
    cloned::<integrations::reqwest::CircuitBreakerMiddleware>();
    cloned::<integrations::tower::CircuitBreakerLayer>();
    kept::<Permit>();
    kept::<SharedState>();
    kept::<otel::Observed>();
    kept::<MemoryStore<String, String>>();
    kept::<DiskStore<String, String>>();
    kept::<DiskStoreBuilder<String, String>>();
    sent::<Subscription>();
}

#[test]
fn settings_can_be_kept_and_compared() {
    compared::<Config>();
    compared::<ConfigBuilder>();
    compared::<Backoff>();
    compared::<Window>();
    compared::<AlertBounds>();
    compared::<SharedOptions>();
    compared::<OpenOn>();
    cloned::<HealthCheck>();
    cloned::<Selector>();
    cloned::<Source>();
}

#[test]
fn what_is_told_can_be_kept_and_compared() {
    compared::<Snapshot>();
    compared::<Totals>();
    compared::<ResponseTimes>();
    compared::<Event>();
    compared::<Counts>();
    compared::<SettingChange>();
    compared::<Opening>();
    compared::<Health>();
    compared::<BreakerCounts>();
    compared::<Alert>();
    compared::<Recommendation>();
    compared::<Explanation>();
    compared::<ExplainedSetting>();
    compared::<ExplainedCalls>();
    compared::<Overridden>();
    compared::<Origin>();
    compared::<SharedStatus>();
    compared::<SharedBreaker>();
    compared::<SharedMode>();
    compared::<SharedSettings>();
    compared::<ConfigProblem>();
    compared::<StaleAnswer<u8>>();
    compared::<Name>();
    compared::<Failure>();
    compared::<admin::Caller>();
    kept::<Declaration>();
    cloned::<Loaded>();
    kept::<Declarations>();
    kept::<Conflict>();
}

#[test]
fn kinds_can_be_keys() {
    a_key::<State>();
    a_key::<Mode>();
    a_key::<Verdict>();
    a_key::<Severity>();
    a_key::<AlertKind>();
    a_key::<OpenReason>();
    a_key::<TransitionReason>();
    a_key::<Action>();
    a_key::<Rejection>();
    a_key::<Scope>();
    a_key::<FallbackResult>();
}

#[test]
fn errors_can_be_handed_on() {
    an_error::<CircuitError>();
    an_error::<CallError<std::io::Error>>();
    an_error::<ConfigError>();
    an_error::<NameError>();
    an_error::<RegisterError>();
    an_error::<Conflicts>();
    an_error::<LoadError>();
    an_error::<WatchError>();
    an_error::<ExportError>();
    an_error::<DiskStoreError>();
    an_error::<SharedError>();
    an_error::<SharedStateError>();
    an_error::<Missed>();
    an_error::<admin::ServeError>();
}
