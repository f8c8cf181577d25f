//! Everything that is refused by looking at what was written. All of it is told in one go.

use darling::{Error, error::Accumulator};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{
    Expr, GenericArgument, Item, ItemFn, Lifetime, PathArguments, TraitItemFn, Type, TypeReference,
    spanned::Spanned,
    visit::{self, Visit},
};

use crate::{
    args::Args,
    constants,
    function::{Function, Receiver, is_circuit_breaker},
    value::{Count, DEFAULT_CALLS, Window, ungroup, written},
};

fn refuse(errors: &mut Accumulator, span: Span, message: impl std::fmt::Display) {
    errors.push(Error::custom(message).with_span(&span));
}

/// Reads the item under the attribute, or says why it is none that can be protected.
pub(crate) fn item(tokens: &TokenStream) -> Result<ItemFn, syn::Error> {
    let problem = match syn::parse2::<ItemFn>(tokens.clone()) {
        Ok(item) => return Ok(item),
        Err(problem) => problem,
    };
    if let Ok(method) = syn::parse2::<TraitItemFn>(tokens.clone()) {
        let at = method.semi_token.map_or_else(|| method.sig.span(), |semi| semi.span);
        return Err(syn::Error::new(
            at,
            "a method without a body has nothing to protect: put `#[circuit_breaker]` on the method in each `impl` of the trait",
        ));
    }
    match syn::parse2::<Item>(tokens.clone()) {
        Ok(Item::Verbatim(_)) | Err(_) => Err(problem),
        Ok(item) => {
            let (at, what, hint) = name(&item);
            Err(syn::Error::new(
                at,
                format!("`#[circuit_breaker]` protects functions, and this is {what}{hint}"),
            ))
        }
    }
}

/// The keyword of an item that is no function, and what it is called.
fn name(item: &Item) -> (Span, &'static str, &'static str) {
    match item {
        Item::Struct(item) => (item.struct_token.span, "a struct", ""),
        Item::Enum(item) => (item.enum_token.span, "an enum", ""),
        Item::Impl(item) => (
            item.impl_token.span,
            "an `impl` block",
            ": put it on each method that calls the service",
        ),
        Item::Trait(item) => {
            (item.trait_token.span, "a trait", ": put it on the methods in each `impl` of it")
        }
        Item::Mod(item) => {
            (item.mod_token.span, "a module", ": put it on each function that calls the service")
        }
        Item::Const(item) => (item.const_token.span, "a constant", ""),
        Item::Static(item) => (item.static_token.span, "a static", ""),
        Item::Use(item) => (item.use_token.span, "an import", ""),
        other => (other.span(), "none", ""),
    }
}

/// What is wrong with the settings, with the function, or with the one for the other.
pub(crate) fn check(args: &Args, function: &Function, errors: &mut Accumulator) {
    if args.settings.name.is_none() && args.key("name").is_none() && args.is_complete() {
        refuse(
            errors,
            Span::call_site(),
            "the circuit breaker needs a name: `#[circuit_breaker(name = \"...\")]`",
        );
    }
    signature(function, errors);
    unjudged(args, function, errors);
    constants::check(args, function, errors);
    contradictions(args, errors);
    if let Some(fallbacks) = &args.settings.fallback {
        fallbacks.check(function, errors);
        if let Some(opaque) = function.output.opaque {
            refuse(
                errors,
                opaque,
                "a function with a fallback cannot return `impl Trait`, because the two would have to return the same type, which cannot be named: return a named or boxed type, such as `Box<dyn Trait>`",
            );
        }
    }
    kept_answers(args, function, errors);
    // A future that is made elsewhere has been told about.
    if !function.is_async() && !function.hides_future() {
        async_only(args, errors);
    }
}

/// A return type of which nobody can know more than a bound: it is no `Result`. The compiler would advise
/// to bound it by a trait of this crate's own.
fn unjudged(args: &Args, function: &Function, errors: &mut Accumulator) {
    let Some(kind) = function.output.unknown.as_ref().filter(|_| !function.hides_future()) else {
        return;
    };
    let what = match kind {
        Type::ImplTrait(_) => "impl Trait".to_owned(),
        named => written(named),
    };
    if args.lacks("failure_if") {
        let message = format!(
            "the circuit breaker cannot tell whether `{what}` is a failure: either return a `Result`, or say what counts as a failure and what to answer instead: `failure_if = |answer| ..., fallback = ...`"
        );
        refuse(errors, function.output.span, message);
    } else if args.lacks("fallback") {
        let message = format!(
            "a rejected call cannot return `{what}`, because nobody was asked who could answer with one: either give the function a `fallback = ...` that answers instead, or return a `Result`"
        );
        refuse(errors, function.output.span, message);
    }
}

