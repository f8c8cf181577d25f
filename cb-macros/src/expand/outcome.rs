//! The call, and what becomes of it when the service gives no answer.

use proc_macro2::{Ident, Span, TokenStream};

use super::Expansion;
use crate::{fallback::Fallbacks, passing::Values, value::FallbackOn};

/// Why a call has no answer of the service's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// `answer` was judged a failure.
    Failed,
    /// `error` says that it took too long.
    TimedOut,
    /// `refusal` says why it was turned away.
    Rejected,
}

/// What becomes of the call, however it ends: an expression for each end, of the value of all of it or
/// out of the function.
pub(super) struct Ends {
    /// With `answer`, for the caller.
    pub(super) answer: TokenStream,
    pub(super) failed: End,
    pub(super) timed_out: End,
    pub(super) rejected: End,
}

/// What becomes of a call without an answer.
pub(super) struct End {
    /// Whether it looks at what is known: at `answer`, `error` or `refusal`.
    pub(super) looks: bool,
    pub(super) code: TokenStream,
}

impl Expansion<'_> {
    /// Asks the breaker, and for a probe the other instances of the program where it is shared with them.
    pub(super) fn admit(&self) -> TokenStream {
        let asked = self.ask();
        if self.settings.has_span() { code!(span.admitted(#asked)) } else { asked }
    }

    fn ask(&self) -> TokenStream {
        let runtime = self.runtime;
        let enabled = self.settings.enabled.is_some();
        let with_lease = if self.function.is_async() {
            code!(#runtime::__private::asked!)
        } else {
            code!(#runtime::__private::asked_blocking!)
        };
        if self.settings.max_concurrent.is_none() {
            let asked = if enabled { code!(site.admit_if(enabled)) } else { code!(site.admit()) };
            return code!(#with_lease(#asked, held()));
        }
        let limit = code!(calls.max_concurrent());
        let bulkhead = code!(&CIRCUIT_BREAKER_BULKHEAD);
        let asked = if enabled {
            code!(#runtime::__private::admit_to_if(site.core(), #bulkhead, #limit, enabled))
        } else {
            code!(#runtime::__private::admit_to(site.core(), #bulkhead, #limit))
        };
        code! {{
            static CIRCUIT_BREAKER_BULKHEAD: #runtime::__private::Bulkhead =
                #runtime::__private::Bulkhead::new();
            #with_lease(#asked, placed(#bulkhead, #limit))
        }}
    }

    /// The call of a function whose caller gets the error.
    pub(super) fn without_fallback(&self) -> TokenStream {
        let ends = Ends {
            answer: self.kept_answer(),
            failed: self.to_caller(Cause::Failed),
            timed_out: self.to_caller(Cause::TimedOut),
            rejected: self.to_caller(Cause::Rejected),
        };
        if self.settings.retry.is_some() {
            return self.attempts(&ends.map(|end| code!(break #end)));
        }
        let (call, admit, timed_out) =
            (self.call(false), self.admit(), self.timed_out(&ends.timed_out));
        let Ends { answer, failed, rejected, .. } = ends;
        let (failed, rejected) = (failed.code, rejected.code);
        let returned = self.returned(&answer, &failed);
        code! {
            match #admit {
                ::core::result::Result::Ok(held) => match #call { #returned #timed_out },
                ::core::result::Result::Err(refusal) => #rejected,
            }
        }
    }

    /// The arms for a value that the body returned: one where a failed answer goes to the caller just as
    /// any other, for the compiler's sake.
    fn returned(&self, answer: &TokenStream, failed: &TokenStream) -> TokenStream {
        let runtime = self.runtime;
        if self.settings.stale_if_error.is_none() && !self.asks_registered(Cause::Failed) {
            return code! {
                #runtime::__private::Settled::Answer(answer)
                | #runtime::__private::Settled::Failed(answer) => answer,
            };
        }
        code! {
            #runtime::__private::Settled::Answer(answer) => #answer,
            #runtime::__private::Settled::Failed(answer) => #failed,
        }
    }

    /// The caller gets what there is, unless somebody else answers: an expression of the return type.
    fn to_caller(&self, cause: Cause) -> End {
        let stale = self.stale_answer();
        let judge = self.judge();
        let code = match cause {
            Cause::Failed => {
                let registered = self.registered(cause);
                code!({ #stale #registered answer })
            }
            Cause::TimedOut => {
                let (registered, error) = (self.registered(cause), judge.timed_out(&code!(error)));
                code!({ #stale #registered #error })
            }
            Cause::Rejected if self.asks_registered(cause) => {
                let (registered, error) = (self.registered(cause), judge.rejected(&code!(error)));
                code!({ #stale let error = refusal.into_error(); #registered #error })
            }
            Cause::Rejected => {
                let error = judge.rejected(&code!(refusal.into_error()));
                if stale.is_empty() { error } else { code!({ #stale #error }) }
            }
        };
        End { looks: true, code }
    }

    /// The call of a function with fallbacks of its own.
    pub(super) fn with_fallback(&self, fallbacks: &Fallbacks) -> TokenStream {
        let Self { settings, function, .. } = self;
        let values = Values::new(function, fallbacks);
        // Without anybody to tell, the cause is not made.
        let told = fallbacks.0.first().is_some_and(|first| first.takes_cause(function));
        let answer = self.answer(fallbacks, &values);
        let names = values.names();
        let cause = if told { code!(cause) } else { code!(_) };
        if settings.retry.is_some() {
            let given = values.given();
            let ends = Ends {
                answer: {
                    let answer = self.kept_answer();
                    code!(return #answer)
                },
                failed: self.to_fallback(Cause::Failed, told, &given),
                timed_out: self.to_fallback(Cause::TimedOut, told, &given),
                rejected: self.to_fallback(Cause::Rejected, told, &given),
            };
            let attempts = self.attempts(&ends);
            return code! {
                let (#cause, #(#names,)*) = #attempts;
                #answer
            };
        }
        let admit = self.admit();
        let admitted = if self.falls_back(Cause::Failed) {
            self.admitted(&values, told)
        } else {
            let (call, failed) = (self.call(false), self.to_caller(Cause::Failed).code);
            let timed_out = self.timed_out(&self.to_caller(Cause::TimedOut));
            let returned = self.returned(&self.kept_answer(), &failed);
            code!(return match #call { #returned #timed_out })
        };
        let rejected = if self.falls_back(Cause::Rejected) {
            let (looks, error) = self.cause(Cause::Rejected, told);
            let given = values.given();
            let stale = self.stale_answer();
            let refusal = named("refusal", looks);
            code!(::core::result::Result::Err(#refusal) => { #stale (#error, #(#given,)*) })
        } else {
            let rejected = self.to_caller(Cause::Rejected).code;
            code!(::core::result::Result::Err(refusal) => return #rejected,)
        };
        code! {
            let (#cause, #(#names,)*) = match #admit {
                ::core::result::Result::Ok(held) => { #admitted }
                #rejected
            };
            #answer
        }
    }

    /// One admitted call after which the fallback has what it wants of the arguments: it ends in the
    /// cause and those.
    fn admitted(&self, values: &Values<'_>, told: bool) -> TokenStream {
        let runtime = self.runtime;
        let call = self.call(values.borrows_self);
        let (keep, lend, kept) = (values.keep(runtime), values.lend(), values.kept());
        let kind = if told { self.judge().cause() } else { code!(()) };
        let stale = self.stale_answer();
        // An empty block is the cause that nobody is told.
        let made = |cause| {
            let (looks, code) = self.cause(cause, told);
            (looks, told.then_some(code))
        };
        let (looks, failed) = made(Cause::Failed);
        let answer = named("answer", looks);
        let (looks, timed_out) = made(Cause::TimedOut);
        let timed_out = self.timed_out(&End { looks, code: code!({ #stale #timed_out }) });
        let returned = self.kept_answer();
        code! {
            #keep
            let cause: #kind = match { #lend #call } {
                #runtime::__private::Settled::Answer(answer) => return #returned,
                #runtime::__private::Settled::Failed(#answer) => { #stale #failed }
                #timed_out
            };
            (cause, #(#kept,)*)
        }
    }

    /// Out of the loop of attempts, to the fallback or to the caller.
    fn to_fallback(&self, cause: Cause, told: bool, given: &[TokenStream]) -> End {
        if !self.falls_back(cause) {
            let End { looks, code } = self.to_caller(cause);
            return End { looks, code: code!(return #code) };
        }
        let stale = self.stale_answer();
        let (looks, cause) = self.cause(cause, told);
        End { looks, code: code!({ #stale break (#cause, #(#given,)*) }) }
    }

    /// What the fallback is told, and whether it was looked at what is known.
    fn cause(&self, cause: Cause, told: bool) -> (bool, TokenStream) {
        if !told {
            return (false, code!(()));
        }
        let (runtime, judge) = (self.runtime, self.judge());
        let kind = judge.cause();
        let code = match cause {
            Cause::Failed => judge.cause_of(&code!(answer)),
            Cause::TimedOut => code!(#runtime::CallError::TimedOut(error)),
            Cause::Rejected => code!({
                let cause: #kind = #runtime::CallError::Rejected(refusal.into_error());
                cause
            }),
        };
        (true, code)
    }

    /// Whether the fallback stands in for calls that end like this.
    pub(super) fn falls_back(&self, cause: Cause) -> bool {
        match self.settings.fallback_on.unwrap_or(FallbackOn::Any) {
            FallbackOn::Any => true,
            FallbackOn::Rejected => cause == Cause::Rejected,
            FallbackOn::Failed => cause != Cause::Rejected,
        }
    }

    /// The arm for a call that took too long: without a `call_timeout` there is no such call, and
    /// the type says so.
    pub(super) fn timed_out(&self, end: &End) -> TokenStream {
        let runtime = self.runtime;
        match self.settings.call_timeout {
            Some(_) => {
                let (error, code) = (named("error", end.looks), &end.code);
                code!(#runtime::__private::Settled::TimedOut(#error) => #code,)
            }
            None => code!(#runtime::__private::Settled::TimedOut(never) => match never {},),
        }
    }
}

impl Ends {
    /// The same, each end within something.
    fn map(self, within: impl Fn(&TokenStream) -> TokenStream) -> Self {
        let end = |End { looks, code }: End| End { looks, code: within(&code) };
        Self {
            answer: within(&self.answer),
            failed: end(self.failed),
            timed_out: end(self.timed_out),
            rejected: end(self.rejected),
        }
    }
}

/// A name to bind, where it is looked at.
pub(super) fn named(name: &str, looks: bool) -> TokenStream {
    let name = Ident::new(name, Span::mixed_site());
    if looks { code!(#name) } else { code!(_) }
}
