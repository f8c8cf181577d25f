//! The protected function: its kind, receiver, arguments and return type.

use proc_macro2::Span;
use quote::{ToTokens, quote_spanned};

use syn::{
    AttrStyle, Attribute, Block, Expr, FnArg, GenericArgument, Ident, ItemFn, Pat, PatIdent, Path,
    PathArguments, ReceiverKind, ReturnType, Signature, Stmt, Token, Type, TypeParamBound,
    Visibility, parse_quote, parse_quote_spanned, spanned::Spanned, visit_mut::VisitMut,
};

/// A function to be protected.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Block,
    pub(crate) kind: Kind,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) output: Output,
}

/// How the function is called.
pub(crate) enum Kind {
    /// `fn`: the body runs in place.
    Plain,
    /// `async fn`: the body is the future's.
    Async,
    /// A plain `fn` whose last expression is an `async` block, boxed or not: what `#[async_trait]`
    /// makes of an `async fn`, and what people write to name bounds of the future. The block's
    /// statements are the body.
    AsyncBlock(Box<AsyncBlock>),
}

/// The parts of a function around its `async` block.
pub(crate) struct AsyncBlock {
    /// What comes before the last expression.
    pub(crate) before: Vec<Stmt>,
    /// `Box::pin`, if that is around the block.
    pub(crate) wrapper: Option<Expr>,
    /// The statements of the block.
    pub(crate) statements: Vec<Stmt>,
}

/// How the function takes `self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// `&self`, which can be used as often as one likes.
    Shared,
    /// `&mut self`, which can be lent again.
    Exclusive,
    /// `self`, `self: Arc<Self>` and the like: used up by the body.
    Owned,
}

/// An argument beside `self`.
pub(crate) struct Argument {
    pub(crate) pattern: Pat,
    pub(crate) kind: Type,
}

/// What the function, awaited if it is to be, returns.
pub(crate) struct Output {
    /// The type, with `_` for each `impl Trait` in it: fit for an annotation.
    pub(crate) annotation: Type,
    /// Where the return type stands; the function's name where none is written.
    pub(crate) span: Span,
    /// Where the last of its tokens stands: from there the whole of it is shown.
    pub(crate) last: Span,
    /// Where its error type stands, if it is written.
    pub(crate) error_span: Span,
    /// The error type, if it is a type parameter of the function.
    pub(crate) generic_error: Option<Type>,
    /// Whether it is called `Result`, whatever is before and in it.
    pub(crate) is_result: bool,
    /// Where it says `impl Trait`, if it does.
    pub(crate) opaque: Option<Span>,
    /// What it is, where it is `impl Trait` or a type parameter of the function and nothing else.
    pub(crate) unknown: Option<Type>,
}

