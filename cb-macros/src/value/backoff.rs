//! How the open time grows: `backoff(factor = 2.0, max = "10m", jitter = 0.1)`.

use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use syn::{Expr, Meta, spanned::Spanned};

use super::{
    Setting,
    constant::{Bound, Constant},
    is_computed, kind,
    length::Length,
    number::{FACTOR, Number, SHARE},
    parts::{self, Found, Written},
    ungroup, wrong,
};
use crate::{keys, runtime::Runtime};

const PARTS: parts::Parts<3> = parts::Parts {
    names: ["factor", "max", "jitter"],
    flag: None,
    only_named: None,
    hint: |_| None,
};

/// The parts of a backoff, or a constant of its type.
pub(crate) enum Backoff {
    Parts(Box<Parts>),
    Computed(Constant),
}

pub(crate) struct Parts {
    factor: Number,
    max: Length,
    jitter: Option<Number>,
}

impl FromMeta for Backoff {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, written) = parts::behind_key(item)?;
        match written {
            Written::Parts(list) => Self::of(&key, item.path().span(), list),
            Written::One(one) if is_computed(one) => Ok(Self::Computed(constant(&key, one))),
            Written::One(other) => Err(wrong(
                other,
                format!(
                    "`{key}` takes several values, found {}: write `{}`",
                    kind(other),
                    keys::example(&key)
                ),
            )),
        }
    }
}

impl Backoff {
    /// Reads the parts, named or in their order. All that is wrong with them is told in one go.
    fn of(key: &str, at: Span, list: Vec<Expr>) -> Result<Self> {
        let mut errors = Error::accumulator();
        let Found { parts: [factor, max, jitter], is_complete } =
            PARTS.find(key, list, &mut errors);
        let is_there = factor.is_some() && max.is_some();
        let name = |part: &str| format!("{key}.{part}");
        let factor = factor.and_then(|part| {
            errors.handle(Number::new(&name("factor"), ungroup(&part.value), &FACTOR))
        });
        let max =
            max.and_then(|part| errors.handle(Length::new(&name("max"), ungroup(&part.value))));
        let jitter = jitter.and_then(|part| {
            errors.handle(Number::new(&name("jitter"), ungroup(&part.value), &SHARE))
        });
        if is_complete && !is_there {
            let message = format!(
                "`{key}` takes a `factor`, by which each open time is longer than the one before, and a `max`, the longest: write `{}`",
                keys::example(key)
            );
            errors.push(Error::custom(message).with_span(&at));
        }
        match (factor, max) {
            (Some(factor), Some(max)) => {
                errors.finish_with(Self::Parts(Box::new(Parts { factor, max, jitter })))
            }
            _ => Err(Error::multiple(errors.into_inner())),
        }
    }
}

fn constant(key: &str, value: &Expr) -> Constant {
    let within = |part: &str, bound: &str| format!("`{key}.{part}` must be {bound}");
    let bounds = vec![
        Bound {
            holds: |_| code!(value.factor >= 1.0 && value.factor.is_finite()),
            message: within("factor", FACTOR.bound),
        },
        Bound {
            holds: |_| code!(!value.max.is_zero()),
            message: within("max", "longer than zero"),
        },
        Bound {
            holds: |_| code!(value.jitter >= 0.0 && value.jitter <= 1.0),
            message: within("jitter", SHARE.bound),
        },
    ];
    Constant::new(key, value, |runtime| code!(#runtime::Backoff), bounds)
}

impl Setting for Backoff {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        match self {
            Self::Computed(constant) => constant.value(runtime),
            Self::Parts(parts) => {
                let (factor, max) = (parts.factor.value(runtime), parts.max.value(runtime));
                let jitter = parts.jitter.as_ref().map(|jitter| {
                    let jitter = jitter.value(runtime);
                    code!(.jitter(#jitter))
                });
                code!(#runtime::Backoff::new(#factor, #max) #jitter)
            }
        }
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        match self {
            Self::Computed(constant) => constant.check(runtime),
            Self::Parts(parts) => {
                let jitter = parts.jitter.as_ref().map(|jitter| jitter.check(runtime));
                let (factor, max) = (parts.factor.check(runtime), parts.max.check(runtime));
                code!(#factor #max #jitter)
            }
        }
    }
}
