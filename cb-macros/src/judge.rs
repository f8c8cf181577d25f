//! The judge: what an expansion says of a returned value.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, Ident, spanned::Spanned};

use crate::{
    args::Settings,
    fallback::Fallbacks,
    function::Output,
    near,
    runtime::Runtime,
    value::{OpenFor, Pattern},
};

/// How returned values are told apart, and what a failed one is as a cause.
pub(crate) struct Judge<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) output: &'a Output,
    pub(crate) runtime: &'a Runtime,
}

impl Judge<'_> {
    /// A closure from a returned value to the value and a verdict on it.
    ///
    /// For `record_errors = Io(_)` it is
    ///
    /// ```text
    /// |answer: Result<Doc, SearchError>| match Judged::into_result(answer) {
    ///     Ok(value) => (Judged::from_value(value), Verdict::Success),
    ///     Err(failure) => {
    ///         let error = &failure;
    ///         let verdict = match error {
    ///             Io(_) => Verdict::Failure((&&&Describe(error)).circuit_breaker_text()),
    ///             _ => Verdict::Success,
    ///         };
    ///         (Judged::from_failure(failure), verdict)
    ///     }
    /// }
    /// ```
    ///
    /// With `ignore_errors = NotFound` there is a `match` around the verdict, which asks for it first. With
    /// `open_for`, a failure is `Verdict::failure_for(.., time)`.
    ///
    /// The value goes through by value, so that a success is never in memory for the sake of a
    /// reference that only a failure needs: 4 ns a call in place of 15.
    pub(crate) fn closure(&self) -> TokenStream {
        match &self.settings.failure_if {
            None => self.by_error(),
            Some(code) => self.by_value(&code.0),
        }
    }

    /// A value's judgement, by the closure: in a call, which tells the compiler that what goes in and
    /// comes out is of one type, lifetimes included.
    pub(crate) fn verdict(&self, answer: &TokenStream) -> TokenStream {
        let (runtime, closure) = (self.runtime, self.closure());
        code!(#runtime::__private::judged(#answer, #closure))
    }

    fn by_error(&self) -> TokenStream {
        let Self { settings, output, runtime } = self;
        let (kind, private) = (&output.annotation, code!(#runtime::__private));
        let failed = self.failed();
        let verdict = match &settings.record_errors {
            Some(recorded) => sorted(recorded, &failed, &code!(#private::Verdict::Success)),
            None => failed,
        };
        let verdict = self.unless_ignored(verdict);
        let into_result = self.judged("into_result", &code!(answer));
        let from_value = self.judged("from_value", &code!(value));
        let from_failure = self.judged("from_failure", &code!(failure));
        code! {
            |answer: #kind| match #into_result {
                ::core::result::Result::Ok(value) => (#from_value, #private::Verdict::Success),
                ::core::result::Result::Err(failure) => {
                    let error = &failure;
                    let verdict = #verdict;
                    (#from_failure, verdict)
                }
            }
        }
    }

    /// The verdict on `error`, a failure.
    fn failed(&self) -> TokenStream {
        let Self { settings, runtime, .. } = self;
        let private = code!(#runtime::__private);
        let text = code! {{
            use #private::{ByDebug as _, ByDisplay as _, ByNothing as _};
            (&&&#private::Describe(error)).circuit_breaker_text()
        }};
        match &settings.open_for {
            None => code!(#private::Verdict::Failure(#text)),
            Some(open_for) => {
                let time = time_of(&open_for.code);
                code!(#private::Verdict::failure_for(#text, #time))
            }
        }
    }

    /// The verdict on a returned value that `failure_if` calls a failure.
    fn failed_value(&self) -> TokenStream {
        let Self { settings, runtime, .. } = self;
        let none = code!(::core::option::Option::None);
        let private = code!(#runtime::__private);
        let Some(OpenFor { code, key }) = &settings.open_for else {
            return code!(#private::Verdict::Failure(#none));
        };
        let time = time_of(code);
        let then = code!(#private::Verdict::failure_for(#none, #time));
        let plain = code!(#private::Verdict::Failure(#none));
        // What is said of a type without an error is said at the key.
        let (private, _) = runtime.named_at(*key);
        let answer = Ident::new("circuit_breaker_answer", *key);
        let asked = quote_spanned!(*key=> #private::Fallible::error(#answer));
        code! {{
            let #answer = &answer;
            match #asked {
                ::core::option::Option::Some(error) => #then,
                ::core::option::Option::None => #plain,
            }
        }}
    }

    fn by_value(&self, code: &Expr) -> TokenStream {
        let Self { settings, output, runtime } = self;
        let (kind, private) = (&output.annotation, code!(#runtime::__private));
        let value = code!(&answer);
        let failed = quote_spanned! {code.span()=> {
            fn circuit_breaker_failure_if<R, F: ::core::ops::FnOnce(&R) -> ::core::primitive::bool>(
                answer: &R,
                failure_if: F,
            ) -> ::core::primitive::bool {
                failure_if(answer)
            }
            circuit_breaker_failure_if::<#kind, _>(#value, #code)
        }};
        let failure = self.failed_value();
        let verdict = code! {
            if #failed {
                #failure
            } else {
                #private::Verdict::Success
            }
        };
        let verdict = match settings.ignore_errors {
            None => verdict,
            Some(_) => {
                let failure = self.judged("failure", &value);
                let unless_ignored = self.unless_ignored(verdict.clone());
                code! {
                    match #failure {
                        ::core::option::Option::Some(error) => #unless_ignored,
                        ::core::option::Option::None => #verdict,
                    }
                }
            }
        };
        code! {
            |answer: #kind| {
                let verdict = #verdict;
                (answer, verdict)
            }
        }
    }

    /// A verdict on an error that `ignore_errors` does not name.
    fn unless_ignored(&self, verdict: TokenStream) -> TokenStream {
        let Some(ignored) = &self.settings.ignore_errors else { return verdict };
        let runtime = self.runtime;
        sorted(ignored, &code!(#runtime::__private::Verdict::Ignored), &verdict)
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
        let into_result = self.judged("into_result", failed);
        let from_value = self.judged("from_value", &code!(value));
        code! {
            match #into_result {
                ::core::result::Result::Ok(value) => return #from_value,
                ::core::result::Result::Err(error) => #runtime::CallError::Failed(error),
            }
        }
    }

    /// The answer of a call that was turned away, to the caller.
    pub(crate) fn rejected(&self, error: &TokenStream) -> TokenStream {
        self.no_answer(error, Source::Rejection)
    }

    /// The answer of a call that took too long, to the caller.
    pub(crate) fn timed_out(&self, error: &TokenStream) -> TokenStream {
        self.no_answer(error, Source::Timeout)
    }

    /// The breaker's own answer. Which trait is asked for it makes no difference but to what is said
    /// where it is missing: that names the setting that needs it.
    fn no_answer(&self, error: &TokenStream, source: Source) -> TokenStream {
        let fallback = self.settings.fallback.as_ref().map(Fallbacks::is_registered);
        if self.tells_value() {
            let of_trait = if fallback == Some(true) { "RejectableAlone" } else { "Rejectable" };
            let rejected = self.of_output(of_trait, "rejected");
            let error = quote_spanned!(self.output.last=> (#error));
            return code!(#rejected #error);
        }
        let of_trait = match (fallback, source) {
            (None, _) => "FromCircuitError",
            (Some(true), _) => "FromCircuitErrorAlone",
            (Some(false), Source::Rejection) => "FromRejection",
            (Some(false), Source::Timeout) => "FromTimeout",
        };
        let span = self.output.error_span;
        let (private, circuit_error) = self.runtime.named_at(span);
        let error = match &self.output.generic_error {
            Some(generic) => {
                let from = quote_spanned!(span=> ::core::convert::From<#circuit_error>);
                quote_spanned!(span=> <#generic as #from>::from(#error))
            }
            None => {
                let of_trait = Ident::new(of_trait, span);
                quote_spanned!(span=> #private::#of_trait::from_circuit_error(#error))
            }
        };
        self.judged("from_failure", &error)
    }

    /// The error in a reference to a returned value, if it has one.
    pub(crate) fn failure(&self, answer: &TokenStream) -> TokenStream {
        self.judged("failure", answer)
    }

    /// Counts `answer`, which the last fallback gave, and ends in it.
    pub(crate) fn counted(&self) -> TokenStream {
        let Settings { record_errors, ignore_errors, failure_if, .. } = self.settings;
        if record_errors.is_none() && ignore_errors.is_none() && failure_if.is_none() {
            // Asked of the type by its name: so what is said of one that cannot be judged is said there.
            let failure = self.of_output("Judged", "failure");
            return code!(site.count_answer(answer, #failure));
        }
        let judged = self.verdict(&code!(answer));
        code! {
            let (answer, verdict) = #judged;
            site.count_fallback(verdict.is_failure());
            answer
        }
    }

    /// The text of a failed answer's error, where it has one.
    pub(crate) fn text_of(&self, answer: &TokenStream) -> TokenStream {
        if self.tells_value() {
            return code!(::core::option::Option::None);
        }
        let (runtime, failure) = (self.runtime, self.failure(answer));
        code! {
            match #failure {
                ::core::option::Option::Some(error) => {
                    use #runtime::__private::{ByDebug as _, ByDisplay as _, ByNothing as _};
                    (&&&#runtime::__private::Describe(error)).circuit_breaker_text()
                }
                ::core::option::Option::None => ::core::option::Option::None,
            }
        }
    }

    /// A function from a reference to a returned value to its good part, that in the `Ok` or all of it,
    /// if there is one; and one back.
    pub(crate) fn good_parts(&self) -> (TokenStream, TokenStream) {
        if self.has_ok() {
            return (self.of_output("Judged", "good"), self.of_output("Judged", "from_value"));
        }
        let runtime = self.runtime;
        (code!(#runtime::__private::whole), code!(::core::convert::identity))
    }

    fn has_ok(&self) -> bool {
        // Errors are ignored of a `Result` alone, whatever it is called.
        !self.tells_value() || self.output.is_result || self.settings.ignore_errors.is_some()
    }

    /// The type of the good part, standing at the return type.
    pub(crate) fn good(&self) -> TokenStream {
        if self.has_ok() {
            return self.of_output("Judged", "Value");
        }
        let kind = &self.output.annotation;
        quote_spanned!(self.output.span=> #kind)
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

/// What the breaker's own answer comes of.
#[derive(Clone, Copy)]
enum Source {
    Rejection,
    Timeout,
}

/// A `match` of `error` with the user's pattern in it.
///
/// For `NotFound` alone it is
///
/// ```text
/// {
///     let _ = NotFound;
///     match error { NotFound => .., _ => .. }
/// }
/// ```
///
/// since as a pattern a name that is nobody's, such as a variant's without its `enum`, would be that of a new
/// variable: every error would be ignored, and the breaker never open.
fn sorted(pattern: &Pattern, then: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    let named = pattern.name().map(|name| code!(let _ = #name;));
    let pattern = &pattern.0;
    let arm =
        quote_spanned!(near(pattern.span())=> #[allow(unreachable_patterns)] #pattern => #then,);
    let sorted = code!(match error { #arm _ => #otherwise });
    if named.is_some() { code!({ #named #sorted }) } else { sorted }
}

/// How long to stay away after `error`. As with fallbacks, the small function is there for what the
/// compiler says of another closure or function than is wanted.
fn time_of(open_for: &Expr) -> TokenStream {
    let error = code!(error);
    quote_spanned! {open_for.span()=> {
        fn circuit_breaker_open_for<
            E,
            F: ::core::ops::FnOnce(&E) -> ::core::option::Option<::core::time::Duration>,
        >(
            error: &E,
            open_for: F,
        ) -> ::core::option::Option<::core::time::Duration> {
            open_for(error)
        }
        circuit_breaker_open_for::<_, _>(#error, #open_for)
    }}
}