/// Answers that are kept for when there is none.
fn kept_answers(args: &Args, function: &Function, errors: &mut Accumulator) {
    let Some(at) = args.key("stale_if_error") else { return };
    if is_nothing(good_value(&function.output.annotation)) {
        refuse(
            errors,
            at,
            "`stale_if_error` answers with the last good value, and this function has none to give: its caller would be told that what failed was done; remove the setting",
        );
    }
    let mut borrowed = Borrowed(None);
    borrowed.visit_type(good_value(&function.output.annotation));
    if let Some(borrowed) = borrowed.0 {
        refuse(
            errors,
            borrowed,
            "`stale_if_error` keeps answers for later calls, and this one borrows from the present call: return a value that owns what it has, such as a `String` or an `Arc<str>`",
        );
    }
    let all_arguments =
        args.settings.stale_if_error.as_ref().is_some_and(|stale| stale.key.is_none());
    for argument in function.arguments.iter().filter(|_| all_arguments) {
        let mut borrowed = Borrowed(None);
        // What is behind one reference is kept; another within it would borrow still.
        match &argument.kind {
            Type::Reference(reference) => borrowed.visit_type(&reference.elem),
            kind => borrowed.visit_type(kind),
        }
        if let Some(borrowed) = borrowed.0 {
            refuse(
                errors,
                borrowed,
                "`stale_if_error` keeps answers under all arguments where no key is written, and this one borrows from the present call: write a key that owns what it has, such as `key = word.map(str::to_owned)`",
            );
        }
    }
    if let Some(opaque) = function.output.opaque {
        refuse(
            errors,
            opaque,
            "a function with `stale_if_error` cannot return `impl Trait`, because its values are kept, and their type cannot be named: return a named or shared type, such as `Arc<dyn Trait>`",
        );
    }
    let stale = args.settings.stale_if_error.as_ref();
    if let Some(store) = stale.and_then(|stale| stale.store.as_ref())
        && is_the_bodys(store, function)
    {
        let written = written(store);
        let message = format!(
            "the store is borrowed for the time of the call, in which `{written}` is the body's to use up or change: give a clone of an `Arc`, `store = {written}.clone()`, or a static"
        );
        refuse(errors, store.span(), message);
    }
    let store = stale.and_then(|stale| stale.store_at);
    if let Some(at) = store.filter(|_| !function.is_async()) {
        refuse(
            errors,
            at,
            "`stale_if_error.store` is for `async` functions, and this is a plain `fn`, which cannot wait for a store: leave it out, and answers are kept in memory, or make the function `async`",
        );
    }
}

/// Whether an expression is a variable that the body uses up or changes, or a part of one: then it
/// cannot be borrowed for the time of the call.
fn is_the_bodys(expression: &Expr, function: &Function) -> bool {
    match ungroup(expression) {
        Expr::Field(field) => is_the_bodys(&field.base, function),
        Expr::Path(path) if path.path.is_ident("self") => {
            matches!(function.receiver, Some(Receiver::Exclusive | Receiver::Owned))
        }
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
            let mut owned = function.arguments.iter().filter(|argument| !argument.is_shared());
            owned.any(|argument| argument.name().is_some_and(|own| own.ident == *name))
        }),
        _ => false,
    }
}

/// Where a type first says that it borrows.
struct Borrowed(Option<Span>);

impl Visit<'_> for Borrowed {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        if reference.lifetime.is_none() {
            self.0 = self.0.or(Some(reference.and_token.span));
        }
        visit::visit_type_reference(self, reference);
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if lifetime.ident != "static" {
            self.0 = self.0.or(Some(lifetime.span()));
        }
    }
}

/// The `T` of `Result<T, E>`, or else the whole type.
fn good_value(kind: &Type) -> &Type {
    let Type::Path(path) = kind else { return kind };
    let result = path.path.segments.last().filter(|last| last.ident == "Result");
    match result.map(|result| &result.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(value)) => value,
            _ => kind,
        },
        _ => kind,
    }
}

/// Whether a type has one value or none.
fn is_nothing(kind: &Type) -> bool {
    match kind {
        Type::Tuple(tuple) => tuple.elems.is_empty(),
        Type::Never(_) => true,
        Type::Paren(paren) => is_nothing(&paren.elem),
        Type::Group(group) => is_nothing(&group.elem),
        _ => false,
    }
}

