//! What an instance knows of the breakers that others have too, and what of its own it has to tell.

use std::collections::{BTreeMap, HashMap};

use super::clock::StoreClock;
use crate::{
    breaker::{Mode, OpenReason, State, TransitionReason, adopt::Standing},
    clock::Tick,
    observe::event::Event,
    shared::{
        book::KEPT,
        office::ToBe,
        wire::{LONGEST, Opening, Request, View, millis},
    },
};

/// So many breakers are remembered that need not be.
const MANY: usize = 10_000;

/// All of them. A breaker that was never open anywhere is not among them.
#[derive(Default)]
pub(super) struct Known {
    breakers: HashMap<String, One>,
    /// Those of which something may have to be told: about as many as there are breakers, or less than
    /// [`MANY`], however long the store is away.
    untold: BTreeMap<String, Untold>,
    /// Once there are so many, those that have gone are looked for again.
    crowd: usize,
}

/// What is known of one breaker.
#[derive(Clone, Debug, Default)]
pub(super) struct One {
    epoch: u64,
    /// All are open.
    is_open: bool,
    row: u32,
    until: u64,
    /// The opening of our own that the store has heard of.
    told: Option<Tick>,
    /// When that is over, by the store's clock.
    told_until: u64,
    reset: u64,
    mode: u64,
    config: u64,
}

/// What may have to be told.
#[derive(Clone, Copy, Debug, Default)]
struct Untold {
    /// It was closed by its own probes last.
    closed: bool,
    /// It was reset: what it had found out, it does not say any more.
    reset: bool,
    /// The store has forgotten that all are open.
    again: bool,
}

/// What is to be done to a breaker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Act {
    Open(Tick, u32),
    /// The same, if it is open still: it was its own opening, and it may have moved on since, which is to be
    /// told next.
    StayOpen(Tick, u32),
    /// Unless it has had a later opening than this.
    Close(Tick),
    Reset,
    Mode(Mode, Tick),
    /// Settings as JSON, until then.
    Config(String, Tick),
}

/// What goes into a proposal besides.
pub(super) struct Proposer<'a> {
    pub(super) instance: &'a str,
    pub(super) clock: StoreClock,
    pub(super) needed: u32,
}

impl Known {
    /// Something has happened to a breaker of ours.
    pub(super) fn note(&mut self, event: &Event) {
        let change = match event {
            Event::Transition { dry_run: true, .. } => return,
            Event::Transition {
                to: State::Open,
                reason: TransitionReason::Opened { reason },
                ..
            } => {
                if matches!(reason, OpenReason::Elsewhere | OpenReason::ForcedOpen) {
                    return;
                }
                Untold::default()
            }
            Event::Transition { reason: TransitionReason::ProbesSucceeded { .. }, .. } => {
                Untold { closed: true, ..Untold::default() }
            }
            Event::Reset { .. } => Untold { reset: true, ..Untold::default() },
            _ => return,
        };
        self.untold.insert(event.name().to_owned(), change);
    }

    /// Something may have happened to this one.
    pub(super) fn note_open(&mut self, name: &str) {
        self.untold.entry(name.to_owned()).or_default();
    }

    /// Of how many breakers something may have to be told.
    pub(super) fn count_untold(&self) -> usize {
        self.untold.len()
    }

    /// Forgets what was to be told of breakers that are not there any more, once it is much: keyed ones come
    /// and go while the store is away.
    pub(super) fn forget_gone(&mut self, is_there: impl Fn(&str) -> bool) {
        if self.untold.len() > self.crowd.max(MANY) {
            self.untold.retain(|name, _| is_there(name));
            // So that it costs little for each that is still there.
            self.crowd = 2 * self.untold.len();
        }
    }

    /// The first breaker of which something may have to be told, but for those.
    pub(super) fn next_untold(&self, but: impl Fn(&str) -> bool) -> Option<&str> {
        self.untold.keys().map(String::as_str).find(|name| !but(name))
    }

    /// Forgets what matters no more, once it is much: a breaker that is closed everywhere is told of anew
    /// when it opens, and an opening that was over so long ago the store has forgotten as well.
    pub(super) fn prune(&mut self, now: u64) {
        if self.breakers.len() > MANY {
            let Self { breakers, untold, .. } = self;
            let is_kept = |until: u64| now < until.saturating_add(KEPT);
            breakers.retain(|name, one| {
                one.is_open && is_kept(one.until)
                    || one.told.is_some() && is_kept(one.told_until)
                    || untold.contains_key(name)
            });
        }
    }

    /// The store has forgotten all.
    pub(super) fn lost(&mut self) {
        for (name, one) in &mut self.breakers {
            one.told = None;
            if one.is_open {
                self.untold.entry(name.clone()).or_default().again = true;
            }
        }
    }

