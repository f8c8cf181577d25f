//! How the open time grows: `backoff(factor = 2.0, max = "10m", jitter = 0.1)`.

use darling::{Error, FromMeta, Result};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprAssign, Meta, Token, parse::Parser, punctuated::Punctuated, spanned::Spanned};

use super::{
    Setting,
    constant::{Bound, Constant},
    is_computed, kind,
    length::Length,
    number::{Number, Range},
    ungroup, wrong,
};
use crate::runtime::Runtime;

const FACTOR: Range = Range {
    bound: "a finite number of at least 1",
    takes: "a number of at least 1, such as `2.0`",
    holds: |factor| factor >= 1.0 && factor.is_finite(),
    is_share: false,
    code: |_| code!(value >= 1.0 && value.is_finite()),
};

const JITTER: Range = Range {
    bound: "from 0 to 1",
    takes: "a number from 0 to 1, such as `0.1`",
    holds: |jitter| (0.0..=1.0).contains(&jitter),
    is_share: true,
    code: |_| code!(value >= 0.0 && value <= 1.0),
};

/// The parts, in the order in which they stand where they are not named.
const PARTS: [&str; 3] = ["factor", "max", "jitter"];

const EXAMPLE: &str = "backoff(factor = 2.0, max = \"10m\", jitter = 0.1)";

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
        let key = item.path().to_token_stream().to_string();
        let list = match item {
            Meta::Path(path) => {
                return Err(wrong(path, format!("`{key}` takes a value: write `{EXAMPLE}`")));
            }
            Meta::List(list) => {
                let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
                parser.parse2(list.tokens.clone())?.into_iter().collect()
            }
            Meta::NameValue(pair) => match ungroup(&pair.value) {
                Expr::Tuple(tuple) => tuple.elems.iter().cloned().collect(),
                Expr::Paren(one) if !is_computed(ungroup(&one.expr)) => vec![(*one.expr).clone()],
                other if is_computed(other) => return Ok(Self::Computed(constant(&key, other))),
                other => {
                    let message = format!(
                        "`{key}` takes several values, found {}: write `{EXAMPLE}`",
                        kind(other)
                    );
                    return Err(wrong(other, message));
                }
            },
        };
        Self::of(&key, item.path().span(), list)
    }
}

impl Backoff {
    /// Reads the parts, named or in their order. All that is wrong with them is told in one go.
    fn of(key: &str, at: Span, list: Vec<Expr>) -> Result<Self> {
        let mut errors = Error::accumulator();
        let mut written: [Option<Expr>; 3] = [None, None, None];
        let mut complete = true;
        for (place, part) in list.into_iter().enumerate() {
            match part_of(key, place, part, &written) {
                Ok((place, value)) => written[place] = Some(value),
                Err(error) => {
                    errors.push(error);
                    complete = false;
                }
            }
        }
        let [factor, max, jitter] = written;
        let is_there = factor.is_some() && max.is_some();
        let name = |part: &str| format!("{key}.{part}");
        let factor = factor.and_then(|value| {
            errors.handle(Number::new(&name("factor"), ungroup(&value), &FACTOR))
        });
        let max = max.and_then(|value| errors.handle(Length::new(&name("max"), ungroup(&value))));
        let jitter = jitter.and_then(|value| {
            errors.handle(Number::new(&name("jitter"), ungroup(&value), &JITTER))
        });
        // What could not be read may be what is missing.
        if complete && !is_there {
            let message = format!(
                "`{key}` takes a `factor`, by which each open time is longer than the one before, and a `max`, the longest: write `{EXAMPLE}`"
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

/// The place of a part in [`PARTS`], and its value.
fn part_of(
    key: &str,
    place: usize,
    part: Expr,
    before: &[Option<Expr>; 3],
) -> Result<(usize, Expr)> {
    let (place, at, value) = match part {
        Expr::Assign(ExprAssign { left, right, .. }) => {
            let name = left.to_token_stream().to_string();
            let Some(place) = PARTS.iter().position(|part| *part == name) else {
                let message =
                    format!("`{key}` has no `{name}`: it takes `factor`, `max` and `jitter`");
                return Err(wrong(&left, message));
            };
            (place, left.span(), *right)
        }
        value => (place, value.span(), value),
    };
    match before.get(place) {
        None => {
            let message = format!("`{key}` takes three values at most: write `{EXAMPLE}`");
            Err(Error::custom(message).with_span(&at))
        }
        Some(Some(_)) => {
            let message = format!("`{key}.{}` is given twice: remove one of the two", PARTS[place]);
            Err(Error::custom(message).with_span(&at))
        }
        Some(None) => Ok((place, value)),
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
            message: within("jitter", JITTER.bound),
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
