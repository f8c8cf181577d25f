//! Changes of state and mode as `tracing` events under the target `cb_runtime`.

use crate::{
    breaker::{Mode, State, machine::Transition},
    clock::Tick,
    error::show,
};

const TARGET: &str = "cb_runtime";

/// Opening is a warning, every other change information.
pub(crate) fn transition(name: &str, transition: &Transition, error: Option<&str>) {
    let Transition { from, to, opening, dry_run } = *transition;
    let (from_state, to_state) = (from.to_string(), to.to_string());
    let (from, to) = (from_state.as_str(), to_state.as_str());
    let verb = if dry_run { "would have become" } else { "became" };
    match opening {
        Some(opening) => {
            let reason = opening.reason.to_string();
            let last = error.map_or_else(String::new, |error| format!(", last: {error}"));
            let next = if opening.until == Tick::NEVER {
                "no probe before a reset".to_owned()
            } else {
                format!("next probe in {}", show(opening.until.since(opening.since)))
            };
            let opened = if dry_run { "would have opened" } else { "opened" };
            tracing::warn!(
                target: TARGET, name, from, to, reason, dry_run,
                "circuit breaker `{name}` {opened}: {reason}{last}; {next}"
            );
        }
        None if transition.to == State::Closed => tracing::info!(
            target: TARGET, name, from, to, dry_run, "circuit breaker `{name}` {verb} closed"
        ),
        None => tracing::info!(
            target: TARGET, name, from, to, dry_run, "circuit breaker `{name}` {verb} {to}"
        ),
    }
}

pub(crate) fn mode(name: &str, mode: Mode) {
    tracing::info!(target: TARGET, name, %mode, "circuit breaker `{name}` was set to {mode}");
}

/// A new key found no place, since no breaker of the name may be forgotten.
pub(crate) fn full(name: &str, max_keys: u32) {
    tracing::warn!(
        target: TARGET, name, max_keys,
        "circuit breaker `{name}`: each of its {max_keys} keyed breakers is open or set by an operator, so \
         none may go; until one may, calls with other keys share the breaker `{name}`"
    );
}

/// Two places in the program say different things about one breaker.
pub(crate) fn conflict(problem: &impl std::fmt::Display) {
    tracing::error!(target: TARGET, "{problem}");
}
