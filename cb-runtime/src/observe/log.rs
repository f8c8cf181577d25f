//! Events as `tracing` events under the target `cb_runtime`.

use std::time::Duration;

use tracing::{Level, level_filters::LevelFilter};

use super::{
    event::{Event, Rejection},
    hub::Missed,
};
use crate::{
    breaker::{State, TransitionReason, core::contain},
    config::ConfigError,
    error::show,
    name::{Name, escaped},
};

const TARGET: &str = "cb_runtime";

/// Opening is a warning, by whatever it came, and every other change information. A reset shows in the
/// change that it makes, if any, and by itself is for debugging. Of single calls, only those that are
/// turned away are told, by [`rejected`].
pub(crate) fn event(event: &Event) {
    match event {
        Event::Transition { name, from, to, reason, open_for, error, dry_run, .. } => {
            let change = Change { name, from: *from, to: *to, reason: *reason, dry_run: *dry_run };
            match open_for {
                Some(time) => change.opened(*time, error.as_deref()),
                None => change.became(),
            }
        }
        Event::ModeChanged { name, to, lasts, .. } => {
            let time = lasts.map_or_else(String::new, |time| format!(" for {}", show(time)));
            tracing::info!(
                target: TARGET, name = name.as_str(), mode = %to, "circuit breaker `{name}` was set to {to}{time}"
            );
        }
        Event::Reset { name, .. } => {
            tracing::debug!(target: TARGET, name = name.as_str(), "circuit breaker `{name}` was reset");
        }
        Event::ConfigChanged { name, changes, .. } => {
            let changes: Vec<String> = changes
                .iter()
                .map(|change| format!("`{}` from {} to {}", change.setting, change.from, change.to))
                .collect();
            let changes = changes.join(", ");
            tracing::info!(
                target: TARGET, name = name.as_str(), "settings of circuit breaker `{name}` were changed: {changes}"
            );
        }
        Event::StoreDegraded { name, why, .. } => {
            tracing::warn!(
                target: TARGET, store = name.as_str(), why,
                "shared store `{name}` is away: {why}; circuit breakers decide alone until it is back"
            );
        }
        Event::StoreRestored { name, .. } => {
            tracing::info!(
                target: TARGET, store = name.as_str(), "shared store `{name}` is back"
            );
        }
        // A request is logged once, however many breakers it is about.
        Event::Operated { .. }
        | Event::CallRejected { .. }
        | Event::CallRetried { .. }
        | Event::StaleAnswerUsed { .. }
        | Event::FallbackUsed { .. } => {}
    }
}

/// Whether rejections are to be told at all. Quick where nothing for debugging is; else it asks the
/// program's subscriber, so that no lock is to be held.
#[inline]
pub(crate) fn wants_rejections() -> bool {
    LevelFilter::current() >= LevelFilter::DEBUG && wants_debugging()
}

#[cold]
#[inline(never)]
fn wants_debugging() -> bool {
    let mut wanted = false;
    contain(|| wanted = tracing::enabled!(target: TARGET, Level::DEBUG));
    wanted
}

/// A call was turned away, and so many more since the last line about this breaker.
pub(crate) fn rejected(name: &Name, reason: Rejection, left_out: u64) {
    let others = match left_out {
        0 => String::new(),
        1 => "; 1 more was not shown".to_owned(),
        more => format!("; {more} more were not shown"),
    };
    tracing::debug!(
        target: TARGET, name = name.as_str(), %reason, left_out,
        "circuit breaker `{name}` turned a call away: {reason}{others}"
    );
}

struct Change<'a> {
    name: &'a Name,
    from: State,
    to: State,
    reason: TransitionReason,
    dry_run: bool,
}

impl Change<'_> {
    fn opened(&self, time: Duration, error: Option<&str>) {
        let Self { name, from, to, reason, dry_run } = self;
        let reason = reason.to_string();
        // It may be the service's own words.
        let last = error.map_or_else(String::new, |error| format!(", last: {}", escaped(error)));
        let next = if time == Duration::MAX {
            "no probe before a reset".to_owned()
        } else {
            format!("next probe in {}", show(time))
        };
        let opened = if *dry_run { "would have opened" } else { "opened" };
        tracing::warn!(
            target: TARGET, name = name.as_str(), %from, %to, reason, dry_run,
            "circuit breaker `{name}` {opened}: {reason}{last}; {next}"
        );
    }

    fn became(&self) {
        let Self { name, from, to, reason, dry_run } = self;
        let reason = reason.to_string();
        let verb = if *dry_run { "would have become" } else { "became" };
        if *to == State::Open {
            tracing::warn!(
                target: TARGET, name = name.as_str(), %from, %to, reason, dry_run,
                "circuit breaker `{name}` {verb} {to}: {reason}"
            );
        } else {
            tracing::info!(
                target: TARGET, name = name.as_str(), %from, %to, reason, dry_run,
                "circuit breaker `{name}` {verb} {to}: {reason}"
            );
        }
    }
}

/// A new key found no place, since no breaker of the name may be forgotten.
pub(crate) fn full(name: &str, max_keys: u32) {
    tracing::warn!(
        target: TARGET, name, max_keys,
        "circuit breaker `{name}`: each of its {max_keys} keyed breakers is open or set by an operator, so \
         none may go; until one may, calls with other keys share the breaker `{name}`"
    );
}

