//! What comes out.

mod answer;
mod attempts;
mod body;
mod calls;
mod key;
mod lend;
mod outcome;
mod site;
mod stale;

pub(crate) use body::typed_edge;

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{FnArg, Ident, Pat, PatIdent, parse_quote, spanned::Spanned};

use crate::{
    args::Settings,
    function::{AsyncBlock, Function, Kind, argument_name},
    judge::Judge,
    near,
    runtime::Runtime,
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
///     let answer = /* the fallback's call, see `fallback::Call::to` */;
///     site.count_answer(answer, Judged::failure)
/// }
/// ```
///
/// With a `span`, `CallSpan::new(site.core(), true)` comes next, `site.admit()` is within
/// `span.admitted(..)`, and `guard_in(&span, ..)` is in the place of `guard(..)`.
///
/// Settings of the call itself, such as `call_timeout`, stand in a static `CALLS` beside the declaration,
/// from which each call has what is in force of them: `let (site, calls) = { ..; (&SITE, &CALLS) };`.
///
/// With a `retry`, the `match` stands in a loop, see [`Expansion::attempts`]; with `stale_if_error`, a
/// stale answer is looked for wherever there is none from the service, see [`Expansion::stale`].
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
    if settings.needs_arguments() {
        patterns = name_arguments(&mut function, settings, &mut lead);
    }
    if settings.retry.is_some() {
        function.freeze();
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
fn name_arguments(
    function: &mut Function,
    settings: &Settings,
    lead: &mut Vec<TokenStream>,
) -> Vec<(Pat, Ident)> {
    let mut patterns = Vec::new();
    let unused = settings.looks_at_arguments().then(|| code!(#[allow(unused_variables)]));
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
            #unused
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
        let calls = self.calls();
        let found = if calls.is_some() { code!((site, calls)) } else { code!(site) };
        let site = self.keyed(self.site(calls.as_ref()), calls.is_some());
        let enabled = self.settings.enabled.as_ref().map(|enabled| {
            let enabled = &enabled.0;
            code!(let enabled: ::core::primitive::bool = #enabled;)
        });
        let span = self.settings.has_span().then(|| {
            let runtime = self.runtime;
            let enabled = if enabled.is_some() { code!(enabled) } else { code!(true) };
            code!(let span = #runtime::__private::CallSpan::new(site.core(), #enabled);)
        });
        let stale = self.stale();
        let outcome = match &self.settings.fallback {
            Some(fallbacks) if !fallbacks.is_registered() => self.with_fallback(fallbacks),
            _ => self.without_fallback(),
        };
        code! {
            let #found = #site;
            #enabled
            #span
            #stale
            #outcome
        }
    }
}