    /// Of a breaker of which something may have to be told, what that is now.
    pub(super) fn propose(
        &mut self,
        name: &str,
        standing: Option<Standing>,
        by: &Proposer<'_>,
    ) -> Option<Request> {
        let untold = self.untold.remove(name)?;
        let (standing, name) = (standing?, name.to_owned());
        let one = self.breakers.entry(name.clone()).or_default();
        let instance = by.instance.to_owned();
        if standing.is_open {
            let opening = standing.opening;
            let is_own = opening.reason() != OpenReason::Elsewhere;
            let is_new = is_own && one.told != Some(opening.since);
            let again = untold.again && one.is_open;
            if !is_new && !again {
                return None;
            }
            one.told = is_own.then_some(opening.since);
            one.told_until = by.clock.theirs(opening.until);
            return Some(Request::Open(Opening {
                name,
                instance,
                base: one.epoch,
                decided: by.clock.theirs(opening.since),
                time: millis(opening.until.since(opening.since).min(LONGEST)),
                row: standing.row,
                needed: by.needed,
                again: again && !is_new,
            }));
        }
        if untold.closed && one.is_open {
            return Some(Request::Close { name, instance, base: one.epoch });
        }
        let withdraws = one.told.take().is_some() && (untold.closed || untold.reset);
        withdraws.then_some(Request::Withdraw { name, instance })
    }

    /// A proposal has not arrived.
    pub(super) fn not_told(&mut self, request: &Request) {
        let (name, untold) = match request {
            Request::Open(Opening { name, again, .. }) => {
                if let Some(one) = self.breakers.get_mut(name) {
                    one.told = None;
                }
                (name, Untold { again: *again, ..Untold::default() })
            }
            Request::Close { name, .. } => (name, Untold { closed: true, ..Untold::default() }),
            Request::Withdraw { name, .. } => (name, Untold { reset: true, ..Untold::default() }),
            _ => return,
        };
        // What has happened since is later.
        self.untold.entry(name.clone()).or_insert(untold);
    }

    /// Takes what the store says of a breaker; returns what is to be done to ours, in this order.
    pub(super) fn take(
        &mut self,
        view: &View,
        standing: Option<Standing>,
        clock: &StoreClock,
        (instance, joined): (&str, u64),
    ) -> Vec<Act> {
        let one = self.breakers.entry(view.name.clone()).or_default();
        let decided = standing
            .filter(|standing| standing.is_open)
            .filter(|standing| standing.opening.reason() != OpenReason::Elsewhere)
            .map(|standing| clock.theirs(standing.opening.since));
        let is_newer_than = |at| decided.is_some_and(|decided| decided > at);
        let mut acts = Vec::new();
        if let Some(reset) = view.reset.as_ref().filter(|reset| reset.epoch > one.reset) {
            one.reset = reset.epoch;
            if reset.at >= joined && !is_newer_than(reset.at) {
                acts.push(Act::Reset);
            }
        }
        if view.epoch > one.epoch {
            one.epoch = view.epoch;
            (one.is_open, one.row, one.until) = (view.is_open(), view.row, view.until);
            if !view.is_open() && !is_newer_than(view.changed) {
                acts.extend(standing.map(|ours| Act::Close(ours.opening.since)));
            } else if view.is_open() {
                let is_own = view.by == instance;
                let open = if is_own { Act::StayOpen } else { Act::Open };
                acts.push(open(clock.ours(view.until), view.row));
            }
        }
        if let Some(mode) = view.mode.as_ref().filter(|mode| mode.epoch > one.mode) {
            one.mode = mode.epoch;
            if let Some(wanted) = mode_of(&mode.what) {
                let until =
                    if wanted == Mode::Normal { Tick::NEVER } else { clock.ours(mode.until) };
                acts.push(Act::Mode(wanted, until));
            }
        }
        if let Some(config) = view.config.as_ref().filter(|config| config.epoch > one.config) {
            one.config = config.epoch;
            acts.push(Act::Config(config.what.clone(), clock.ours(config.until)));
        }
        acts
    }

    /// What a breaker of this name is to be when it is made.
    pub(super) fn to_be(view: &View, clock: &StoreClock) -> ToBe {
        let open = view.is_open().then(|| (clock.ours(view.until), view.row));
        let mode = view.mode.as_ref().and_then(|mode| {
            let wanted = mode_of(&mode.what).filter(|wanted| *wanted != Mode::Normal)?;
            Some((wanted, clock.ours(mode.until)))
        });
        ToBe { open, mode }
    }
}

/// As it travels.
pub(crate) fn text_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "normal",
        Mode::ForcedOpen => "forced_open",
        Mode::Disabled => "disabled",
        Mode::MetricsOnly => "metrics_only",
    }
}

