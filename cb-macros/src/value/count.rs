//! Whole numbers.

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprLit, Lit, LitInt, Meta};

use super::{
    Setting,
    constant::{Bound, Constant, Known},
    expression, is_computed, kind, negative, wrong,
};
use crate::runtime::Runtime;

/// A whole number of at least 1, of type `u32`.
pub(crate) struct Count(Known<u32>);

impl FromMeta for Count {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        Self::new(&key, value)
    }
}

impl Count {
    /// The value of `key`, which may be a part of one, as `retry.max_attempts` is.
    pub(super) fn new(key: &str, value: &Expr) -> Result<Self> {
        let too_small =
            |found: &str| Err(wrong(value, format!("`{key}` must be at least 1, but is {found}")));
        match value {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match literal(key, number)? {
                0 => too_small("0"),
                number => Ok(Self(Known::Literal(number))),
            },
            other => match negative(other) {
                Some(found) => too_small(&found),
                None if is_computed(other) => {
                    let bound = Bound {
                        holds: |_| code!(value >= 1),
                        message: format!("`{key}` must be at least 1"),
                    };
                    let constant =
                        Constant::new(key, other, |_| code!(::core::primitive::u32), vec![bound]);
                    Ok(Self(Known::Computed(constant)))
                }
                None => Err(wrong(
                    other,
                    format!("`{key}` takes a whole number of at least 1, found {}", kind(other)),
                )),
            },
        }
    }

    /// The number, where it is known here.
    pub(crate) fn literal(&self) -> Option<u32> {
        self.0.literal().copied()
    }
}

/// A literal as a `u32`.
pub(super) fn literal(key: &str, number: &LitInt) -> Result<u32> {
    if !matches!(number.suffix(), "" | "u32") {
        let message = format!("`{key}` is a `u32`: write `{}`", number.base10_digits());
        return Err(wrong(number, message));
    }
    number.base10_parse::<u32>().map_err(|_| {
        wrong(number, format!("`{key}` must be at most {}, but is {number}", u32::MAX))
    })
}

impl Setting for Count {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        self.0.tokens(ToTokens::to_token_stream, runtime)
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        self.0.check(runtime)
    }
}
