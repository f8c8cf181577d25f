//! What the figures advise.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    time::Duration,
};

use serde::Serialize;

use super::{
    alert_bounds::AlertBounds,
    event::Event,
    look::{Look, percent, share},
};
use crate::{
    breaker::{Mode, OpenReason, State, TransitionReason},
    error::show,
    name::escaped,
};

/// A piece of advice on one breaker, with its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Recommendation {
    /// The name of the breaker.
    pub breaker: String,
    /// A sentence with the figures in it; what `Display` shows.
    pub text: String,
}

impl fmt::Display for Recommendation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How far back openings are counted.
pub(crate) const LATELY: Duration = Duration::from_secs(10 * 60);
const OFTEN: usize = 3;
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
const MIN_FAILURES: u64 = 10;
const MIN_CALLS: u64 = 100;
const MIN_RETRIES: u64 = 20;
const MANY: f64 = 0.1;
const MOST: f64 = 0.5;

/// What answers in the place of a breaker's calls, as far as the program declares it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Instead {
    /// No function is declared for the breaker: what its users do, they do by hand.
    Unknown,
    /// Every function has a fallback or a stale answer.
    Something,
    /// This function has neither.
    Nothing(String),
}

struct Subject<'a> {
    look: &'a Look,
    bounds: &'a AlertBounds,
    instead: Instead,
}

