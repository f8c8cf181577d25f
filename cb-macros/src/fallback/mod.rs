//! The fallback: what may stand there.

mod call;

pub(crate) use call::Call;

use darling::{Error, FromMeta, Result, error::Accumulator};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprAsync, ExprClosure, ExprLit, ExprPath, Lit, Member, Meta, Pat, Stmt, Type};

use crate::{
    function::{Function, Receiver},
    value::{expression, find, kind, ungroup, wrong},
};

/// The fallbacks, tried in order. Never empty.
pub(crate) struct Fallbacks(pub(crate) Vec<Fallback>);

/// One fallback.
pub(crate) enum Fallback {
    /// A function with the signature of the protected one.
    Path(ExprPath),
    /// A closure over its arguments and, perhaps, the cause.
    Closure(ExprClosure),
    /// The one that is registered for the service type, which is told the cause. Always alone.
    Registered,
}

impl FromMeta for Fallbacks {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (_, value) = expression(item)?;
        let Expr::Array(list) = value else {
            let one =
                if is_registered(value) { Ok(Fallback::Registered) } else { Fallback::new(value) };
            return one.map(|one| Self(vec![one]));
        };
        if list.elems.is_empty() {
            return Err(wrong(
                value,
                "the list of fallbacks is empty: leave `fallback` out if there is none",
            ));
        }
        let mut errors = Error::accumulator();
        let list: Vec<_> = list
            .elems
            .iter()
            .filter_map(|one| errors.handle(Fallback::new(ungroup(one))))
            .collect();
        errors.finish_with(Self(list))
    }
}

fn no_function(value: &Expr) -> Error {
    let message = format!(
        "`fallback` takes a function's path, a closure, or a list of them (`[first, second]`); found {}",
        kind(value)
    );
    wrong(value, message)
}

fn is_self(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident("self"))
}

/// Whether the one is meant that is registered for the service type.
fn is_registered(value: &Expr) -> bool {
    matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value() == "registered")
}

impl Fallback {
    /// A fallback that stands in the code, alone or in a list.
    fn new(value: &Expr) -> Result<Self> {
        match value {
            Expr::Path(path) => Ok(Self::Path(path.clone())),
            Expr::Closure(closure) => Ok(Self::Closure(closure.clone())),
            Expr::Lit(_) if is_registered(value) => Err(wrong(
                value,
                "the registered fallback stands alone, `fallback = \"registered\"`: put functions and closures into the list, or remove the list",
            )),
            Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => Err(wrong(
                value,
                "`fallback` takes the function itself, not its name in a string: write `fallback = other_function`, or `fallback = \"registered\"` for the one that is registered for the service type",
            )),
            Expr::Lit(_) => Err(wrong(
                value,
                format!(
                    "`fallback` takes the function itself, not its name in {}: write `fallback = other_function`",
                    kind(value)
                ),
            )),
            Expr::Call(call) => Err(wrong(
                value,
                format!(
                    "this calls the fallback at once: give the function itself (`fallback = {}`) or a closure",
                    call.func.to_token_stream()
                ),
            )),
            Expr::Field(field) if is_self(&field.base) => {
                let Member::Named(name) = &field.member else { return Err(no_function(value)) };
                Err(wrong(
                    value,
                    format!(
                        "`fallback` takes a method by its path, and gives it `self` first: write `fallback = Self::{name}`"
                    ),
                ))
            }
            other => Err(no_function(other)),
        }
    }

    /// How the fallback is shown to people.
    fn describe(&self) -> String {
        match self {
            Self::Path(path) => path.to_token_stream().to_string().replace(' ', ""),
            Self::Closure(_) => "a closure".to_owned(),
            Self::Registered => "the fallback registered for the service type".to_owned(),
        }
    }

    fn closure(&self) -> Option<&ExprClosure> {
        match self {
            Self::Closure(closure) => Some(closure),
            Self::Path(_) | Self::Registered => None,
        }
    }

    pub(crate) fn is_registered(&self) -> bool {
        matches!(self, Self::Registered)
    }

    /// Whether it is told why it is called: the registered one, and a closure with one parameter more
    /// than the function.
    pub(crate) fn takes_cause(&self, function: &Function) -> bool {
        self.is_registered()
            || self.closure().is_some_and(|closure| {
                let place = usize::from(takes_self(closure, function)) + function.arguments.len();
                closure.inputs.get(place).is_some_and(|cause| !is_wild(cause))
            })
    }

    /// Whether it is given the protected method's `self`.
    pub(crate) fn takes_self(&self, function: &Function) -> bool {
        function.receiver.is_some()
            && !self.is_registered()
            && self.closure().is_none_or(|closure| takes_self(closure, function))
    }

    /// Whether it is given the protected method's `self` or finds it by its name.
    pub(crate) fn uses_self(&self, function: &Function) -> bool {
        let named = |closure: &ExprClosure| names_self(closure.to_token_stream()).is_some();
        self.takes_self(function) || self.closure().is_some_and(named)
    }

