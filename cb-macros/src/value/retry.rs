//! How often a call is made, and with what waits between:
//! `retry(max_attempts = 3, delay = "100ms", max_delay = "10s", jitter)`.

use std::time::Duration;

use darling::{Error, FromMeta, Result, error::Accumulator};
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, ExprLit, Lit, Meta, spanned::Spanned};

use super::{
    Setting,
    count::Count,
    is_computed, kind,
    length::Length,
    negative,
    number::{FACTOR, Number, Range, SHARE},
    parts::{self, Found, Written},
    ungroup, wrong,
};
use crate::{keys, runtime::Runtime};

const PARTS: parts::Parts<6> = parts::Parts {
    names: ["max_attempts", "delay", "factor", "max_delay", "jitter", "when"],
    flag: Some("jitter"),
    only_named: Some(("when", "when = |error| error.is_transient()")),
    hint,
};

/// What others call a part.
fn hint(name: &str) -> Option<&'static str> {
    const ATTEMPTS: &str =
        "`max_attempts` counts the first try too: two retries are `max_attempts = 3`";
    Some(match name {
        "max_retries" | "retries" | "times" | "max_times" | "count" | "limit" => ATTEMPTS,
        "backoff" | "min_delay" | "base_delay" | "initial_delay" | "initial_interval"
        | "interval" | "wait" | "wait_duration" => "`delay` is the first wait",
        "multiplier" | "base" | "exponential_base" => {
            "`factor` is how many times as long each wait is as the one before"
        }
        "max" | "max_interval" | "max_backoff" | "max_wait" | "cap" => {
            "`max_delay` is the longest wait"
        }
        "retry_if" | "retry_on" | "condition" | "predicate" | "filter" | "unless" => {
            "`when` says of which errors the call is tried again"
        }
        _ => return None,
    })
}

const JITTER: Range =
    Range { takes: "a number from 0 to 1, such as `0.5`, or stands alone for `1.0`", ..SHARE };

/// What the waits are where nothing else is written: those of `RetryPolicy`.
const DEFAULT_DELAY: Duration = Duration::from_secs(1);
const DEFAULT_MAX_DELAY: Duration = Duration::from_secs(60);

/// When a call is made again.
pub(crate) struct Retry {
    max_attempts: Count,
    delay: Option<Length>,
    factor: Option<Number>,
    max_delay: Option<Length>,
    jitter: Option<Number>,
    /// A closure or a path: which failures are tried again.
    pub(crate) when: Option<Expr>,
    /// Where the later of `delay` and `max_delay` stands.
    later_delay: Option<Span>,
}

impl FromMeta for Retry {
    fn from_meta(item: &Meta) -> Result<Self> {
        let (key, written) = parts::behind_key(item)?;
        let list = match written {
            Written::Parts(list) => list,
            // The first part alone, which is all that there has to be.
            Written::One(one) if is_number(one) => vec![one.clone()],
            Written::One(other) => {
                let message = format!(
                    "`{key}` takes the number of tries in all, or several values, found {}: write `{}`",
                    kind(other),
                    keys::example(&key)
                );
                return Err(wrong(other, message));
            }
        };
        Self::of(&key, item.path().span(), list)
    }
}

/// Whether something is, or is computed to be, or is thought to be a whole number.
fn is_number(value: &Expr) -> bool {
    let literal = matches!(value, Expr::Lit(ExprLit { lit: Lit::Int(_), .. }));
    literal || is_computed(value) || negative(value).is_some()
}

impl Retry {
    /// Reads the parts, named or in their order. All that is wrong with them is told in one go.
    fn of(key: &str, at: Span, list: Vec<Expr>) -> Result<Self> {
        let mut errors = Error::accumulator();
        let Found { parts, is_complete } = PARTS.find(key, list, &mut errors);
        let [max_attempts, delay, factor, max_delay, jitter, when] = parts;
        if is_complete && max_attempts.is_none() {
            let message = format!(
                "`{key}` takes `max_attempts`, the number of tries in all, the first one included: write `{}`",
                keys::example(key)
            );
            errors.push(Error::custom(message).with_span(&at));
        }
        let later_delay = parts::later(delay.as_ref(), max_delay.as_ref());
        let name = |part: &str| format!("{key}.{part}");
        let max_attempts = max_attempts.and_then(|part| {
            errors.handle(Count::new(&name("max_attempts"), ungroup(&part.value)))
        });
        let (has_delay, has_max_delay) = (delay.is_some(), max_delay.is_some());
        let delay =
            delay.and_then(|part| errors.handle(Length::new(&name("delay"), ungroup(&part.value))));
        let factor = factor.and_then(|part| {
            errors.handle(Number::new(&name("factor"), ungroup(&part.value), &FACTOR))
        });
        let max_delay = max_delay
            .and_then(|part| errors.handle(Length::new(&name("max_delay"), ungroup(&part.value))));
        if (has_delay, has_max_delay) == (delay.is_some(), max_delay.is_some()) {
            check_delays(key, delay.as_ref(), max_delay.as_ref(), later_delay, &mut errors);
        }
        let jitter =
            jitter.and_then(|part| errors.handle(jitter_of(&name("jitter"), ungroup(&part.value))));
        let when =
            when.and_then(|part| errors.handle(when_of(&name("when"), ungroup(&part.value))));
        match max_attempts {
            Some(max_attempts) => errors.finish_with(Self {
                max_attempts,
                delay,
                factor,
                max_delay,
                jitter,
                when,
                later_delay,
            }),
            None => Err(Error::multiple(errors.into_inner())),
        }
    }
}

