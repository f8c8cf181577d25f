//! Numbers with a fraction, each within bounds of its own.

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, Meta, UnOp};

use super::{
    Setting,
    constant::{Bound, Constant, Known},
    expression, is_computed, kind, negative, wrong,
};
use crate::runtime::Runtime;

/// A number of type `f64`.
pub(super) struct Number(Known<f64>);

/// What a number must keep to: what is not a number keeps to none of them.
pub(super) struct Range {
    /// In words, after "must be".
    pub(super) bound: &'static str,
    /// What to write, after "takes".
    pub(super) takes: &'static str,
    pub(super) holds: fn(f64) -> bool,
    /// Whether others write it in percent.
    pub(super) is_share: bool,
    /// The same for the compiler, over `value`.
    pub(super) code: fn(&Runtime) -> TokenStream,
}

impl Number {
    /// A number that is known to be in order.
    pub(super) fn known(number: f64) -> Self {
        Self(Known::Literal(number))
    }

    /// The value of `key`, which may be a part of one, as `backoff.factor` is.
    pub(super) fn new(key: &str, value: &Expr, range: &Range) -> Result<Self> {
        let Range { bound, takes, holds, is_share, code } = range;
        let outside = |found: &str| {
            let share = found.strip_suffix('%').unwrap_or(found).parse::<f64>();
            let hint = match share {
                Ok(share) if *is_share && share > 1.0 && share <= 100.0 => {
                    // In round numbers, lest a fraction that has none be written out.
                    format!("; for {share} % write `{}`", (share * 1e4).round() / 1e6)
                }
                _ => String::new(),
            };
            Err(wrong(value, format!("`{key}` must be {bound}, but is {found}{hint}")))
        };
        match value {
            Expr::Lit(ExprLit { lit: Lit::Int(_) | Lit::Float(_), .. }) => {
                let (digits, suffix) = parts(value);
                if !matches!(suffix.as_str(), "" | "f64") {
                    return Err(wrong(value, format!("`{key}` is an `f64`: write `{digits}`")));
                }
                match digits.parse::<f64>() {
                    Ok(number) if holds(number) => Ok(Self(Known::Literal(number))),
                    _ => outside(&digits),
                }
            }
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().ends_with('%') => {
                outside(&text.value())
            }
            other => match negative(other) {
                Some(found) => outside(&found),
                None if is_computed(other) || is_negated(other) => {
                    let bound = Bound { holds: *code, message: format!("`{key}` must be {bound}") };
                    let constant =
                        Constant::new(key, other, |_| code!(::core::primitive::f64), vec![bound]);
                    Ok(Self(Known::Computed(constant)))
                }
                None => Err(wrong(other, format!("`{key}` takes {takes}, found {}", kind(other)))),
            },
        }
    }
}

/// The digits of a literal, and the type that stands behind them.
fn parts(value: &Expr) -> (String, String) {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            (number.base10_digits().to_owned(), number.suffix().to_owned())
        }
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => {
            (number.base10_digits().to_owned(), number.suffix().to_owned())
        }
        other => (other.to_token_stream().to_string(), String::new()),
    }
}

fn is_negated(value: &Expr) -> bool {
    matches!(value, Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) if !matches!(**expr, Expr::Lit(_)))
}

impl Setting for Number {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        self.0.tokens(ToTokens::to_token_stream, runtime)
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        self.0.check(runtime)
    }
}

/// By how much each wait is longer than the one before.
pub(super) const FACTOR: Range = Range {
    bound: "a finite number of at least 1",
    takes: "a number of at least 1, such as `2.0`",
    holds: |factor| factor >= 1.0 && factor.is_finite(),
    is_share: false,
    code: |_| code!(value >= 1.0 && value.is_finite()),
};

/// How much of something is left to chance.
pub(super) const SHARE: Range = Range {
    bound: "from 0 to 1",
    takes: "a number from 0 to 1, such as `0.1`",
    holds: |share| (0.0..=1.0).contains(&share),
    is_share: true,
    code: |_| code!(value >= 0.0 && value <= 1.0),
};

const RATE: Range = Range {
    bound: "above 0 and at most 1",
    takes: "a number above 0 and at most 1, such as `0.5`",
    holds: |rate| rate > 0.0 && rate <= 1.0,
    is_share: true,
    code: |_| code!(value > 0.0 && value <= 1.0),
};

const SHED: Range = Range {
    bound: "a finite number above 1",
    takes: "a number above 1, such as `2.0`",
    holds: |shed| shed > 1.0 && shed.is_finite(),
    is_share: false,
    code: |_| code!(value > 1.0 && value.is_finite()),
};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident, $range:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name(Number);

        impl FromMeta for $name {
            fn from_meta(item: &Meta) -> Result<Self> {
                let (key, value) = expression(item)?;
                Number::new(&key, value, &$range).map(Self)
            }
        }

        impl Setting for $name {
            fn value(&self, runtime: &Runtime) -> TokenStream {
                self.0.value(runtime)
            }

            fn check(&self, runtime: &Runtime) -> TokenStream {
                self.0.check(runtime)
            }
        }
    )*};
}

numbers! {
    /// A share of the calls in the window.
    Rate, RATE;

    /// How many times its successes a service is asked before calls are turned away.
    Shed, SHED;
}