pub(crate) fn mode_of(text: &str) -> Option<Mode> {
    [Mode::Normal, Mode::ForcedOpen, Mode::Disabled, Mode::MetricsOnly]
        .into_iter()
        .find(|mode| text_of(*mode) == text)
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{breaker::Opening as LocalOpening, name::Name, observe::event::Counts};

    const SECOND: i64 = 1_000_000_000;

    fn transition(to: State, reason: TransitionReason) -> Event {
        Event::Transition {
            name: Name::literal("db"),
            at: SystemTime::now(),
            from: State::Closed,
            to,
            reason,
            open_for: None,
            counts: Counts::default(),
            error: None,
            dry_run: false,
        }
    }

    fn opened() -> Event {
        let reason = OpenReason::ConsecutiveFailures { count: 5 };
        transition(State::Open, TransitionReason::Opened { reason })
    }

    /// Open since the ninth second for thirty.
    fn open() -> Standing {
        let (since, until) = (Tick(9 * SECOND), Tick(39 * SECOND));
        let opening = LocalOpening::new(since, until, OpenReason::ConsecutiveFailures { count: 5 });
        Standing { is_open: true, opening, row: 1 }
    }

    /// It is the tenth second here, and five seconds after midnight of 1970 in the store.
    fn by() -> Proposer<'static> {
        let clock = StoreClock::new(5_000, Tick(10 * SECOND));
        Proposer { instance: "one", clock, needed: 1 }
    }

    #[test]
    fn what_is_told_is_by_the_stores_clock_and_no_other() {
        let mut known = Known::default();
        known.note(&opened());
        let Some(Request::Open(told)) = known.propose("db", Some(open()), &by()) else {
            unreachable!("it is told")
        };
        assert_eq!((told.decided, told.time, told.base), (4_000, 30_000, 0));
        let view = View { name: "db".into(), epoch: 7, until: 34_000, ..View::default() };
        let acts = known.take(&view, None, &by().clock, ("two", 0));
        assert_eq!(acts, [Act::Open(Tick(39 * SECOND), 0)]);
    }

    #[test]
    fn what_waits_to_be_told_is_no_more_than_there_are_breakers() {
        let mut known = Known::default();
        for _ in 0..10_000 {
            known.note(&opened());
            known.note(&transition(State::Closed, TransitionReason::ProbesSucceeded { count: 1 }));
        }
        assert_eq!((known.next_untold(|_| false), known.count_untold()), (Some("db"), 1));
        let closed = Standing { is_open: false, ..open() };
        assert_eq!(known.propose("db", Some(closed), &by()), None, "nobody has heard of it");
        assert_eq!(known.next_untold(|_| false), None);
    }

    #[test]
    fn what_did_not_arrive_is_told_again_and_what_did_is_not() {
        let mut known = Known::default();
        known.note(&opened());
        let first = known.propose("db", Some(open()), &by());
        let request = first.clone().unwrap_or(Request::Leave { instance: String::new() });
        known.not_told(&request);
        assert_eq!(known.propose("db", Some(open()), &by()), first);
        known.note_open("db");
        assert_eq!(known.propose("db", Some(open()), &by()), None);
    }

    #[test]
    fn of_breakers_that_come_and_go_no_more_is_remembered_than_the_store_remembers() {
        let mut known = Known::default();
        for number in 0..=MANY {
            let name = format!("db[{number}]");
            known.note_open(&name);
            assert!(known.propose(&name, Some(open()), &by()).is_some());
            if number % 2 == 0 {
                let view = View { name, epoch: 7, until: 34_000, ..View::default() };
                known.take(&view, None, &by().clock, ("one", 0));
            }
        }
        known.prune(34_000 + KEPT - 1);
        assert_eq!(known.breakers.len(), MANY + 1);
        known.note_open("db[7]");
        known.prune(34_000 + KEPT);
        assert_eq!(known.breakers.len(), 1, "the one of which something is to be told");
    }

    #[test]
    fn what_was_to_be_told_of_breakers_that_are_gone_is_forgotten() {
        let mut known = Known::default();
        let (is_there, mut most) = (|name: &str| name.ends_with("00]"), 0);
        for number in 0..10 * MANY {
            known.note_open(&format!("db[{number}]"));
            known.forget_gone(is_there);
            most = most.max(known.count_untold());
        }
        assert!(most <= MANY + 1, "{most}");
        let kept = |number: usize| known.untold.contains_key(&format!("db[{number}]"));
        assert!((100..10 * MANY).step_by(100).all(kept), "those that are there");
    }

    #[test]
    fn its_own_word_opens_none_that_has_moved_on_since() {
        let mut known = Known::default();
        let own = View { by: "one".into(), epoch: 7, until: 34_000, ..View::default() };
        let acts = known.take(&own, Some(open()), &by().clock, ("one", 0));
        assert_eq!(acts, [Act::StayOpen(Tick(39 * SECOND), 0)]);
    }

    #[test]
    fn an_older_word_changes_nothing() {
        let mut known = Known::default();
        let theirs = View { name: "db".into(), epoch: 7, until: 34_000, ..View::default() };
        known.take(&theirs, None, &by().clock, ("one", 0));
        for epoch in [3, 7] {
            let view = View { name: "db".into(), epoch, ..View::default() };
            let ours = open();
            assert_eq!(known.take(&view, Some(ours), &by().clock, ("one", 0)), []);
        }
    }
}
