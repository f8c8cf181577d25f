//! Who did what, from where and why: in the breakers' histories and in the log.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::{StatusCode, request::Parts};

use super::{guard::Sender, origin};
use crate::{
    config::shown,
    observe::operation::{Action, Operation, Scope},
};

const TARGET: &str = "cb_runtime::audit";

/// The most characters of a text from outside that are kept.
const LONGEST: usize = 200;

/// A change that somebody who may make it asks for.
pub(super) struct Request {
    sender: Sender,
    reason: Option<String>,
}

impl Request {
    pub(super) fn new(sender: Sender, reason: Option<String>) -> Self {
        let reason = reason.map(cut).filter(|reason| !reason.trim().is_empty());
        Self { sender, reason }
    }

    /// The same as it goes into a breaker's history.
    pub(super) fn operation(&self, action: Action, scope: Scope) -> Operation {
        Operation {
            action,
            scope,
            who: cut(self.sender.caller.who().to_owned()),
            from: self.sender.from.clone(),
            reason: self.reason.clone(),
        }
    }

    /// Logs what was done, once, on however many breakers.
    pub(super) fn log(&self, action: &str, scope: Scope, breakers: &[String], details: &str) {
        let (first, count) = (breakers.first().map(String::as_str), breakers.len());
        let name = shown(first.unwrap_or_default());
        let what = match count {
            0 => "no circuit breaker".to_owned(),
            1 => format!("circuit breaker `{name}`"),
            count => format!("{count} circuit breakers, `{name}` the first"),
        };
        let who = shown(self.sender.caller.who());
        let from = self.sender.from.as_deref().unwrap_or("unknown");
        let reason = shown(self.reason.as_deref().unwrap_or_default());
        let why = if reason.is_empty() { String::new() } else { format!(", because: {reason}") };
        let place = match scope {
            Scope::Instance => "",
            Scope::Cluster => " in all instances",
        };
        let scope = scope.to_string();
        tracing::info!(
            target: TARGET, action, scope, name, breakers = count, who, from, reason,
            "{action} of {what}{place}{details}, by {who} from {from}{why}"
        );
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// A change that is not made.
pub(super) struct Refusal<'a> {
    pub(super) request: &'a Parts,
    pub(super) who: Option<&'a str>,
    pub(super) status: StatusCode,
    pub(super) why: &'a str,
}

/// Changes that were refused, of which one a second is logged: who is refused often is not to fill a disk.
#[derive(Default)]
pub(super) struct Refusals(Mutex<Untold>);

#[derive(Default)]
struct Untold {
    last: Option<Instant>,
    count: u64,
}

impl Refusals {
    pub(super) fn tell(&self, refusal: &Refusal<'_>) {
        let Some(untold) = self.due(Instant::now()) else { return };
        let Refusal { request, who, status, why } = refusal;
        let from =
            origin::peer(request).map_or_else(|| "unknown".to_owned(), |peer| peer.to_string());
        let (method, path) = (shown(request.method.as_str()), shown(request.uri.path()));
        let (who, status) = (shown(who.unwrap_or("nobody known")), status.as_u16());
        let more =
            if untold > 0 { format!(" ({untold} more since the last)") } else { String::new() };
        tracing::warn!(
            target: TARGET, method, path, who, from, status, untold,
            "refused {method} {path}, by {who} from {from}: {why}{more}"
        );
    }

    /// How many were not told of, if one is to be told of now.
    fn due(&self, now: Instant) -> Option<u64> {
        let mut untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due =
            untold.last.is_none_or(|last| now.duration_since(last) >= Duration::from_secs(1));
        if !is_due {
            untold.count += 1;
            return None;
        }
        untold.last = Some(now);
        Some(std::mem::take(&mut untold.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_at_most_once_a_second_with_how_many_were_not() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let after = |millis| refusals.due(start + Duration::from_millis(millis));
        assert_eq!(after(0), Some(0));
        assert_eq!(after(10), None);
        assert_eq!(after(999), None);
        assert_eq!(after(1000), Some(2));
        assert_eq!(after(1001), None);
        assert_eq!(after(5000), Some(1));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("deploy".to_owned()), "deploy");
        assert_eq!(cut("ü".repeat(300)).chars().count(), LONGEST);
    }
}
