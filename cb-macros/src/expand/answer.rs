//! The fallbacks' answer.

use proc_macro2::TokenStream;

use super::{Expansion, outcome::Cause};
use crate::{
    fallback::{Call, Fallbacks},
    passing::Values,
};

impl Expansion<'_> {
    /// The fallbacks' calls, each after the one before returned a failure. The next one is told of
    /// that failure.
    pub(super) fn answer(&self, fallbacks: &Fallbacks, values: &Values<'_>) -> TokenStream {
        let Self { runtime, function, .. } = self;
        let judge = self.judge();
        let kind = &function.output.annotation;
        let mut tokens = TokenStream::new();
        for (at, fallback) in fallbacks.0.iter().enumerate() {
            let next = fallbacks.0.get(at + 1);
            let call = Call {
                function,
                runtime,
                receiver: values.receiver(next.is_some(), runtime),
                arguments: values.arguments(next.is_some(), runtime),
                cause: code!(cause),
            };
            let called = call.to(fallback);
            let Some(next) = next else {
                let counted = judge.counted();
                tokens.extend(code! {
                    let answer: #kind = #called;
                    #counted
                });
                break;
            };
            let judged = judge.verdict(&code!(answer));
            let (name, failed, cause) = if next.takes_cause(function) {
                (code!(cause), code!(answer), judge.cause_of(&code!(answer)))
            } else {
                (code!(()), code!(_), code!(()))
            };
            // The inner block ends with the failed answer, lest it be held while the next one is
            // waited for.
            tokens.extend(code! {
                let #name = {
                    let answer: #kind = #called;
                    match #judged {
                        (
                            #failed,
                            #runtime::__private::Verdict::Failure(_)
                            | #runtime::__private::Verdict::StayAway(_),
                        ) => #cause,
                        (answer, _) => {
                            site.count_fallback(false);
                            return answer;
                        }
                    }
                };
            });
        }
        tokens
    }

    /// Whether a fallback may be registered that stands in for calls that end like this.
    pub(super) fn asks_registered(&self, cause: Cause) -> bool {
        self.settings.fallback.as_ref().is_some_and(Fallbacks::is_registered)
            && self.falls_back(cause)
    }

    /// Returns what a registered fallback answers, if there is one. `error` is known, or of a failure
    /// `answer`.
    pub(super) fn registered(&self, cause: Cause) -> TokenStream {
        if !self.asks_registered(cause) {
            return TokenStream::new();
        }
        let runtime = self.runtime;
        let (_, of) = self.judge().good_parts();
        let error = match cause {
            Cause::TimedOut | Cause::Rejected => code!(&error),
            Cause::Failed => {
                let text = self.judge().text_of(&code!(&answer));
                code!(&#runtime::__private::failed(site.core(), #text))
            }
        };
        let counted = self.judge().counted();
        code! {
            if let ::core::option::Option::Some(answer) =
                #runtime::__private::registered(site.core(), #error, #of)
            {
                return { #counted };
            }
        }
    }
}