impl Function {
    pub(crate) fn new(item: ItemFn) -> Self {
        let ItemFn { mut attrs, vis, sig, block, .. } = item;
        // Those at the head of the body say the same of the function.
        for attribute in &mut attrs {
            attribute.style = AttrStyle::Outer;
        }
        let mut declared = match &sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, kind) => Some((**kind).clone()),
        };
        let kind = if sig.asyncness.is_some() {
            Kind::Async
        } else if let Some((output, block)) =
            declared.as_ref().and_then(future_output).zip(async_block(&block))
        {
            declared = Some(output);
            Kind::AsyncBlock(Box::new(block))
        } else if let Some((name, block)) =
            declared.as_ref().and_then(type_name).zip(pinned_block(&block))
        {
            // Another name for a boxed future, which only the compiler knows.
            let (span, last) = (name.span(), last_span(name));
            let of = quote_spanned!(last=> ::core::future::Future>::Output);
            declared = Some(Type::Verbatim(quote_spanned!(span=> <#name as #of)));
            Kind::AsyncBlock(Box::new(block))
        } else {
            Kind::Plain
        };
        Self {
            kind,
            receiver: sig.receiver().map(receiver),
            arguments: sig.inputs.iter().filter_map(argument).collect(),
            output: Output::new(declared, &sig),
            attributes: attrs,
            visibility: vis,
            signature: sig,
            body: *block,
        }
    }

    pub(crate) fn is_async(&self) -> bool {
        !matches!(self.kind, Kind::Plain)
    }

    /// The receiver's `self`: another one, written here, would name something else.
    pub(crate) fn self_token(&self) -> Option<Token![self]> {
        self.signature.receiver().map(|receiver| receiver.self_token)
    }

    /// Of what is bound outside the body, the body has another, to change as it likes: what it is taken
    /// from need not be `mut`.
    pub(crate) fn freeze(&mut self) {
        if let Some(FnArg::Receiver(receiver)) = self.signature.inputs.first_mut() {
            receiver.mutability = None;
        }
        if let Kind::AsyncBlock(block) = &mut self.kind {
            for statement in &mut block.before {
                if let Stmt::Local(local) = statement {
                    local.attrs.push(parse_quote!(#[allow(unused_mut)]));
                }
            }
        }
    }

    /// A plain function whose return type says that it is a future, made where it cannot be seen.
    pub(crate) fn hides_future(&self) -> bool {
        let ReturnType::Type(_, kind) = &self.signature.output else { return false };
        matches!(self.kind, Kind::Plain) && future_output(kind).is_some()
    }
}

fn receiver(receiver: &syn::Receiver) -> Receiver {
    let by_type = |kind: &Type| match kind {
        Type::Reference(reference) if reference.mutability.is_some() => Receiver::Exclusive,
        Type::Reference(_) => Receiver::Shared,
        _ => Receiver::Owned,
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, _, Some(_)) => Receiver::Exclusive,
        ReceiverKind::Reference(_, _, None) => Receiver::Shared,
        ReceiverKind::Typed(_, kind) => by_type(kind),
        _ => Receiver::Owned,
    }
}

fn argument(argument: &FnArg) -> Option<Argument> {
    match argument {
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => {
            // A type that came through a `macro_rules!` variable is wrapped in a group.
            let mut kind = &*typed.ty;
            while let Type::Group(group) = kind {
                kind = &group.elem;
            }
            Some(Argument { pattern: (*typed.pat).clone(), kind: kind.clone() })
        }
    }
}

impl Argument {
    /// The name alone, where the pattern is no more than a name.
    pub(crate) fn name(&self) -> Option<&PatIdent> {
        match &self.pattern {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(name),
            _ => None,
        }
    }

    pub(crate) fn is_shared(&self) -> bool {
        matches!(&self.kind, Type::Reference(reference) if reference.mutability.is_none())
    }

    pub(crate) fn is_exclusive(&self) -> bool {
        matches!(&self.kind, Type::Reference(reference) if reference.mutability.is_some())
    }
}

impl Output {
    fn new(declared: Option<Type>, signature: &Signature) -> Self {
        let Some(declared) = declared else {
            let span = signature.ident.span();
            let annotation = parse_quote_spanned!(span=> ());
            return Self {
                annotation,
                span,
                last: span,
                error_span: span,
                generic_error: None,
                is_result: false,
                opaque: None,
                unknown: None,
            };
        };
        let mut annotation = declared.clone();
        let mut opaque = HideOpaque(None);
        opaque.visit_type_mut(&mut annotation);
        Self {
            annotation,
            span: declared.span(),
            last: last_span(&declared),
            error_span: written_error(&declared).map_or_else(|| declared.span(), Spanned::span),
            generic_error: written_error(&declared)
                .filter(|error| is_parameter(error, signature))
                .cloned(),
            is_result: is_result(&declared),
            opaque: opaque.0,
            unknown: is_parameter(&declared, signature).then_some(declared),
        }
    }
}

/// Where the last token stands.
pub(crate) fn last_span(tokens: &impl ToTokens) -> Span {
    let last = tokens.to_token_stream().into_iter().last();
    last.map_or_else(Span::call_site, |last| last.span())
}

/// Puts `_` in the place of each `impl Trait`, and remembers where the first was.
struct HideOpaque(Option<Span>);

impl VisitMut for HideOpaque {
    fn visit_type_mut(&mut self, kind: &mut Type) {
        if let Type::ImplTrait(opaque) = kind {
            self.0 = self.0.or(Some(opaque.impl_token.span));
            *kind = parse_quote!(_);
        } else {
            syn::visit_mut::visit_type_mut(self, kind);
        }
    }
}

/// Whether a type is one of the function's own type parameters.
pub(crate) fn is_parameter(kind: &Type, signature: &Signature) -> bool {
    let Type::Path(path) = kind else { return matches!(kind, Type::ImplTrait(_)) };
    path.path.get_ident().is_some_and(|name| {
        signature.generics.type_params().any(|parameter| parameter.ident == *name)
    })
}

fn is_result(kind: &Type) -> bool {
    let Type::Path(path) = kind else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Result")
}

/// The `E` of `Result<T, E>`.
fn written_error(kind: &Type) -> Option<&Type> {
    let Type::Path(path) = kind else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Result")?;
    match types(&last.arguments).as_slice() {
        [_, error] => Some(error),
        _ => None,
    }
}

fn types(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(kind) => Some(kind),
        _ => None,
    });
    types.collect()
}