    /// Whether it looks at the argument at this place: a closure may decline it with `_`.
    pub(crate) fn takes(&self, place: usize, function: &Function) -> bool {
        !self.is_registered()
            && self.closure().is_none_or(|closure| {
                let place = place + usize::from(takes_self(closure, function));
                !closure.inputs.get(place).is_some_and(is_wild)
            })
    }
}

impl Fallbacks {
    /// Whether it is the one that is registered for the service type.
    pub(crate) fn is_registered(&self) -> bool {
        self.0.iter().any(Fallback::is_registered)
    }

    pub(crate) fn describe(&self) -> String {
        let names: Vec<String> = self.0.iter().map(Fallback::describe).collect();
        names.join(", then ")
    }

    /// What can be seen to be wrong without knowing a type.
    pub(crate) fn check(&self, function: &Function, errors: &mut Accumulator) {
        for closure in self.0.iter().filter_map(Fallback::closure) {
            check_parameters(closure, function, errors);
            check_self(closure, function, errors);
            if !function.is_async() {
                check_plain(closure, errors);
            }
        }
    }
}

fn check_parameters(closure: &ExprClosure, function: &Function, errors: &mut Accumulator) {
    let (written, wanted) = (closure.inputs.len(), function.arguments.len());
    let receiver = usize::from(takes_self(closure, function));
    if written == wanted + receiver || written == wanted + receiver + 1 {
        return;
    }
    let names: Vec<String> = function
        .arguments
        .iter()
        .enumerate()
        .map(|(place, argument)| {
            argument
                .name()
                .map_or_else(|| format!("argument_{place}"), |name| name.ident.to_string())
        })
        .collect();
    let (plain, told) = (names.join(", "), [names, vec!["cause".to_owned()]].concat().join(", "));
    let name = &function.signature.ident;
    let of_self = if function.receiver.is_some() {
        "; `self` can be used in it by its name, or taken as a first parameter called `this`"
    } else {
        ""
    };
    let message = format!(
        "expected a closure with {wanted} or {} parameters, found one with {written}: it takes the arguments of `{name}` and, if it wants, the cause: write `|{plain}|` or `|{told}|`{of_self}",
        wanted + 1
    );
    // Both bars, where the tool chain can name what is between them; the first where it cannot.
    let bars = closure.inputs_begin.spans[0];
    let bars = bars.join(closure.inputs_end.spans[0]).unwrap_or(bars);
    errors.push(Error::custom(message).with_span(&bars));
}

/// A method that takes `self` by value has used it up when its fallback is called.
fn check_self(closure: &ExprClosure, function: &Function, errors: &mut Accumulator) {
    if function.receiver != Some(Receiver::Owned) {
        return;
    }
    if let Some(at) = names_self(closure.to_token_stream()) {
        let message = "the function uses `self` up: take what the fallback needs of it as a first parameter called `this`, which is a clone of it where one is needed";
        errors.push(Error::custom(message).with_span(&at));
    }
}

fn check_plain(closure: &ExprClosure, errors: &mut Accumulator) {
    let at = match (&closure.asyncness, async_end(&mut closure.body.clone())) {
        (Some(asyncness), _) => asyncness.span,
        (None, Some(block)) => block.async_token.span,
        (None, None) => return,
    };
    let message = "the protected function is a plain `fn`, so its fallback cannot be `async`: make the function `async`, or answer without waiting";
    errors.push(Error::custom(message).with_span(&at));
}

/// A first parameter by the name of `this` stands for `self`, where there is one; or by that of `_this`,
/// as the compiler advises where it is not used; or of a type such as `&Self`, which no argument has.
fn takes_self(closure: &ExprClosure, function: &Function) -> bool {
    let (Some(_), Some(mut first)) = (function.receiver, closure.inputs.first()) else {
        return false;
    };
    if let Pat::Type(typed) = first {
        let argument = function.arguments.first();
        if is_self_type(&typed.ty) && !argument.is_some_and(|argument| is_self_type(&argument.kind))
        {
            return true;
        }
        first = &typed.pat;
    }
    matches!(first, Pat::Ident(name) if name.ident == "this" || name.ident == "_this")
}

/// `Self`, `&Self` or `&mut Self`.
fn is_self_type(kind: &Type) -> bool {
    match kind {
        Type::Reference(reference) => is_self_type(&reference.elem),
        Type::Group(group) => is_self_type(&group.elem),
        Type::Path(path) => path.path.is_ident("Self"),
        _ => false,
    }
}

fn is_wild(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Type(typed) => is_wild(&typed.pat),
        _ => false,
    }
}

/// Where `self` is written in there, if it is.
fn names_self(tokens: TokenStream) -> Option<Span> {
    find(tokens, "self")
}

/// The `async` block in which the closure's body ends.
fn async_end(body: &mut Expr) -> Option<&mut ExprAsync> {
    match body {
        Expr::Group(group) => async_end(&mut group.expr),
        Expr::Block(block) if block.label.is_none() => match block.block.stmts.last_mut() {
            Some(Stmt::Expr(last, None)) => async_end(last),
            _ => None,
        },
        Expr::Async(block) => Some(block),
        _ => None,
    }
}
