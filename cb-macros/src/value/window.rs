//! What rates are taken over: so many calls, or so long.

use std::time::Duration;

use darling::{FromMeta, Result};
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::{Expr, ExprLit, Lit, Meta, spanned::Spanned};

use super::{
    Setting,
    constant::{Bound, Constant, Known},
    count, expression, is_computed, kind, length, negative, wrong,
};
use crate::runtime::Runtime;

const MOST_CALLS: u32 = 1_000_000;
const LEAST_TIME: Duration = Duration::from_millis(1);

/// What the window is where none is written, in calls.
pub(crate) const DEFAULT_CALLS: u32 = 100;

/// A number of calls or a length of time.
pub(crate) struct Window(Known<Literal>);

enum Literal {
    Calls(u32),
    Time(Duration),
}

impl FromMeta for Window {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, value) = expression(item)?;
        let calls = |found: &str| {
            let message =
                format!("`{key}` must be from 1 to {MOST_CALLS} calls, or a time, but is {found}");
            Err(wrong(value, message))
        };
        match value {
            Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
                let number = count::literal(&key, number)?;
                if !(1..=MOST_CALLS).contains(&number) {
                    return calls(&number.to_string());
                }
                Ok(Self(Known::Literal(Literal::Calls(number))))
            }
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let written = text.value();
                if written.parse::<u32>().is_ok() {
                    let message = format!(
                        "{written:?} is no duration: a number of calls has no quotes, `{key} = {written}`, and a duration a unit, `{key} = \"{written}s\"`"
                    );
                    return Err(wrong(value, message));
                }
                let time = length::literal(text)?;
                if time < LEAST_TIME {
                    return Err(wrong(value, too_short(&key)));
                }
                Ok(Self(Known::Literal(Literal::Time(time))))
            }
            other => match negative(other) {
                Some(found) => calls(&found),
                None if is_computed(other) => Ok(Self(Known::Computed(constant(&key, other)))),
                None => Err(wrong(
                    other,
                    format!(
                        "`{key}` takes a number of calls such as `100`, a duration such as `\"10s\"`, or a constant of type `u32`, `Duration` or `Window`; found {}",
                        kind(other)
                    ),
                )),
            },
        }
    }
}

fn too_short(key: &str) -> String {
    format!("`{key}` must be at least 1ms, or a number of calls")
}

/// A constant of which only the compiler knows whether it is a number or a time.
fn constant(key: &str, value: &Expr) -> Constant {
    let bounds = vec![
        Bound {
            holds: |runtime| {
                code!(!::core::matches!(
                    value,
                    #runtime::Window::Calls(0 | 1_000_001..)
                ))
            },
            message: format!("`{key}` must be from 1 to {MOST_CALLS} calls, or a time"),
        },
        Bound {
            holds: |runtime| {
                code!(match value {
                    #runtime::Window::Time(time) => time.as_millis() >= 1,
                    #runtime::Window::Calls(_) => true,
                })
            },
            message: too_short(key),
        },
    ];
    Constant::new(key, value, |runtime| code!(#runtime::Window), bounds).wrapped(
        |value, runtime| {
            // All of it stands at the value, so that what is to be said of its type is said there.
            let span = value.span();
            let (private, _) = runtime.named_at(span);
            quote_spanned! {span=> {
                #[allow(unused_imports)]
                use #private::NoWindow as _;
                #private::WindowOf(#value).window()
            }}
        },
    )
}

impl Window {
    /// Whether it is known here.
    pub(crate) fn is_literal(&self) -> bool {
        self.0.literal().is_some()
    }

    /// How many calls it holds, if that is what it holds and it is known here.
    pub(crate) fn calls(&self) -> Option<u32> {
        match self.0 {
            Known::Literal(Literal::Calls(calls)) => Some(calls),
            _ => None,
        }
    }
}

impl Setting for Window {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        let literal = |literal: &Literal| match literal {
            Literal::Calls(calls) => code!(#runtime::Window::Calls(#calls)),
            Literal::Time(time) => {
                let time = length::tokens(time);
                code!(#runtime::Window::Time(#time))
            }
        };
        self.0.tokens(literal, runtime)
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        self.0.check(runtime)
    }
}