/// A function leaves the answer to a registered fallback, and there is none.
pub(crate) fn no_fallback(name: &Name, service_type: Option<&str>, answer: &str) {
    match service_type {
        Some(service_type) => tracing::warn!(
            target: TARGET, name = name.as_str(), service_type,
            "circuit breaker `{name}`: no fallback is registered for service type `{service_type}` and \
             answers of type `{answer}`, so callers get the error"
        ),
        None => tracing::warn!(
            target: TARGET, name = name.as_str(),
            "circuit breaker `{name}` has no service type to find a registered fallback by, so callers get \
             the error: give it a `service_type`"
        ),
    }
}

/// A handler has panicked; it will be called again.
pub(crate) fn handler_panicked(name: &Name) {
    tracing::error!(
        target: TARGET, name = name.as_str(), "a handler panicked on an event of circuit breaker `{name}`"
    );
}

/// A handler has ended with an error; it will be called again.
pub(crate) fn handler_failed(name: &Name, error: &str) {
    tracing::error!(
        target: TARGET, name = name.as_str(), error,
        "a handler failed on an event of circuit breaker `{name}`: {}", escaped(error)
    );
}

/// A handler was too slow for all events.
pub(crate) fn handler_missed(missed: Missed) {
    tracing::warn!(target: TARGET, "a handler was too slow: {missed}");
}

/// A handler cannot be run.
pub(crate) fn no_handler(problem: &std::io::Error) {
    tracing::error!(target: TARGET, "a handler of circuit breakers' events cannot run: {problem}");
}

/// What all places say together of one breaker contradicts itself.
pub(crate) fn left_out(name: &str, problem: &ConfigError) {
    let field = problem.field();
    tracing::error!(
        target: TARGET, name,
        "circuit breaker `{name}`: by all that is said of it together, {problem}; `{field}` is left out"
    );
}

/// A breaker was changed while others were loaded, and the two contradict each other.
pub(crate) fn not_adapted(name: &Name, problem: &ConfigError) {
    tracing::error!(
        target: TARGET, name = name.as_str(),
        "circuit breaker `{name}` keeps its settings: with what was loaded, {problem}"
    );
}

/// Two places in the program say different things about one breaker.
pub(crate) fn conflict(problem: &impl std::fmt::Display) {
    tracing::error!(target: TARGET, "{problem}");
}

/// What was to be loaded was refused, and nobody else is told.
#[cfg(feature = "config")]
pub(crate) fn not_loaded(problem: &impl std::fmt::Display) {
    tracing::error!(target: TARGET, "circuit breakers: {problem}");
}

/// What was loaded may have a mistake in it.
#[cfg(feature = "config")]
pub(crate) fn load_warning(warning: &impl std::fmt::Display) {
    tracing::warn!(target: TARGET, "circuit breakers: {warning}");
}

/// A file that had changed was loaded.
#[cfg(feature = "config")]
pub(crate) fn loaded_again(file: Option<&std::path::Path>) {
    if let Some(file) = file {
        tracing::info!(target: TARGET, "circuit breakers: configuration `{}` was loaded again", file.display());
    }
}

/// A variable has turned all breakers off, or on again.
#[cfg(feature = "config")]
pub(crate) fn switched(enabled: bool) {
    let to = if enabled { "on" } else { "off" };
    tracing::warn!(target: TARGET, enabled, "circuit breakers: all are {to}, by CIRCUIT_BREAKERS_ENABLED");
}

#[cfg(all(test, not(cb_loom)))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{
        Dispatch, Metadata, Subscriber,
        field::{Field, Visit},
        span,
        subscriber::with_default,
    };

    use super::*;
    use crate::{
        Config,
        breaker::{
            CircuitBreaker,
            call::{Verdict, run},
            permit::{Held, WhenDropped},
        },
    };

    /// Keeps what is said.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl Visit for Lines {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, line: &Metadata<'_>) -> bool {
            line.target() == TARGET
        }

        fn event(&self, line: &tracing::Event<'_>) {
            line.record(&mut self.clone());
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn neither_a_key_nor_an_error_forges_a_line() {
        let name = Name::keyed("db", "a\nERROR all is lost");
        let config = Config::builder().failure_threshold(1).build().unwrap();
        let breaker = CircuitBreaker::named(name.clone(), config, None);
        let lines = Lines::default();
        // While there is one subscriber only, another thread may say for all whether anybody listens.
        let _another = Dispatch::new(Lines::default());
        with_default(lines.clone(), || {
            let ticket = breaker.0.admit().ok().unwrap();
            let held = Held::new(&*breaker.0, ticket, WhenDropped::Ignored);
            let text = "refused\r\nERROR all is lost\u{1b}[2J";
            run(held, || (), |()| ((), Verdict::Failure(Some(text.into()))));
            handler_panicked(&name);
            handler_failed(&name, text);
            not_adapted(&name, &Config::builder().failure_threshold(0).build().unwrap_err());
        });
        let lines = lines.0.lock().unwrap();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[0].contains("refused\\r\\nERROR all is lost"), "{}", lines[0]);
        for line in &*lines {
            assert!(!line.contains(char::is_control), "{line}");
        }
    }
}
