//! The judge: what an expansion says of a returned value.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Ident, spanned::Spanned};

use crate::{args::Settings, function::Output, near, runtime::Runtime, value::Pattern};

/// How returned values are told apart, and what a failed one is as a cause.
pub(crate) struct Judge<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) output: &'a Output,
    pub(crate) runtime: &'a Runtime,
}

impl Judge<'_> {
    /// A closure from a returned value to a verdict.
    ///
    /// For `record_errors = Io(_)` it is
    ///
    /// ```text
    /// |answer: &Result<Doc, SearchError>| match Judged::failure(answer) {
    ///     Some(error) => match error {
    ///         Io(_) => Verdict::Failure((&&&Describe(error)).circuit_breaker_text()),
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
        let failure = self.judged("failure", &code!(answer));
        let failed = code! {{
            use #private::{ByDebug as _, ByDisplay as _, ByNothing as _};
            #private::Verdict::Failure(
                (&&&#private::Describe(error)).circuit_breaker_text()
            )
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
                match #failure {
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
            return code!(|answer: &_| #judged);
        };
        let arm = arm(ignored, &code!(#private::Verdict::Ignored));
        code! {
            |answer: &_| match #failure {
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
            let error = self.of_output("Judged", "Error");
            code!(#runtime::CallError<#error>)
        }
    }

    /// From a value that was judged a failure to the cause, or out of the function with the value
    /// where it is no error after all.
    pub(crate) fn cause_of(&self, failed: &TokenStream) -> TokenStream {
        let runtime = self.runtime;
        if self.tells_value() {
            return code!(#runtime::CallError::Failed(#failed));
        }
        let into_failure = self.judged("into_failure", failed);
        code! {
            match #into_failure {
                ::core::result::Result::Ok(error) => #runtime::CallError::Failed(error),
                ::core::result::Result::Err(answer) => return answer,
            }
        }
    }

    /// The breaker's own answer, to the caller.
    pub(crate) fn no_answer(&self, error: &TokenStream) -> TokenStream {
        if self.tells_value() {
            let rejected = self.of_output("Rejectable", "rejected");
            let error = quote_spanned!(self.output.last=> (#error));
            return code!(#rejected #error);
        }
        let span = self.output.error_span;
        let (private, circuit_error) = self.runtime.named_at(span);
        let error = match &self.output.generic_error {
            Some(generic) => {
                let from = quote_spanned!(span=> ::core::convert::From<#circuit_error>);
                quote_spanned!(span=> <#generic as #from>::from(#error))
            }
            None => quote_spanned!(span=> #private::FromCircuitError::from_circuit_error(#error)),
        };
        self.judged("from_failure", &error)
    }

    /// A call of the runtime's trait `Judged`, for the return type and standing there.
    fn judged(&self, method: &str, argument: &TokenStream) -> TokenStream {
        let method = self.of_output("Judged", method);
        let argument = quote_spanned!(self.output.last=> (#argument));
        code!(#method #argument)
    }

    fn of_output(&self, of_trait: &str, item: &str) -> TokenStream {
        let (kind, span) = (&self.output.annotation, self.output.span);
        let (private, _) = self.runtime.named_at(span);
        let (of_trait, item) = (Ident::new(of_trait, span), Ident::new(item, self.output.last));
        quote_spanned!(span=> <#kind as #private::#of_trait>::#item)
    }
}

/// An arm of a `match` with the user's pattern in it.
fn arm(pattern: &Pattern, then: &TokenStream) -> TokenStream {
    let pattern = &pattern.0;
    quote_spanned!(near(pattern.span())=> #[allow(unreachable_patterns)] #pattern => #then,)
}
