//! What annotated functions say of their own calls, and what is in force of it.

use super::{Declaration, function};
use crate::{
    config::{CallChanges, CallLayer, CallTimeout, Layers},
    policy::{CallSettings, Calls},
};

/// What was loaded of the calls of one function.
pub(super) struct CallsLoaded<'a> {
    /// Of this function alone.
    pub(super) own: Option<&'a CallLayer>,
    /// Of all of its service type: how long a call may take, where nobody wrote that into its attribute.
    pub(super) of_type: Option<&'a CallTimeout>,
}

impl CallsLoaded<'_> {
    /// What is to be changed by it.
    pub(super) fn changes(&self) -> Option<CallChanges> {
        let of_type = self.of_type.map(|timeout| CallChanges {
            call_timeout: Some(timeout.limit),
            ..CallChanges::default()
        });
        let Some(own) = self.own else { return of_type };
        let call_timeout = own.changes.call_timeout.or(of_type.and_then(|all| all.call_timeout));
        Some(CallChanges { call_timeout, ..own.changes })
    }
}

impl Declaration {
    /// What was loaded of the function's calls.
    pub(super) fn calls_loaded<'a>(&self, layers: &'a Layers) -> CallsLoaded<'a> {
        let is_own =
            |calls: &&CallLayer| calls.breaker == self.name() && self.is_called(&calls.function);
        let service_type = self.service_type().filter(|_| self.calls_written().is_preset);
        CallsLoaded {
            own: layers.calls.iter().find(is_own),
            of_type: service_type.and_then(|name| layers.call_timeouts.get(name)),
        }
    }

    /// The settings of the function's own calls that may be changed while the program runs, as name and
    /// value as the attribute has them: `call_timeout`, also where it is that of the service type's
    /// preset, `max_concurrent`, `retry`, and the `max_age` of `stale_if_error`.
    pub fn call_settings(&self) -> Vec<(&'static str, String)> {
        self.calls_written().given()
    }

    /// The settings of the function's calls, as the attribute has them.
    pub(crate) fn calls_written(&self) -> CallSettings {
        self.calls.map_or(CallSettings::NONE, |calls| *calls.written())
    }

    /// The settings of the function's calls that are in force: in a test with a registry of its own,
    /// there.
    pub(crate) fn calls_in_force(&self) -> CallSettings {
        self.calls.map_or(CallSettings::NONE, Calls::in_force)
    }

    /// Has the settings of the function's calls be these in the place of what its attribute has and of
    /// all changes before; without any, what the attribute has. What it [refuses](Self::refuse) is to
    /// be found out before.
    pub(crate) fn change_calls(&self, changes: Option<&CallChanges>) {
        if let Some(calls) = self.calls {
            calls.change(changes);
        }
    }

    /// Why these changes under these of the attribute's keys cannot be made, each with the key: its
    /// expansion has no place for what the attribute does not have, and what is changed may contradict
    /// what is not.
    pub(crate) fn refuse(
        &self,
        keys: impl IntoIterator<Item = &'static str>,
        changes: &CallChanges,
    ) -> Vec<(&'static str, String)> {
        let written = self.calls_written();
        let here =
            format!("`{}` ({}:{})", function::last(&self.function()), self.file(), self.line());
        let lacking = keys.into_iter().filter(|key| !written.has(key)).map(|key| {
            let message = format!(
                "{here} has no `{key}` in its attribute, so that there is none to change: write it there"
            );
            (key, message)
        });
        lacking
            .chain(written.contradiction(changes, &here).map(|message| ("retry", message)))
            .collect()
    }

    /// Whether people call the function so: by the last part of its path or more of it, as in `stock`,
    /// `Warehouse::stock` and `shop::Warehouse::stock`, or in `<shop::Warehouse as shop::Store>::stock`.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        function::is_called(&self.function(), name)
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        config::{ConfigBuilder, RetryChanges},
        policy::RetryPolicy,
    };

    const SECOND: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(5);
    const KEYS: [&str; 4] = ["call_timeout", "max_concurrent", "retry", "stale_if_error"];

    const fn declared(calls: &'static Calls) -> Declaration {
        let here = || "shop::Warehouse::stock::here";
        Declaration::new("stock", here, ("src/shop.rs", 12), ConfigBuilder::new(), None)
            .with_calls(calls)
    }

    /// Changes of all that there is.
    fn all() -> CallChanges {
        CallChanges {
            call_timeout: Some(SECOND),
            max_concurrent: Some(2),
            retry: RetryChanges { jitter: Some(0.5), ..RetryChanges::default() },
            max_age: Some(SECOND),
        }
    }

    #[test]
    fn what_the_attribute_has_can_be_changed_and_is_listed() {
        static CALLS: Calls = Calls::new(
            CallSettings::NONE
                .call_timeout(Duration::from_millis(1500))
                .max_concurrent(32)
                .retry(RetryPolicy::new(3))
                .max_age(Duration::from_secs(300)),
        );
        let stock = declared(&CALLS);
        let written = [
            ("call_timeout", "1s 500ms"),
            ("max_concurrent", "32"),
            ("retry", "(max_attempts = 3, delay = 1s, factor = 2.0, max_delay = 1m, jitter = 0.0)"),
            ("stale_if_error", "(max_age = 5m)"),
        ];
        let written = written.map(|(key, value)| (key, value.to_owned()));
        assert_eq!(stock.refuse(KEYS, &all()), []);
        assert_eq!(stock.call_settings(), written);

        stock.change_calls(Some(&all()));
        let in_force = stock.calls_in_force();
        assert_eq!(in_force, stock.calls_written().changed(&all()));
        assert_eq!((in_force.call_timeout, in_force.max_concurrent), (Some(SECOND), Some(2)));
        assert_eq!(stock.call_settings(), written, "that is what the attribute has");

        stock.change_calls(None);
        assert_eq!(stock.calls_in_force(), stock.calls_written());
    }

    #[test]
    fn what_the_attribute_does_not_have_cannot_be_changed() {
        static TIMED: Calls = Calls::new(CallSettings::NONE.call_timeout(SECOND));
        let here = || "shop::search::here";
        let search =
            Declaration::new("search", here, ("src/shop.rs", 12), ConfigBuilder::new(), None);
        let problems = search.refuse(KEYS, &all());
        let keys: Vec<_> = problems.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["call_timeout", "max_concurrent", "retry", "stale_if_error"]);
        assert_eq!(
            problems[0].1,
            "`search` (src/shop.rs:12) has no `call_timeout` in its attribute, so that there is none to \
             change: write it there"
        );
        assert_eq!(search.refuse([], &CallChanges::default()), []);
        search.change_calls(Some(&all()));
        assert_eq!(search.calls_in_force(), CallSettings::NONE);
        assert_eq!(search.call_settings(), []);

        let timed = declared(&TIMED);
        assert_eq!(timed.refuse(KEYS, &all()).len(), 3);
        timed.change_calls(Some(&all()));
        let changed = CallSettings::NONE.call_timeout(SECOND);
        assert_eq!(timed.calls_in_force(), changed, "and nothing is added");
    }

    #[test]
    fn waits_that_contradict_each_other_are_refused() {
        static CALLS: Calls = Calls::new(
            CallSettings::NONE.retry(RetryPolicy::new(3).delay(SECOND).max_delay(LONGEST)),
        );
        let stock = declared(&CALLS);
        let refused = |delay: Option<u64>, max_delay: Option<u64>| {
            let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
            let (delay, max_delay) = (seconds(delay), seconds(max_delay));
            let retry = RetryChanges { delay, max_delay, ..RetryChanges::default() };
            stock.refuse(["retry"], &CallChanges { retry, ..CallChanges::default() })
        };
        for fine in [(Some(5), None), (None, Some(1)), (Some(9), Some(9)), (None, None)] {
            assert_eq!(refused(fine.0, fine.1), [], "{fine:?}");
        }
        let message = |delay, max_delay| match &refused(delay, max_delay)[..] {
            [("retry", message)] => message.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!(
            message(Some(6), None),
            "`delay`, the first wait, is 6s, and `max_delay`, the longest one, stays 5s at `stock` \
             (src/shop.rs:12): give a `max_delay` too, or lower `delay`"
        );
        assert_eq!(
            message(None, Some(0)),
            "`max_delay`, the longest wait, is 0s, and `delay`, the first one, stays 1s at `stock` \
             (src/shop.rs:12): give a `delay` too, or raise `max_delay`"
        );
        assert_eq!(
            message(Some(9), Some(8)),
            "`max_delay`, the longest wait, is 8s, and `delay`, the first one, 9s: raise `max_delay`, or \
             lower `delay`"
        );
    }

    #[test]
    fn a_time_limit_of_a_preset_is_known_as_such() {
        static CALLS: Calls = Calls::new(CallSettings::NONE.preset_call_timeout(SECOND));
        let llm = declared(&CALLS);
        assert!(llm.calls_written().is_preset && llm.calls_in_force().is_preset);
        let changes = CallChanges { call_timeout: Some(2 * SECOND), ..CallChanges::default() };
        llm.change_calls(Some(&changes));
        assert!(llm.calls_written().is_preset && !llm.calls_in_force().is_preset);
    }
}
