//! The judge: what an expansion says of a returned value.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::{args::Settings, function::Output, near, value::Pattern};

/// How returned values are told apart, and what a failed one is as a cause.
pub(crate) struct Judge<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) output: &'a Output,
    pub(crate) runtime: &'a TokenStream,
}

impl Judge<'_> {
    /// A closure from a returned value to a verdict.
    ///
    /// For `record_errors = Io(_)` it is
    ///
    /// ```ignore
    /// |answer: &Result<Doc, SearchError>| match Judged::failure(answer) {
    ///     Some(error) => match error {
    ///         Io(_) => Verdict::Failure((&&&Describe(error)).text()),
    ///         _ => Verdict::Success,
    ///     },
    ///     None => Verdict::Success,
    /// }
    /// ```
    ///
    /// With `ignore_errors = NotFound` there is a `match` around that, which asks for it first.
    pub(crate) fn closure(&self) -> TokenStream {
        let Self { settings, output, runtime } = self;
        let (kind, private) = (&output.annotation, code!(#runtime::__private));
        let failure = quote_spanned!(output.span=> <#kind as #private::Judged>::failure);
        let failed = code! {{
            use #runtime::describe::{ByDebug as _, ByDisplay as _, ByNothing as _};
            #private::Verdict::Failure((&&&#runtime::describe::Describe(error)).text())
        }};
        let recorded = match &settings.record_errors {
            Some(recorded) => {
                let arm = arm(recorded, &failed);
                code!(match error { #arm _ => #private::Verdict::Success })
            }
            None => failed,
        };
        let judged = match &settings.failure_if {
            None => code! {
                match #failure(answer) {
                    ::core::option::Option::Some(error) => #recorded,
                    ::core::option::Option::None => #private::Verdict::Success,
                }
            },
            Some(code) => {
                let code = &code.0;
                let value = code!(answer);
                let failed = quote_spanned! {code.span()=> {
                    fn circuit_breaker_failure_if<R, F: ::core::ops::FnOnce(&R) -> bool>(
                        answer: &R,
                        failure_if: F,
                    ) -> bool {
                        failure_if(answer)
                    }
                    circuit_breaker_failure_if::<#kind, _>(#value, #code)
                }};
                code! {
                    if #failed {
                        #private::Verdict::Failure(::core::option::Option::None)
                    } else {
                        #private::Verdict::Success
                    }
                }
            }
        };
        let Some(ignored) = &settings.ignore_errors else {
            return code!(|answer: &#kind| #judged);
        };
        let arm = arm(ignored, &code!(#private::Verdict::Ignored));
        code! {
            |answer: &#kind| match #failure(answer) {
                ::core::option::Option::Some(error) => match error { #arm _ => #judged },
                ::core::option::Option::None => #judged,
            }
        }
    }

    /// Whether the returned value itself is the cause that a fallback is told.
    fn tells_value(&self) -> bool {
        self.settings.failure_if.is_some()
    }

    /// The type of the cause.
    pub(crate) fn cause(&self) -> TokenStream {
        let Self { output, runtime, .. } = self;
        let kind = &output.annotation;
        if self.tells_value() {
            code!(#runtime::CallError<#kind>)
        } else {
            let error = quote_spanned!(output.span=> <#kind as #runtime::__private::Judged>::Error);
            code!(#runtime::CallError<#error>)
        }
    }

    /// From a value that was judged a failure to the cause, or out of the function with the value
    /// where it is no error after all.
    pub(crate) fn into_cause(&self, failed: &TokenStream) -> TokenStream {
        let Self { output, runtime, .. } = self;
        if self.tells_value() {
            return code!(#runtime::CallError::Failed(#failed));
        }
        let kind = &output.annotation;
        let into_failure =
            quote_spanned!(output.span=> <#kind as #runtime::__private::Judged>::into_failure);
        code! {
            match #into_failure(#failed) {
                ::core::result::Result::Ok(error) => #runtime::CallError::Failed(error),
                ::core::result::Result::Err(answer) => return answer,
            }
        }
    }

    /// The breaker's own answer, to the caller.
    pub(crate) fn no_answer(&self, error: &TokenStream) -> TokenStream {
        let Self { output, runtime, .. } = self;
        let (kind, span) = (&output.annotation, output.span);
        let private = code!(#runtime::__private);
        if self.tells_value() {
            return quote_spanned!(span=> <#kind as #private::Rejectable>::rejected(#error));
        }
        let judged = quote_spanned!(span=> <#kind as #private::Judged>);
        let from = quote_spanned!(output.error_span=> #private::FromCircuitError::from_circuit_error);
        let from = match &output.generic_error {
            Some(error) => {
                quote_spanned!(error.span()=> <#error as ::core::convert::From<#runtime::CircuitError>>::from)
            }
            None => from,
        };
        code!(#judged::from_failure(#from(#error)))
    }
}

/// An arm of a `match` with the user's pattern in it.
fn arm(pattern: &Pattern, then: &TokenStream) -> TokenStream {
    let pattern = &pattern.0;
    quote_spanned!(near(pattern.span())=> #[allow(unreachable_patterns)] #pattern => #then,)
}
