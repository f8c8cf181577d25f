//! What comes out.

mod body;
mod key;
mod lend;
mod site;

pub(crate) use body::typed_edge;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{FnArg, Ident, Pat, PatIdent, parse_quote, spanned::Spanned};

use crate::{
    args::Settings,
    fallback::{Call, Fallbacks},
    function::{AsyncBlock, Function, Kind, argument_name},
    judge::Judge,
    near,
    passing::Values,
    runtime::Runtime,
    value::FallbackOn,
};

/// The function with its calls routed through the breaker.
///
/// From
///
/// ```text
/// #[circuit_breaker(name = "vector_search", failure_threshold = 5, fallback = search_in_database)]
/// async fn search(query: &str, filter: Filter) -> Result<Vec<Doc>, SearchError> {
///     client().search(query, filter).await
/// }
/// ```
///
/// comes
///
/// ```text
/// async fn search(query: &str, filter: Filter) -> Result<Vec<Doc>, SearchError> {
///     let site = {
///         static DECLARATION: Declaration = Declaration::new("vector_search", ..);
///         inventory::submit! { Declared(&DECLARATION) }
///         static SITE: Site = Site::new(&DECLARATION);
///         &SITE
///     };
///     let (query, filter) = match site.admit() {
///         Ok(held) => {
///             let kept_filter = Keep::keep(&filter);
///             match guard(held, async move { /* the body */ }, NoLimit, /* the judge */).await {
///                 Settled::Answer(answer) => return answer,
///                 Settled::Failed(_) => {}
///                 Settled::TimedOut(never) => match never {},
///             }
///             (query, kept_filter)
///         }
///         Err(_) => (query, filter),
///     };
///     site.count_fallback();
///     /* the fallback's call, see `fallback::Call::to` */
/// }
/// ```
///
/// A plain `fn` has `run(held, move || { /* the body */ }, ..)` in the place of the future. Where a
/// fallback is told the cause, the `match` ends in that too; where there is none, the breaker's own
/// answer goes to the caller as an `Err`.
pub(crate) fn expand(
    settings: &Settings,
    mut function: Function,
    runtime: &Runtime,
) -> TokenStream {
    let mut lead = Vec::new();
    let mut patterns = Vec::new();
    if settings.fallback.is_some() {
        patterns = name_arguments(&mut function, &mut lead);
    }
    let expansion = Expansion { settings, function: &function, runtime, lead, patterns };
    let body = expansion.body();
    let body = match &function.kind {
        Kind::Plain | Kind::Async => body,
        Kind::AsyncBlock(block) => {
            let AsyncBlock { before, wrapper, .. } = &**block;
            let block = code!(async move { #body });
            let block = wrapper.as_ref().map_or_else(|| block.clone(), |pin| code!(#pin(#block)));
            code!(#(#before)* #block)
        }
    };
    let Function { attributes, visibility, signature, .. } = &function;
    code! {
        #(#attributes)*
        #visibility #signature { #body }
    }
}

/// Gives each argument a name, so that the fallback can have it whole. What the pattern was goes
/// into `lead`, to be bound at the head of the body, and is returned beside the name.
fn name_arguments(function: &mut Function, lead: &mut Vec<TokenStream>) -> Vec<(Pat, Ident)> {
    let mut patterns = Vec::new();
    // What comes before an `async` block may change an argument too.
    let before = matches!(&function.kind, Kind::AsyncBlock(block) if !block.before.is_empty());
    let typed = function.signature.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (place, (typed, argument)) in typed.zip(&mut function.arguments).enumerate() {
        let name = match argument.name() {
            // To name an argument is to use it, which one with a leading `_` is not to be.
            Some(name) if name.ident.to_string().starts_with('_') => argument_name(place),
            Some(PatIdent { mutability, .. }) if mutability.is_none() || before => continue,
            Some(name) => name.ident.clone(),
            None => argument_name(place),
        };
        let pattern = std::mem::replace(&mut argument.pattern, parse_quote!(#name));
        *typed.pat = argument.pattern.clone();
        lead.push(quote_spanned! {near(pattern.span())=>
            #[allow(clippy::no_effect_underscore_binding)]
            let #pattern = #name;
        });
        patterns.push((pattern, name));
    }
    patterns
}

struct Expansion<'a> {
    settings: &'a Settings,
    function: &'a Function,
    runtime: &'a Runtime,
    /// Bindings at the head of the body.
    lead: Vec<TokenStream>,
    /// The patterns of arguments that have been given names, and the names.
    patterns: Vec<(Pat, Ident)>,
}

impl Expansion<'_> {
    fn judge(&self) -> Judge<'_> {
        Judge { settings: self.settings, output: &self.function.output, runtime: self.runtime }
    }

    fn body(&self) -> TokenStream {
        let site = self.keyed(&self.site());
        let admit = match &self.settings.enabled {
            None => code!(admit()),
            Some(_) => code!(admit_if(enabled)),
        };
        let outcome = match &self.settings.fallback {
            None => self.without_fallback(&admit),
            Some(fallbacks) => self.with_fallback(&admit, fallbacks),
        };
        let enabled = self.settings.enabled.as_ref().map(|enabled| {
            let enabled = &enabled.0;
            code!(let enabled: bool = #enabled;)
        });
        code! {
            let site = #site;
            #enabled
            #outcome
        }
    }

    fn without_fallback(&self, admit: &TokenStream) -> TokenStream {
        let runtime = self.runtime;
        let call = self.call(false);
        let timed_out = self.timed_out(&self.judge().no_answer(&code!(error)));
        let rejected = self.judge().no_answer(&code!(refusal.into_error()));
        code! {
            match site.#admit {
                ::core::result::Result::Ok(held) => match #call {
                    #runtime::__private::Settled::Answer(answer)
                    | #runtime::__private::Settled::Failed(answer) => answer,
                    #timed_out
                },
                ::core::result::Result::Err(refusal) => #rejected,
            }
        }
    }

    fn with_fallback(&self, admit: &TokenStream, fallbacks: &Fallbacks) -> TokenStream {
        let Self { settings, runtime, function, .. } = self;
        let judge = self.judge();
        let on = settings.fallback_on.unwrap_or(FallbackOn::Any);
        let values = Values::new(function, fallbacks);
        // Without anybody to tell, the cause is not made.
        let told = fallbacks.0.first().is_some_and(|first| first.takes_cause(function));
        let kind = if told { judge.cause() } else { code!(()) };
        let cause = |made: TokenStream| if told { made } else { code!(()) };
        let name = |name: &str| {
            let name = Ident::new(name, Span::mixed_site());
            if told { code!(#name) } else { code!(_) }
        };

        let admitted = if on == FallbackOn::Rejected {
            let call = self.call(false);
            let timed_out = self.timed_out(&self.judge().no_answer(&code!(error)));
            code! {
                return match #call {
                    #runtime::__private::Settled::Answer(answer)
                    | #runtime::__private::Settled::Failed(answer) => answer,
                    #timed_out
                }
            }
        } else {
            let call = self.call(values.borrows_self);
            let (keep, lend, kept) = (values.keep(runtime), values.lend(), values.kept());
            let (answer, error) = (name("answer"), name("error"));
            let failed = cause(judge.cause_of(&code!(answer)));
            let timed_out = match settings.call_timeout {
                Some(_) => {
                    let made = cause(code!(#runtime::CallError::TimedOut(error)));
                    code!(#runtime::__private::Settled::TimedOut(#error) => #made,)
                }
                None => self.timed_out(&code!()),
            };
            code! {
                #keep
                let cause: #kind = match { #lend #call } {
                    #runtime::__private::Settled::Answer(answer) => return answer,
                    #runtime::__private::Settled::Failed(#answer) => #failed,
                    #timed_out
                };
                (cause, #(#kept,)*)
            }
        };
        let rejected = if on == FallbackOn::Failed {
            let answer = self.judge().no_answer(&code!(refusal.into_error()));
            code!(::core::result::Result::Err(refusal) => return #answer,)
        } else {
            let refusal = name("refusal");
            let error = cause(code!({
                let cause: #kind = #runtime::CallError::Rejected(refusal.into_error());
                cause
            }));
            let given = values.given();
            code!(::core::result::Result::Err(#refusal) => (#error, #(#given,)*),)
        };
        let names = values.names();
        let cause = name("cause");
        let answer = self.answer(fallbacks, &values);
        code! {
            let (#cause, #(#names,)*) = match site.#admit {
                ::core::result::Result::Ok(held) => { #admitted }
                #rejected
            };
            site.count_fallback(false);
            #answer
        }
    }

    /// The arm for a call that took too long: without a `call_timeout` there is no such call, and
    /// the type says so.
    fn timed_out(&self, answer: &TokenStream) -> TokenStream {
        let runtime = self.runtime;
        match self.settings.call_timeout {
            Some(_) => code!(#runtime::__private::Settled::TimedOut(error) => #answer,),
            None => code!(#runtime::__private::Settled::TimedOut(never) => match never {},),
        }
    }

    /// The fallbacks' calls, each after the one before returned a failure. The next one is told of
    /// that failure.
    fn answer(&self, fallbacks: &Fallbacks, values: &Values<'_>) -> TokenStream {
        let Self { runtime, function, .. } = self;
        let judge = self.judge();
        let (closure, kind) = (judge.closure(), &function.output.annotation);
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
                tokens.extend(called);
                break;
            };
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
                    match (#closure)(answer) {
                        (
                            #failed,
                            #runtime::__private::Verdict::Failure(_)
                            | #runtime::__private::Verdict::StayAway(_),
                        ) => #cause,
                        (answer, _) => return answer,
                    }
                };
            });
        }
        tokens
    }
}
