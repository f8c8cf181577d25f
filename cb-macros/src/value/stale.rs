//! Which answers are kept for when the service has none:
//! `stale_if_error(max_age = "5m", key = query, capacity = 1_000)`.

use darling::{Error, FromMeta, Result};
use proc_macro2::Span;
use syn::{Expr, ExprLit, Lit, Meta, spanned::Spanned};

use super::{
    count::Count,
    is_computed, kind,
    length::Length,
    parts::{self, Found, Written},
    ungroup, wrong,
};
use crate::keys;

const PARTS: parts::Parts<4> = parts::Parts {
    names: ["max_age", "key", "capacity", "store"],
    flag: None,
    only_named: None,
    hint,
};

/// What others call a part.
fn hint(name: &str) -> Option<&'static str> {
    Some(match name {
        "ttl" | "age" | "max_stale" | "time_to_live" | "duration" | "expiry" => {
            "`max_age` is the age up to which an answer is given"
        }
        "by" | "key_by" | "convert" => "`key` is an expression over the arguments",
        "size" | "max_size" | "max_entries" | "max_capacity" | "max_keys" => {
            "`capacity` is how many answers are kept"
        }
        "cache" | "backend" | "storage" | "ty" => "`store` is where the answers are kept",
        _ => return None,
    })
}

/// Which answers are kept, where, and for how long.
pub(crate) struct Stale {
    /// The age up to which an answer is given.
    pub(crate) max_age: Length,
    /// What an answer is kept under: an expression over the arguments.
    pub(crate) key: Option<Expr>,
    /// How many answers are kept in memory. Not beside `store`.
    pub(crate) capacity: Option<Count>,
    /// A store of the user's own.
    pub(crate) store: Option<Expr>,
    /// Where the store's name stands.
    pub(crate) store_at: Option<Span>,
}

impl FromMeta for Stale {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, written) = parts::behind_key(item)?;
        let list = match written {
            Written::Parts(list) => list,
            // The first part alone, which is all that there has to be.
            Written::One(one) if is_length(one) => vec![one.clone()],
            Written::One(other) => {
                let message = format!(
                    "`{key}` takes the age up to which an answer is given, or several values, found {}: write `{}`",
                    kind(other),
                    keys::example(&key)
                );
                return Err(wrong(other, message));
            }
        };
        Self::of(&key, item.path().span(), list)
    }
}

/// Whether something is, or is computed to be, or is thought to be a length of time.
fn is_length(value: &Expr) -> bool {
    let literal = matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(_) | Lit::Int(_), .. }));
    literal || is_computed(value)
}

impl Stale {
    /// Reads the parts, named or in their order. All that is wrong with them is told in one go.
    fn of(name: &str, at: Span, list: Vec<Expr>) -> Result<Self> {
        let mut errors = Error::accumulator();
        let Found { parts, is_complete } = PARTS.find(name, list, &mut errors);
        let [max_age, key, capacity, store] = parts;
        if is_complete && max_age.is_none() {
            let message = format!(
                "`{name}` takes a `max_age`, the age up to which an answer is given: write `{}`",
                keys::example(name)
            );
            errors.push(Error::custom(message).with_span(&at));
        }
        if let (Some(_), Some(_), Some(at)) =
            (&capacity, &store, parts::later(capacity.as_ref(), store.as_ref()))
        {
            let message = format!(
                "`{name}.capacity` is that of the store in memory, and there is another `store`, which has its own: remove one of the two"
            );
            errors.push(Error::custom(message).with_span(&at));
        }
        let part = |part: &str| format!("{name}.{part}");
        let max_age = max_age
            .and_then(|found| errors.handle(Length::new(&part("max_age"), ungroup(&found.value))));
        let key = key.and_then(|found| errors.handle(key_of(&part("key"), ungroup(&found.value))));
        let capacity = capacity
            .and_then(|found| errors.handle(Count::new(&part("capacity"), ungroup(&found.value))));
        let store_at = store.as_ref().map(|found| found.at);
        let store =
            store.and_then(|found| errors.handle(store_of(&part("store"), ungroup(&found.value))));
        match max_age {
            Some(max_age) => errors.finish_with(Self { max_age, key, capacity, store, store_at }),
            None => Err(Error::multiple(errors.into_inner())),
        }
    }
}

fn key_of(key: &str, value: &Expr) -> Result<Expr> {
    let problem = match value {
        Expr::Lit(_) => format!(
            "{} is the same at every call: for one answer to all of them write `key = ()`",
            kind(value)
        ),
        Expr::Closure(_) => format!("found {}", kind(value)),
        code => return Ok(code.clone()),
    };
    let message =
        format!("`{key}` takes an expression over the arguments, such as `key = query`; {problem}");
    Err(wrong(value, message))
}

fn store_of(key: &str, value: &Expr) -> Result<Expr> {
    match value {
        Expr::Lit(_) | Expr::Closure(_) | Expr::Array(_) | Expr::Tuple(_) => Err(wrong(
            value,
            format!(
                "`{key}` takes an expression that gives a `StaleStore`, such as `store = &ANSWERS`, found {}",
                kind(value)
            ),
        )),
        code => Ok(code.clone()),
    }
}