/// What a future ends in, where the type says so: `impl Future<Output = T>`,
/// `Pin<Box<dyn Future<Output = T>>>`, `BoxFuture<'_, T>`.
fn future_output(kind: &Type) -> Option<Type> {
    match kind {
        Type::ImplTrait(opaque) => opaque.bounds.iter().find_map(bound_output),
        Type::TraitObject(object) => object.bounds.iter().find_map(bound_output),
        Type::Paren(paren) => future_output(&paren.elem),
        Type::Group(group) => future_output(&group.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let first = *types(&last.arguments).first()?;
            match last.ident.to_string().as_str() {
                "Pin" | "Box" => future_output(first),
                "BoxFuture" | "LocalBoxFuture" => Some(first.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn bound_output(bound: &TypeParamBound) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
        _ => None,
    })
}

/// A type that goes by a name of its own.
fn type_name(kind: &Type) -> Option<&Type> {
    match kind {
        Type::Group(group) => type_name(&group.elem),
        Type::Path(_) => Some(kind),
        _ => None,
    }
}

/// The block's parts, if it ends in `Box::pin(async move { .. })`.
fn pinned_block(block: &Block) -> Option<AsyncBlock> {
    async_block(block).filter(|block| block.wrapper.is_some())
}

/// The block's parts, if it ends in `async move { .. }` or `Box::pin(async move { .. })`.
fn async_block(block: &Block) -> Option<AsyncBlock> {
    let (last, before) = block.stmts.split_last()?;
    let Stmt::Expr(last, None) = last else { return None };
    let (wrapper, inner) = match last {
        Expr::Call(call) if is_box_pin(&call.func) && call.args.len() == 1 => {
            (Some((*call.func).clone()), call.args.first()?)
        }
        other => (None, other),
    };
    let Expr::Async(inner) = inner else { return None };
    inner.capture?;
    Some(AsyncBlock { before: before.to_vec(), wrapper, statements: inner.block.stmts.clone() })
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut names = path.path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|name| name == "pin") && names.next().is_some_and(|name| name == "Box")
}

/// Whether an attribute is this one, however it was imported.
pub(crate) fn is_circuit_breaker(path: &Path) -> bool {
    path.segments.last().is_some_and(|last| last.ident == "circuit_breaker")
}

/// The name of the argument at this place, where its pattern gives none.
pub(crate) fn argument_name(place: usize) -> Ident {
    Ident::new(&format!("argument_{place}"), Span::mixed_site())
}
