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
    /// For `ignore_errors = NotFound` and `record_errors = Io(_)` it is
    ///
    /// ```ignore
    /// |answer: &Result<Doc, SearchError>| judge_error(answer, |error| match error {
    ///     NotFound => Verdict::Ignored,
    ///     Io(_) => Verdict::Failure((&&&Describe(error)).text()),
    ///     _ => Verdict::Success,
    /// })
    /// ```
    pub(crate) fn closure(&self) -> TokenStream {
        let Self { settings, output, runtime } = self;
        let kind = &output.annotation;
        let span = output.span;
        let failed = quote_spanned! {near(span)=> {
            use #runtime::describe::{ByDebug as _, ByDisplay as _, ByNothing as _};
            #runtime::__private::Verdict::Failure((&&&#runtime::describe::Describe(error)).text())
        }};
        let failed = match &settings.record_errors {
            Some(recorded) => {
                let recorded = matches(recorded, &failed);
                code!(match error { #recorded _ => #runtime::__private::Verdict::Success })
            }
            None => failed,
        };
        let judge_error = |failed: &TokenStream| match &settings.ignore_errors {
            Some(ignored) => {
                let ignored = matches(ignored, &code!(#runtime::__private::Verdict::Ignored));
                code!(match error { #ignored _ => #failed })
            }
            None => failed.clone(),
        };
        let body = match &settings.failure_if {
            None => {
                let judged = judge_error(&failed);
                quote_spanned! {near(span)=>
                    #runtime::__private::judge_error::<#kind>(answer, |error| #judged)
                }
            }
            Some(code) => {
                let code = &code.0;
                let by_value = quote_spanned! {near(code.span())=> {
                    fn circuit_breaker_failure_if<R, F: ::core::ops::FnOnce(&R) -> bool>(
                        answer: &R,
                        failure_if: F,
                    ) -> bool {
                        failure_if(answer)
                    }
                    #runtime::__private::judge_value(
                        circuit_breaker_failure_if::<#kind, _>(answer, #code)
                    )
                }};
                match &settings.ignore_errors {
                    None => by_value,
                    Some(ignored) => {
                        let ignored = matches(ignored, &code!(true));
                        quote_spanned! {near(span)=>
                            if #runtime::__private::is_error::<#kind>(
                                answer,
                                |error| match error { #ignored _ => false },
                            ) {
                                #runtime::__private::Verdict::Ignored
                            } else {
                                #by_value
                            }
                        }
                    }
                }
            }
        };
        code!(|answer: &#kind| #body)
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
            let span = output.span;
            quote_spanned!(near(span)=> #runtime::CallError<<#kind as #runtime::__private::Judged>::Error>)
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
        quote_spanned! {near(output.span)=>
            match #runtime::__private::into_cause::<#kind>(#failed) {
                ::core::result::Result::Ok(cause) => cause,
                ::core::result::Result::Err(answer) => return answer,
            }
        }
    }
}

/// An arm of a `match` with the user's pattern in it.
fn matches(pattern: &Pattern, then: &TokenStream) -> TokenStream {
    let pattern = &pattern.0;
    quote_spanned!(near(pattern.span())=> #[allow(unreachable_patterns)] #pattern => #then,)
}