type Rule = fn(&Subject<'_>) -> Option<String>;

const RULES: [Rule; 9] = [
    reopens,
    flaps,
    is_open_for_long,
    is_set_for_long,
    times_out,
    is_slow,
    has_no_fallback,
    retries_in_vain,
    is_too_narrow,
];

/// For all breakers. `instead` is asked for a breaker's name, without its key.
pub(crate) fn recommendations(
    looks: &[Look],
    bounds: &AlertBounds,
    instead: impl Fn(&str) -> Instead,
) -> Vec<Recommendation> {
    let mut found: Vec<Recommendation> = Vec::new();
    // The keys of one name have one configuration: what is advised for one goes for the others.
    let mut of_families: HashMap<(&str, usize), (usize, u32)> = HashMap::new();
    for look in looks {
        let parent = look.snapshot.parent.as_deref();
        let instead = instead(parent.unwrap_or(look.name()));
        let subject = Subject { look, bounds, instead };
        for (number, rule) in RULES.iter().enumerate() {
            let Some(text) = rule(&subject) else { continue };
            if let Some(parent) = parent {
                match of_families.entry((parent, number)) {
                    Entry::Occupied(mut first) => {
                        first.get_mut().1 += 1;
                        continue;
                    }
                    Entry::Vacant(place) => drop(place.insert((found.len(), 0))),
                }
            }
            // Keys and errors have come from outside, and the text may become a line of a log.
            let text = escaped(&text).into_owned();
            found.push(Recommendation { breaker: look.name().to_owned(), text });
        }
    }
    for ((parent, _), (at, others)) in of_families {
        if others > 0
            && let Some(first) = found.get_mut(at)
        {
            let more = format!(" (the same goes for {others} more of `{parent}`)");
            first.text.push_str(&more);
        }
    }
    found
}

fn reopens(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let count = look.openings(State::HalfOpen, LATELY).count();
    if count < OFTEN || look.met() == State::Closed {
        return None;
    }
    let config = &look.snapshot.config;
    let advice = match config.backoff() {
        None => "consider backoff".to_owned(),
        Some(backoff) => format!("consider more than {} as its backoff's `max`", show(backoff.max)),
    };
    let (name, time) = (look.name(), show(config.recovery_timeout()));
    Some(format!(
        "`{name}` has reopened {count} times in {}: its recovery_timeout of {time} is shorter than the \
         outages; {advice}",
        minutes(LATELY)
    ))
}

fn flaps(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let count = too_early(look);
    let (name, probes) = (look.name(), look.snapshot.config.success_threshold());
    (count >= OFTEN).then(|| {
        format!(
            "`{name}` has opened {count} times in {} and closed in between: a success_threshold of \
             {probes} takes the service for well too early; consider {}",
            minutes(LATELY),
            probes.saturating_add(2)
        )
    })
}

/// How often it has opened lately, but for where somebody had closed it by hand: of that no probe knew.
fn too_early(look: &Look) -> usize {
    let (mut count, mut is_by_hand) = (0, false);
    for (_, event) in look.recent(LATELY) {
        let Event::Transition { from, to, reason, dry_run: false, .. } = event else { continue };
        match reason {
            TransitionReason::Opened { reason } if *from == State::Closed => {
                count += usize::from(!is_by_hand && *reason != OpenReason::ForcedOpen);
            }
            TransitionReason::Reset | TransitionReason::ModeChanged if *to == State::Closed => {
                is_by_hand = true;
                continue;
            }
            _ => {}
        }
        is_by_hand = false;
    }
    count
}

fn is_open_for_long(Subject { look, bounds, .. }: &Subject<'_>) -> Option<String> {
    let time = look.age(look.outage()?);
    if time <= bounds.open_for || look.snapshot.mode == Mode::ForcedOpen {
        return None;
    }
    let (name, time) = (look.name(), show(time));
    let error = look.snapshot.last_error.as_ref();
    let error = error.map(|error| format!(" (last error: {error})")).unwrap_or_default();
    let advice = if look.met() == State::HalfOpen {
        "no call has tried it with success since; consider a health_check, which does so without one"
    } else {
        "probes alone do not bring it back; look after the service"
    };
    Some(format!("`{name}` was last closed {time} ago{error}: {advice}"))
}

fn is_set_for_long(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let time = look.age(look.since);
    if time <= FORGOTTEN {
        return None;
    }
    let (set, effect) = match look.snapshot.mode {
        Mode::Normal => return None,
        Mode::ForcedOpen => ("forced open", "no call reaches the service"),
        Mode::Disabled => ("disabled", "it protects nothing"),
        Mode::MetricsOnly => ("set to metrics only", "it protects nothing"),
    };
    let (name, time) = (look.name(), show(time));
    Some(format!("`{name}` has been {set} for {time}: {effect}; resume it unless that is meant"))
}

fn times_out(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let (failures, timeouts) = (look.snapshot.totals.failures, look.snapshot.totals.timeouts);
    if failures < MIN_FAILURES || share(timeouts, failures) < MOST {
        return None;
    }
    let name = look.name();
    let p95 =
        look.snapshot.response_times.map(|times| format!(" than its p95 of {}", show(times.p95)));
    Some(format!(
        "{timeouts} of the {failures} failures of `{name}` are timeouts: the service is too slow for its \
         call_timeout; consider a longer one{}, or a fallback that need not wait",
        p95.unwrap_or_default()
    ))
}

fn is_slow(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let config = &look.snapshot.config;
    let (slow, bound) = (config.slow_call()?, config.slow_call_rate()?);
    let rate = look.snapshot.slow_call_rate?;
    if rate < bound * MOST || look.met() != State::Closed || look.snapshot.mode == Mode::Disabled {
        return None;
    }
    let p95 = look.snapshot.response_times.map(|times| format!(", its p95 is {}", show(times.p95)));
    let (name, rate, slow, bound) = (look.name(), percent(rate), show(slow), percent(bound));
    Some(format!(
        "{rate} of the latest calls through `{name}` took longer than its slow_call of {slow}{}; it opens \
         at {bound}: look after the service before, or raise slow_call if that is its pace",
        p95.unwrap_or_default()
    ))
}

fn has_no_fallback(Subject { look, instead, .. }: &Subject<'_>) -> Option<String> {
    let totals = &look.snapshot.totals;
    let rejected = totals.rejected.saturating_sub(look.aside.bulkhead_full);
    let asked = totals.calls + totals.rejected;
    if asked < MIN_CALLS || share(rejected, asked) < MANY {
        return None;
    }
    let name = look.name();
    let who = match instead {
        Instead::Something => return None,
        Instead::Unknown if totals.fallbacks + totals.stale_answers > 0 => return None,
        Instead::Unknown => "no fallback answered for one of them".to_owned(),
        Instead::Nothing(function) => format!("`{function}` has no fallback"),
    };
    Some(format!(
        "`{name}` turned away {rejected} of {asked} calls, and {who}: callers got the error; consider a \
         fallback"
    ))
}

fn retries_in_vain(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let retries = look.snapshot.totals.retries;
    let helped = retries.saturating_sub(look.aside.failed_retries);
    let name = look.name();
    (retries >= MIN_RETRIES && share(helped, retries) <= MANY).then(|| {
        format!(
            "{helped} of the {retries} retries of `{name}` helped: they load a service that is down; \
             consider fewer attempts, or `when` to leave out errors that stay"
        )
    })
}

fn is_too_narrow(Subject { look, .. }: &Subject<'_>) -> Option<String> {
    let totals = &look.snapshot.totals;
    let (full, asked) = (look.aside.bulkhead_full, totals.calls + totals.rejected);
    let name = look.name();
    (asked >= MIN_CALLS && share(full, asked) >= MANY).then(|| {
        format!(
            "`{name}` turned away {full} of {asked} calls because as many as max_concurrent were under \
             way: consider a higher one, or a call_timeout that ends the slow ones"
        )
    })
}

/// "10 minutes", as people say it of a round time.
fn minutes(time: Duration) -> String {
    format!("{} minutes", time.as_secs() / 60)
}
