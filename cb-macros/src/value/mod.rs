//! The values of settings: what each may be, and what is said when it is something else.

mod backoff;
mod choice;
mod code;
mod constant;
mod count;
mod health;
mod length;
mod number;
mod parts;
mod retry;
mod stale;
mod text;
mod window;

pub(crate) use backoff::Backoff;
pub(crate) use choice::{Cancelled, FallbackOn, Flag, Switch};
pub(crate) use code::{Code, Keyed, OpenFor, Pattern};
pub(crate) use count::Count;
pub(crate) use health::HealthCheck;
pub(crate) use length::Length;
pub(crate) use number::{Rate, Shed};
pub(crate) use retry::Retry;
pub(crate) use stale::Stale;
pub(crate) use text::{Name, Text};
pub(crate) use window::{DEFAULT_CALLS, Window};

use darling::{Error, Result};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, Meta, UnOp, spanned::Spanned};

use crate::{keys, runtime::Runtime};

/// A value for one of the builder's setters.
pub(crate) trait Setting {
    /// The value.
    fn value(&self, runtime: &Runtime) -> TokenStream;

    /// What stands before it for the compiler to check, and to find it.
    fn check(&self, _: &Runtime) -> TokenStream {
        TokenStream::new()
    }
}

pub(crate) fn wrong(at: &impl Spanned, message: impl std::fmt::Display) -> Error {
    Error::custom(message).with_span(&at.span())
}

/// The expression after `key =`. A key without one, or with a list, is told how it is written.
pub(crate) fn expression(item: &Meta) -> Result<(String, &Expr)> {
    let key = item.path().to_token_stream().to_string();
    match item {
        Meta::NameValue(pair) => Ok((key, ungroup(&pair.value))),
        Meta::Path(_) | Meta::List(_) => {
            let example = keys::example(&key);
            Err(wrong(item.path(), format!("`{key}` takes a value: write `{example}`")))
        }
    }
}

/// A value that came through a `macro_rules!` variable is wrapped in a group that cannot be seen.
pub(crate) fn ungroup(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}

/// What a value is, in the words of a message.
pub(crate) fn kind(value: &Expr) -> &'static str {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Str(_) => "a string",
            Lit::Int(_) => "a whole number",
            Lit::Float(_) => "a number with a fraction",
            Lit::Bool(_) => "a `bool`",
            Lit::Char(_) => "a character",
            _ => "a byte string",
        },
        Expr::Closure(_) => "a closure",
        Expr::Array(_) => "a list",
        Expr::Tuple(_) => "a tuple",
        _ => "an expression",
    }
}

/// A value that the compiler works out.
fn is_computed(value: &Expr) -> bool {
    !matches!(
        value,
        Expr::Lit(_)
            | Expr::Unary(_)
            | Expr::Closure(_)
            | Expr::Array(_)
            | Expr::Tuple(_)
            | Expr::Assign(_)
            | Expr::Async(_)
            | Expr::Verbatim(_)
    )
}

/// A literal behind a minus, as it is written.
fn negative(value: &Expr) -> Option<String> {
    match value {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. })
            if matches!(**expr, Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. })) =>
        {
            Some(value.to_token_stream().to_string().replace(' ', ""))
        }
        _ => None,
    }
}

fn string<'a>(key: &str, value: &'a Expr) -> Result<&'a LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text),
        other => {
            Err(wrong(other, format!("`{key}` takes a string literal, found {}", kind(other))))
        }
    }
}

/// Where a name is first written in there, if it is.
pub(crate) fn find(tokens: TokenStream, wanted: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(name) if name == wanted => Some(name.span()),
        TokenTree::Group(group) => find(group.stream(), wanted),
        _ => None,
    })
}

/// A path as it is written, without the spaces between its tokens.
pub(crate) fn written(path: &impl ToTokens) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
