//! The settings of one function's calls.

use std::time::Duration;

use super::RetryPolicy;
use crate::config::{CallChanges, RetryChanges, Setting};

/// The settings of one function's calls: those that its attribute has, and no others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallSettings {
    pub(crate) call_timeout: Option<Duration>,
    pub(crate) max_concurrent: Option<u32>,
    pub(crate) retry: Option<RetryPolicy>,
    /// That of `stale_if_error`.
    pub(crate) max_age: Option<Duration>,
    /// Whether the `call_timeout` is that of the service type's preset, and nobody wrote it.
    pub(crate) is_preset: bool,
}

impl CallSettings {
    /// None of them.
    pub const NONE: Self = Self {
        call_timeout: None,
        max_concurrent: None,
        retry: None,
        max_age: None,
        is_preset: false,
    };

    /// How long a call may take.
    #[must_use]
    pub const fn call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = Some(limit);
        self
    }

    /// The same, as the preset of the service type has it.
    #[must_use]
    pub const fn preset_call_timeout(mut self, limit: Duration) -> Self {
        self.is_preset = true;
        self.call_timeout(limit)
    }

    /// How many calls may be under way at once.
    #[must_use]
    pub const fn max_concurrent(mut self, calls: u32) -> Self {
        self.max_concurrent = Some(calls);
        self
    }

    /// When a failed call is made again.
    #[must_use]
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// The age up to which a stale answer is given.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// These settings as they are after the changes. What is not there stays away.
    pub(crate) fn changed(self, changes: &CallChanges) -> Self {
        let CallChanges { call_timeout, max_concurrent, retry, max_age } = *changes;
        Self {
            call_timeout: self.call_timeout.map(|limit| call_timeout.unwrap_or(limit)),
            max_concurrent: self.max_concurrent.map(|calls| max_concurrent.unwrap_or(calls)),
            retry: self.retry.map(|policy| policy.changed(&retry)),
            max_age: self.max_age.map(|age| max_age.unwrap_or(age)),
            is_preset: self.is_preset && call_timeout.is_none(),
        }
    }

    /// Whether the setting of this key of the attribute is there.
    pub(crate) fn has(&self, key: &str) -> bool {
        match key {
            "call_timeout" => self.call_timeout.is_some(),
            "max_concurrent" => self.max_concurrent.is_some(),
            "retry" => self.retry.is_some(),
            "stale_if_error" => self.max_age.is_some(),
            _ => false,
        }
    }

    /// Why the `retry` that the changes leave cannot be, if so, of the function that is `here`.
    pub(crate) fn contradiction(&self, changes: &CallChanges, here: &str) -> Option<String> {
        let RetryChanges { delay, max_delay, .. } = changes.retry;
        let RetryPolicy { delay: first, max_delay: longest, .. } = self.changed(changes).retry?;
        if first <= longest {
            return None;
        }
        let (first, longest) = (first.show(), longest.show());
        match (delay, max_delay) {
            (None, None) => None,
            (Some(_), Some(_)) => Some(format!(
                "`max_delay`, the longest wait, is {longest}, and `delay`, the first one, {first}: raise \
                 `max_delay`, or lower `delay`"
            )),
            (Some(_), None) => Some(format!(
                "`delay`, the first wait, is {first}, and `max_delay`, the longest one, stays {longest} at \
                 {here}: give a `max_delay` too, or lower `delay`"
            )),
            (None, Some(_)) => Some(format!(
                "`max_delay`, the longest wait, is {longest}, and `delay`, the first one, stays {first} at \
                 {here}: give a `delay` too, or raise `max_delay`"
            )),
        }
    }

    /// The settings that are there, each by the attribute's key and as the attribute would have it.
    pub(crate) fn given(&self) -> Vec<(&'static str, String)> {
        let Self { call_timeout, max_concurrent, retry, max_age, is_preset: _ } = self;
        [
            ("call_timeout", call_timeout.map(|limit| limit.show())),
            ("max_concurrent", max_concurrent.map(|calls| calls.show())),
            ("retry", retry.map(|policy| policy.show())),
            ("stale_if_error", max_age.map(|age| format!("(max_age = {})", age.show()))),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
        .collect()
    }
}
