//! Lengths of time.

use std::time::Duration;

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use syn::{Expr, ExprLit, Lit, LitStr, Meta};

use super::{
    Setting,
    constant::{Bound, Constant, Known},
    expression, is_computed, kind, wrong,
};
use crate::runtime::Runtime;

/// A length of time above zero, of type `Duration`.
pub(crate) struct Length(Known<Duration>);

impl FromMeta for Length {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        Self::new(&key, value)
    }
}

impl Length {
    /// One that nobody wrote.
    pub(crate) fn of(length: Duration) -> Self {
        Self(Known::Literal(length))
    }

    /// The value of `key`, which may be a part of one, as `backoff.max` is.
    pub(super) fn new(key: &str, value: &Expr) -> Result<Self> {
        match value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let length = literal(text)?;
                if length.is_zero() {
                    return Err(wrong(value, format!("`{key}` must be longer than zero")));
                }
                Ok(Self(Known::Literal(length)))
            }
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                let digits = number.base10_digits();
                let message = format!(
                    "`{key}` takes a duration, and a number alone says no unit: write `\"{digits}s\"` or `\"{digits}ms\"`"
                );
                Err(wrong(value, message))
            }
            other if is_computed(other) => {
                let bound = Bound {
                    holds: |_| code!(!value.is_zero()),
                    message: format!("`{key}` must be longer than zero"),
                };
                let kind = |_: &Runtime| code!(::core::time::Duration);
                Ok(Self(Known::Computed(Constant::new(key, other, kind, vec![bound]))))
            }
            other => Err(wrong(
                other,
                format!(
                    "`{key}` takes a duration such as `\"30s\"`, or a constant of type `Duration`; found {}",
                    kind(other)
                ),
            )),
        }
    }

    /// The time, where it is known here.
    pub(super) fn literal(&self) -> Option<Duration> {
        self.0.literal().copied()
    }
}

/// What a literal such as `"1m 30s"` says.
pub(super) fn literal(text: &LitStr) -> Result<Duration> {
    let written = text.value();
    humantime::parse_duration(&written).map_err(|problem| {
        let message = format!(
            "{written:?} is no duration: {problem}; write it like `\"250ms\"`, `\"30s\"` or `\"1m 30s\"`"
        );
        wrong(text, message)
    })
}

pub(super) fn tokens(length: &Duration) -> TokenStream {
    let (seconds, nanos) = (length.as_secs(), length.subsec_nanos());
    code!(::core::time::Duration::new(#seconds, #nanos))
}

impl Setting for Length {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        self.0.tokens(tokens, runtime)
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        self.0.check(runtime)
    }
}