/// What a plain `fn` cannot have.
fn async_only(args: &Args, errors: &mut Accumulator) {
    let settings = [
        (
            "call_timeout",
            "which cannot be dropped before it returns: set a timeout in the client that it calls, or make it `async`",
        ),
        (
            "cancelled",
            "which nobody can drop before it returns: leave the setting out, or make it `async`",
        ),
        (
            "retry",
            "which would keep its thread from all else while it waits for the next try: call it again in a loop of your own, or make it `async`",
        ),
    ];
    for (key, why) in settings {
        if let Some(at) = args.key(key) {
            let message =
                format!("`{key}` is for `async` functions, and this is a plain `fn`, {why}");
            refuse(errors, at, message);
        }
    }
}

fn signature(function: &Function, errors: &mut Accumulator) {
    let signature = &function.signature;
    for twice in function.attributes.iter().filter(|other| is_circuit_breaker(other.path())) {
        refuse(
            errors,
            twice.path().span(),
            "`#[circuit_breaker]` stands on this function twice: a call goes through one breaker; put all settings into one attribute",
        );
    }
    if let Some(constness) = signature.constness {
        refuse(
            errors,
            constness.span,
            "a `const fn` cannot be protected: it may run in the compiler, where there is no breaker; remove `const`",
        );
    }
    if let Some(abi) = &signature.abi {
        refuse(
            errors,
            abi.extern_token.span,
            "an `extern fn` cannot be protected, because a foreign caller could not be told that the call was rejected: protect a function of Rust's own that it calls",
        );
    }
    if let Some(variadic) = &signature.variadic {
        refuse(
            errors,
            variadic.dots.spans[0],
            "a function with `...` arguments cannot be protected",
        );
    }
    if function.hides_future() {
        refuse(
            errors,
            function.output.span,
            "this function returns a future that is made elsewhere, out of the breaker's sight: make it an `async fn`, or end it in `async move { .. }` or `Box::pin(async move { .. })`",
        );
    }
}

/// Settings that cannot be meant together.
fn contradictions(args: &Args, errors: &mut Accumulator) {
    if let Some(later) = args.later("record_errors", "failure_if") {
        refuse(
            errors,
            later,
            "`record_errors` and `failure_if` both say what a failure is: keep one of them",
        );
    }
    breaker_contradictions(args, errors);
    if let (Some(at), None) = (args.key("fallback_on"), args.key("fallback")) {
        refuse(
            errors,
            at,
            "`fallback_on` says when the fallback answers, but there is no `fallback`: add one, or remove it",
        );
    }
}

/// Of the breaker's settings.
fn breaker_contradictions(args: &Args, errors: &mut Accumulator) {
    let (key, lacks) = (|name| args.key(name), |name| args.lacks(name));
    if let Some(at) = key("slow_call_rate").filter(|_| lacks("slow_call")) {
        refuse(
            errors,
            at,
            "`slow_call_rate` is the share of slow calls that opens the breaker, but nothing says which calls are slow: add `slow_call = \"2s\"`, or remove it",
        );
    }
    if let Some(at) = key("max_keys").filter(|_| lacks("key")) {
        refuse(
            errors,
            at,
            "`max_keys` is how many breakers of different keys are kept, but there is no `key`: add one, such as `key = tenant`, or remove it",
        );
    }
    let Some((calls, at)) =
        args.settings.min_calls.as_ref().and_then(Count::literal).zip(key("min_calls"))
    else {
        return;
    };
    match args.settings.window.as_ref().map(Window::calls) {
        Some(Some(held)) if calls > held => refuse(
            errors,
            args.later("min_calls", "window").unwrap_or(at),
            format!(
                "`min_calls` is {calls}, but the `window` holds {held} calls, so that no rate would ever be judged: lower `min_calls`, or widen the `window`"
            ),
        ),
        None if calls > DEFAULT_CALLS && lacks("window") => refuse(
            errors,
            at,
            format!(
                "`min_calls` is {calls}, but the `window` holds {DEFAULT_CALLS} calls where none is given, so that no rate would ever be judged: lower `min_calls`, or add a `window`, such as `window = {calls}`"
            ),
        ),
        _ => {}
    }
}

/// What goes into the crate where the attribute was refused: the item without it, so that no error
/// follows from its absence.
pub(crate) fn without_attribute(tokens: TokenStream) -> TokenStream {
    match syn::parse2::<ItemFn>(tokens.clone()) {
        Ok(mut item) => {
            item.attrs.retain(|attribute| !is_circuit_breaker(attribute.path()));
            item.into_token_stream()
        }
        Err(_) => tokens,
    }
}
