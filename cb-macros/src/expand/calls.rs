//! The settings of the function's calls that may be changed while the program runs.

use proc_macro2::TokenStream;

use super::Expansion;
use crate::value::Setting as _;

/// What stands beside the declaration of a function with such settings.
pub(super) struct Calls {
    /// What the compiler is to check of the constants among the values.
    pub(super) checks: TokenStream,
    /// The settings as they are written.
    pub(super) written: TokenStream,
}

impl Expansion<'_> {
    /// What is written of these settings, if anything is. The calls have them from the static
    /// `CIRCUIT_BREAKER_CALLS`, to which `calls` leads, and not from what is written.
    pub(super) fn calls(&self) -> Option<Calls> {
        let Self { settings, runtime, .. } = self;
        let (mut checks, mut setters) = (TokenStream::new(), TokenStream::new());
        if let Some(limit) = &settings.call_timeout {
            let value = limit.value(runtime);
            checks.extend(limit.check(runtime));
            setters.extend(if settings.is_preset_timeout {
                code!(.preset_call_timeout(#value))
            } else {
                code!(.call_timeout(#value))
            });
        }
        if let Some(limit) = &settings.max_concurrent {
            let value = limit.value(runtime);
            checks.extend(limit.check(runtime));
            setters.extend(code!(.max_concurrent(#value)));
        }
        if let Some(retry) = &settings.retry {
            let value = retry.value(runtime);
            checks.extend(retry.check(runtime));
            setters.extend(code!(.retry(#value)));
        }
        if let Some(stale) = &settings.stale_if_error {
            let value = stale.max_age.value(runtime);
            checks.extend(stale.max_age.check(runtime));
            setters.extend(code!(.max_age(#value)));
        }
        let written = code!(#runtime::__private::CallSettings::NONE #setters);
        (!setters.is_empty()).then_some(Calls { checks, written })
    }
}
