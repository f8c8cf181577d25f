//! Every shape of function that the attribute is for, used as a stranger would use it.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![cfg_attr(
    test,
    allow(
        clippy::drop_non_drop,
        clippy::large_types_passed_by_value,
        clippy::many_single_char_names,
        clippy::needless_arbitrary_self_type,
        clippy::needless_pass_by_value,
        clippy::redundant_closure_for_method_calls,
        clippy::too_many_arguments,
        clippy::unnecessary_wraps,
        clippy::unused_async,
        clippy::unused_self,
        reason = "what a function in a test does is there for the function's shape"
    )
)]
#![deny(rust_2018_idioms, unreachable_pub, unused_lifetimes, trivial_casts)]

pub mod facade;
pub mod shop;

#[cfg(test)]
mod support;

#[cfg(test)]
mod arguments;
#[cfg(test)]
mod attributes;
#[cfg(test)]
mod bulkheads;
#[cfg(test)]
mod declared;
#[cfg(test)]
mod fallback_closures;
#[cfg(test)]
mod fallback_lists;
#[cfg(test)]
mod fallback_on;
#[cfg(test)]
mod fallback_paths;
#[cfg(test)]
mod futures;
#[cfg(test)]
mod generics;
#[cfg(test)]
mod health;
#[cfg(test)]
mod hygiene;
#[cfg(test)]
mod judging;
#[cfg(test)]
mod keyed;
#[cfg(test)]
mod macros;
#[cfg(test)]
mod open_for;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod rates;
#[cfg(test)]
mod receivers;
#[cfg(test)]
mod registered;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod returns;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod shadows;
#[cfg(test)]
mod spans;
#[cfg(test)]
mod stale;
#[cfg(test)]
mod time;
#[cfg(test)]
mod traits;
