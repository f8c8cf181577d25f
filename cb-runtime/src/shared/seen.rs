//! What operators see of how breakers stand to those of other instances.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    book::KEPT,
    link::{clock::StoreClock, known::mode_of},
    wire::View,
};
use crate::{
    breaker::Mode,
    clock::Tick,
    config::read_settings,
    observe::together::{SharedBreaker, SharedMode, SharedSettings},
};

/// So many breakers are remembered of which nothing is in force.
const MANY: usize = 10_000;

/// All that the store has told of, by name.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<String, One>>);

#[derive(Default)]
struct One {
    epoch: u64,
    /// Until then, where it is open.
    open: Option<Tick>,
    by: String,
    mode: Ordered<Option<Mode>>,
    settings: Ordered<Arc<BTreeMap<String, String>>>,
}

/// What an operator has ordered last.
struct Ordered<T> {
    epoch: u64,
    what: T,
    until: Tick,
}

impl<T: Default> Default for Ordered<T> {
    fn default() -> Self {
        Self { epoch: 0, what: T::default(), until: Tick::NEVER }
    }
}

impl Seen {
    /// Takes what the store says. An older word says nothing.
    pub(super) fn take(&self, view: &View, clock: &StoreClock) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_plain = !view.is_open() && view.mode.is_none() && view.config.is_none();
        if is_plain && all.len() >= MANY {
            all.remove(&view.name);
            return;
        }
        let one = all.entry(view.name.clone()).or_default();
        if view.epoch >= one.epoch {
            one.epoch = view.epoch;
            one.open = view.is_open().then(|| clock.ours(view.until));
            one.by.clone_from(&view.by);
        }
        if let Some(mode) = view.mode.as_ref().filter(|mode| mode.epoch > one.mode.epoch) {
            let what = mode_of(&mode.what).filter(|mode| *mode != Mode::Normal);
            one.mode = Ordered { epoch: mode.epoch, what, until: clock.ours(mode.until) };
        }
        if let Some(config) =
            view.config.as_ref().filter(|config| config.epoch > one.settings.epoch)
        {
            let given = read_settings(&config.what).unwrap_or_default().given();
            let what = given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            let until = clock.ours(config.until);
            one.settings = Ordered { epoch: config.epoch, what: Arc::new(what), until };
        }
    }

    /// Forgets, once it is much, what has been over for so long that the store has forgotten it as well.
    pub(super) fn prune(&self, now: Tick) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > MANY {
            all.retain(|_, one| {
                one.open.is_some_and(|until| now < until.after(Duration::from_millis(KEPT)))
                    || one.mode.what.is_some() && now < one.mode.until
                    || !one.settings.what.is_empty() && now < one.settings.until
            });
        }
    }

    /// How a breaker of this name stands to the others.
    pub(super) fn of(&self, name: &str, connected: bool) -> SharedBreaker {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(one) = all.get(name) else {
            return SharedBreaker { connected, ..SharedBreaker::default() };
        };
        let now = Tick::now();
        let mode = one.mode.what.filter(|_| now < one.mode.until);
        let settings = Some(&one.settings).filter(|it| now < it.until && !it.what.is_empty());
        SharedBreaker {
            connected,
            epoch: one.epoch,
            open: one.open.is_some(),
            changed_by: Some(one.by.clone()).filter(|by| !by.is_empty()),
            mode: mode.map(|mode| SharedMode { mode, remaining: one.mode.until.since(now) }),
            settings: settings.map(|ordered| SharedSettings {
                settings: (*ordered.what).clone(),
                remaining: ordered.until.since(now),
            }),
        }
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;
    use crate::shared::wire::Ordered as Word;

    fn word(epoch: u64, what: &str, until: u64) -> Word {
        Word { epoch, at: 0, until, what: what.to_owned() }
    }

    #[test]
    fn the_latest_word_is_seen_until_its_time_is_over() {
        let (seen, clock) = (Seen::default(), StoreClock::new(1_000, Tick::now()));
        let view = View {
            name: "db".into(),
            epoch: 7,
            until: 9_000,
            by: "there".into(),
            mode: Some(word(5, "forced_open", 900_000)),
            config: Some(word(6, r#"{"failure_threshold": 3}"#, 500)),
            ..View::default()
        };
        seen.take(&view, &clock);
        let found = seen.of("db", true);
        assert_eq!((found.epoch, found.open), (7, true));
        assert_eq!(found.changed_by.as_deref(), Some("there"));
        assert_eq!(found.mode.map(|mode| mode.mode), Some(Mode::ForcedOpen));
        assert_eq!(found.settings, None, "their time was over before they came");

        // An older word changes nothing, and one that says less leaves the rest.
        seen.take(&View { name: "db".into(), epoch: 3, ..View::default() }, &clock);
        assert!(seen.of("db", true).open && seen.of("db", true).mode.is_some());
        let closed = View {
            name: "db".into(),
            epoch: 8,
            mode: Some(word(9, "normal", 900_000)),
            config: Some(word(10, r#"{"failure_threshold": 3}"#, 900_000)),
            ..View::default()
        };
        seen.take(&closed, &clock);
        let found = seen.of("db", false);
        assert_eq!((found.connected, found.open, found.changed_by), (false, false, None));
        assert_eq!(found.mode, None);
        assert_eq!(found.settings.unwrap().settings["failure_threshold"], "3");
    }

    #[test]
    fn of_what_nothing_is_in_force_no_more_than_so_many_are_remembered() {
        let (seen, clock) = (Seen::default(), StoreClock::new(1_000, Tick::now()));
        let of = |number: usize| View { name: format!("db-{number}"), epoch: 1, ..View::default() };
        for number in 0..MANY + 10 {
            seen.take(&of(number), &clock);
        }
        assert_eq!(seen.of(&format!("db-{}", MANY + 5), true).epoch, 0);
        seen.take(&View { until: 9_000, ..of(MANY + 5) }, &clock);
        assert!(seen.of(&format!("db-{}", MANY + 5), true).open);
        assert_eq!(seen.0.lock().unwrap().len(), MANY + 1);

        seen.prune(Tick::now());
        assert_eq!(seen.0.lock().unwrap().len(), 1, "the open one");
        for number in 0..MANY {
            seen.take(&View { until: 9_000, ..of(number) }, &clock);
        }
        seen.prune(clock.ours(9_000 + KEPT - 1));
        assert_eq!(seen.0.lock().unwrap().len(), MANY + 1);
        seen.prune(clock.ours(9_000 + KEPT));
        assert_eq!(seen.0.lock().unwrap().len(), 0);
    }
}