fn jitter_of(key: &str, value: &Expr) -> Result<Number> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => {
            Ok(Number::known(if on.value { 1.0 } else { 0.0 }))
        }
        other => Number::new(key, other, &JITTER),
    }
}

fn when_of(key: &str, value: &Expr) -> Result<Expr> {
    match value {
        Expr::Lit(_) | Expr::Array(_) | Expr::Tuple(_) => Err(wrong(
            value,
            format!(
                "`{key}` takes a closure or a function that looks at the error, such as `when = |error| error.is_transient()`, found {}",
                kind(value)
            ),
        )),
        code => Ok(code.clone()),
    }
}

/// That no wait is to be longer than the longest, where both are known here.
fn check_delays(
    key: &str,
    delay: Option<&Length>,
    max_delay: Option<&Length>,
    later: Option<Span>,
    errors: &mut Accumulator,
) {
    let known = |length: Option<&Length>, default| length.map_or(Some(default), Length::literal);
    let Some((first, most)) = known(delay, DEFAULT_DELAY).zip(known(max_delay, DEFAULT_MAX_DELAY))
    else {
        return;
    };
    if let Some(later) = later.filter(|_| most < first) {
        let message = too_short(key, delay.is_some(), max_delay.is_some());
        errors.push(Error::custom(message).with_span(&later));
    }
}

/// That the longest wait is shorter than the first one.
fn too_short(key: &str, has_delay: bool, has_max_delay: bool) -> String {
    match (has_delay, has_max_delay) {
        (true, false) => format!(
            "`{key}.delay` is longer than `max_delay`, the longest wait, which is 60s where none is given: add a `max_delay`, or lower `delay`"
        ),
        (false, true) => format!(
            "`{key}.max_delay` is shorter than `delay`, the first wait, which is 1s where none is given: add a `delay`, or raise `max_delay`"
        ),
        _ => format!(
            "`{key}.max_delay`, the longest wait, is shorter than `{key}.delay`, the first one: raise `max_delay`, or lower `delay`"
        ),
    }
}

impl Retry {
    /// That no wait is to be longer than the longest, where only the compiler knows them.
    fn delays(&self, runtime: &Runtime) -> Option<TokenStream> {
        let computed =
            |length: Option<&Length>| length.is_some_and(|length| length.literal().is_none());
        let (delay, max_delay) = (self.delay.as_ref(), self.max_delay.as_ref());
        if !computed(delay) && !computed(max_delay) {
            return None;
        }
        let message = too_short("retry", delay.is_some(), max_delay.is_some());
        let panic = quote_spanned!(self.later_delay?=> ::core::panic!(#message));
        let value = |length: Option<&Length>, default: Duration| match length {
            Some(length) => length.value(runtime),
            None => super::length::tokens(&default),
        };
        let first = value(delay, DEFAULT_DELAY);
        let most = value(max_delay, DEFAULT_MAX_DELAY);
        // One of no length has been told about.
        Some(code! {
            const _: () = {
                let (delay, max_delay): (::core::time::Duration, ::core::time::Duration) =
                    (#first, #most);
                if !max_delay.is_zero() && max_delay.as_nanos() < delay.as_nanos() { #panic }
            };
        })
    }
}

impl Setting for Retry {
    fn value(&self, runtime: &Runtime) -> TokenStream {
        let max_attempts = self.max_attempts.value(runtime);
        let mut setters = TokenStream::new();
        macro_rules! set {
            ($($part:ident)*) => {$(
                if let Some(part) = &self.$part {
                    let value = part.value(runtime);
                    setters.extend(code!(.$part(#value)));
                }
            )*};
        }
        set!(delay factor max_delay jitter);
        code!(#runtime::__private::RetryPolicy::new(#max_attempts) #setters)
    }

    fn check(&self, runtime: &Runtime) -> TokenStream {
        let mut checks = self.max_attempts.check(runtime);
        macro_rules! check {
            ($($part:ident)*) => {$(
                checks.extend(self.$part.as_ref().map(|part| part.check(runtime)));
            )*};
        }
        check!(delay factor max_delay jitter);
        checks.extend(self.delays(runtime));
        checks
    }
}
