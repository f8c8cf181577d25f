//! Other settings for the calls of annotated functions.

use crate::{
    __private::CallSettings,
    config::{CallChanges, RetryChanges},
    declarations,
};

/// Has the calls of the functions that are called so go by these settings, or by what their attributes
/// have again: here, or in the program where this is not inside of a test's own registry.
#[doc(hidden)]
pub fn change_calls(function: &str, to: Option<CallSettings>) {
    let changes =
        to.map(|CallSettings { call_timeout, max_concurrent, retry, max_age, .. }| {
            let retry = retry.map_or_else(RetryChanges::default, |retry| RetryChanges {
                max_attempts: Some(retry.max_attempts),
                delay: Some(retry.delay),
                factor: Some(retry.factor),
                max_delay: Some(retry.max_delay),
                jitter: Some(retry.jitter),
            });
            CallChanges { call_timeout, max_concurrent, retry, max_age }
        });
    for declaration in declarations().iter().filter(|declared| declared.is_called(function)) {
        declaration.change_calls(changes.as_ref());
    }
}
