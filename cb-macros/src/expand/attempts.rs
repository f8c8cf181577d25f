//! The loop of a function with a `retry`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::{
    Expansion,
    outcome::{Ends, named},
};
use crate::passing;

impl Expansion<'_> {
    /// One attempt after the other:
    ///
    /// ```text
    /// {
    ///     let mut attempts = Retrying::new(calls.retry());
    ///     loop {
    ///         match site.admit() {
    ///             Ok(held) => {
    ///                 Retrying::begin(&mut attempts, site.core());
    ///                 match {
    ///                     let filter = KeepForRetry::keep(&filter);
    ///                     guard(held, async move { /* the body */ }, ..).await
    ///                 } {
    ///                     Settled::Answer(answer) => break answer,
    ///                     Settled::Failed(answer) => {
    ///                         if !Retrying::again(&mut attempts, site.core(), || /* when */) { break answer }
    ///                     }
    ///                     Settled::TimedOut(never) => match never {},
    ///                 }
    ///             }
    ///             Err(refusal) => break Err(refusal.into_error().into()),
    ///         }
    ///         Retrying::wait(&attempts).await;
    ///     }
    /// }
    /// ```
    ///
    /// The failed answer is gone before the wait: so the future is `Send` though the error be not.
    pub(super) fn attempts(&self, ends: &Ends) -> TokenStream {
        let Self { settings, runtime, function, .. } = self;
        let Some(retry) = &settings.retry else { return TokenStream::new() };
        let (own, call) = (passing::attempt(function, runtime), self.call(true));
        let admit = self.admit();
        let Ends { answer, failed, timed_out, rejected } = ends;
        let bound = self.bound();
        let asked = retry.when.as_ref().map(|when| {
            let asked = self.when(when);
            code!({ #bound #asked })
        });
        let returned = named("answer", failed.looks || asked.is_some());
        let asked = asked.unwrap_or_else(|| code!(true));
        let (failed, rejected) = (&failed.code, &rejected.code);
        // Not as methods: a trait of the user's may have some by these names on every type.
        let retrying = code!(#runtime::__private::Retrying);
        let again =
            |asked: &TokenStream| code!(#retrying::again(&mut attempts, site.core(), || #asked));
        let timed_out = match settings.call_timeout {
            Some(_) => {
                let (error, code) = (named("error", timed_out.looks), &timed_out.code);
                let again = again(&code!(true));
                code! {
                    #runtime::__private::Settled::TimedOut(#error) => if !#again { #code },
                }
            }
            None => self.timed_out(timed_out),
        };
        let again = again(&asked);
        code! {{
            let mut attempts = #retrying::new(calls.retry());
            loop {
                match #admit {
                    ::core::result::Result::Ok(held) => {
                        #retrying::begin(&mut attempts, site.core());
                        match { #own #call } {
                            #runtime::__private::Settled::Answer(answer) => #answer,
                            #runtime::__private::Settled::Failed(#returned) => {
                                if !#again { #failed }
                            }
                            #timed_out
                        }
                    }
                    ::core::result::Result::Err(refusal) => #rejected,
                }
                #retrying::wait(&attempts).await;
            }
        }}
    }

    /// Whether `when` wants `answer`, a failure, to be tried again. As with fallbacks, the small
    /// function is there for what the compiler says of another closure or function than is wanted.
    fn when(&self, when: &syn::Expr) -> TokenStream {
        let kind = &self.function.output.annotation;
        let span = when.span();
        let function = |of: TokenStream, value: TokenStream| {
            quote_spanned! {span=> {
                fn circuit_breaker_retry_when<E, F: ::core::ops::FnOnce(&E) -> ::core::primitive::bool>(
                    error: &E,
                    when: F,
                ) -> ::core::primitive::bool {
                    when(error)
                }
                circuit_breaker_retry_when::<#of, _>(#value, #when)
            }}
        };
        if self.settings.failure_if.is_some() {
            return function(code!(#kind), code!(&answer));
        }
        let asked = function(quote_spanned!(span=> _), code!(error));
        let failure = self.judge().failure(&code!(&answer));
        code! {
            match #failure {
                ::core::option::Option::Some(error) => #asked,
                ::core::option::Option::None => true,
            }
        }
    }
}
