//! Code of the user's own, for the compiler to judge.

use darling::{FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprLit, Ident, Meta, parse2, spanned::Spanned};

use super::{expression, kind, wrong};

/// A pattern over the error type, with a guard or without.
pub(crate) struct Pattern(pub(crate) TokenStream);

impl FromMeta for Pattern {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        if let Expr::Closure(closure) = value {
            let message = format!(
                "`{key}` takes a pattern over the error, as a `match` has, found a closure: write `{key} = MyError::NotFound | MyError::Refused {{ .. }}`, or with a condition `{key} = error if error.is_temporary()`"
            );
            return Err(wrong(&closure.inputs_begin, message));
        }
        Ok(Self(value.to_token_stream()))
    }
}

impl Pattern {
    /// The name that is all of it, if one is.
    pub(crate) fn name(&self) -> Option<Ident> {
        parse2(self.0.clone()).ok()
    }
}

/// Any expression.
pub(crate) struct Code(pub(crate) Expr);

impl FromMeta for Code {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (_, value) = expression(item)?;
        Ok(Self(value.clone()))
    }
}

/// What tells one breaker of the name from another: an expression over the arguments.
pub(crate) struct Keyed(pub(crate) Expr);

impl FromMeta for Keyed {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        match value {
            Expr::Lit(ExprLit { .. }) => Err(wrong(
                value,
                format!(
                    "`{key}` takes an expression over the arguments, such as `key = tenant`; {} is the same at every call, and one breaker for all calls is what there is without `{key}`",
                    kind(value)
                ),
            )),
            Expr::Closure(_) => Err(wrong(
                value,
                format!(
                    "`{key}` takes an expression over the arguments, such as `key = tenant`; found {}",
                    kind(value)
                ),
            )),
            other => Ok(Self(other.clone())),
        }
    }
}

/// What asks an error for how long to stay away.
pub(crate) struct OpenFor {
    pub(crate) code: Expr,
    /// Where the key stands.
    pub(crate) key: Span,
}

impl FromMeta for OpenFor {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        match value {
            Expr::Lit(_) => Err(wrong(
                value,
                format!(
                    "`{key}` takes a closure or a function that finds the time in the error, such as `open_for = |error| error.retry_after()`, found {}; how long the breaker stays open otherwise is its `recovery_timeout`",
                    kind(value)
                ),
            )),
            code => Ok(Self { code: code.clone(), key: item.path().span() }),
        }
    }
}
