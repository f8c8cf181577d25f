//! A breaker as the specification tells it, as plainly as it can be written down.
//!
//! It keeps every call that it judges and works out everything from them whenever it is asked. Where
//! more than one answer is right (chance, the edges of a window of time), it is told what the breaker
//! under test did, and goes along if that is one of them.

use std::{collections::BTreeMap, time::Duration};

use cb_runtime::{Mode, State};

use super::{
    events::{Before, Cause, Event, Story},
    judged::{Calls, Figures, Judged, Time, Verdict, Why, after},
    script::{End, Way},
    settings::Settings,
};

/// What the breaker under test did in the present step, where the model cannot know it.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Hint {
    /// It shed the call.
    pub(crate) shed: bool,
    /// It opened, or would have.
    pub(crate) opened: Option<Why>,
    /// How long it is going to stay open.
    pub(crate) open_for: Option<Duration>,
}

/// A call that is turned away; for how long calls will be from now on, if it can be said; and what
/// opened the breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Open(Duration, Option<Why>),
    HalfOpen,
    ForcedOpen(Option<Duration>),
    Shed,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Totals {
    pub(crate) calls: u64,
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    pub(crate) ignored: u64,
    pub(crate) rejected: u64,
    pub(crate) cancelled: u64,
    pub(crate) slow: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Phase {
    Closed(Calls),
    Open { until: Option<Time> },
    HalfOpen { probes: Vec<Probe>, successes: u32 },
}

impl Phase {
    fn name(&self) -> State {
        match self {
            Self::Closed(_) => State::Closed,
            Self::Open { .. } => State::Open,
            Self::HalfOpen { .. } => State::HalfOpen,
        }
    }

    pub(crate) fn row(&self) -> u32 {
        if let Self::Closed(calls) = self { calls.row() } else { 0 }
    }

    pub(crate) fn counted(&self) -> Before {
        let successes = if let Self::HalfOpen { successes, .. } = self { *successes } else { 0 };
        Before { row: self.row(), successes }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe {
    call: usize,
    pub(crate) expires: Option<Time>,
}

/// A call under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnderWay {
    way: Way,
    pub(crate) began: Time,
    pub(crate) slow_call: Option<Duration>,
    counted: bool,
    /// The generation that the call belongs to; none where it would have been turned away.
    generation: Option<u64>,
}

pub(crate) struct Model {
    pub(crate) now: Time,
    pub(crate) settings: Settings,
    pub(crate) mode: Mode,
    pub(crate) mode_until: Option<Time>,
    pub(crate) phase: Phase,
    /// One more with each change of state or mode and each reset.
    pub(crate) generation: u64,
    pub(crate) openings: u64,
    pub(crate) last_opening: Option<Why>,
    /// Openings since it was closed last.
    pub(crate) openings_in_row: u32,
    pub(crate) last_call: Time,
    pub(crate) totals: Totals,
    pub(crate) under_way: BTreeMap<usize, UnderWay>,
    calls_begun: usize,
    /// The state that the latest transition told of, dry runs aside.
    shown: State,
    pub(crate) story: Story,
}

impl Model {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            now: Time::ZERO,
            settings,
            mode: Mode::Normal,
            mode_until: None,
            phase: Phase::Closed(Calls::default()),
            generation: 0,
            openings: 0,
            last_opening: None,
            openings_in_row: 0,
            last_call: Time::ZERO,
            totals: Totals::default(),
            under_way: BTreeMap::new(),
            calls_begun: 0,
            shown: State::Closed,
            story: Story::default(),
        }
    }

    /// What a caller would meet, were no mode set.
    fn own_state(&self) -> State {
        match self.phase {
            Phase::Closed(_) => State::Closed,
            Phase::Open { until } if until.is_none_or(|until| self.now < until) => State::Open,
            Phase::Open { .. } | Phase::HalfOpen { .. } => State::HalfOpen,
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.mode {
            Mode::ForcedOpen => State::Open,
            Mode::MetricsOnly => State::Closed,
            Mode::Normal | Mode::Disabled => self.own_state(),
        }
    }

    /// The rates of failures and of slow calls that may be shown.
    pub(crate) fn rates(&self) -> Vec<(Option<f64>, Option<f64>)> {
        let settings = &self.settings;
        let figures = match &self.phase {
            Phase::Closed(calls) => calls.figures(settings.window(), self.now),
            _ => vec![Figures::default()],
        };
        let min_calls = settings.min_calls();
        figures
            .iter()
            .map(|figures| {
                let slow = settings.slow_call().and(figures.slow_call_rate(min_calls));
                (figures.failure_rate(min_calls), slow)
            })
            .collect()
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.settle();
    }

    /// What time alone brings about.
    pub(crate) fn settle(&mut self) {
        if self.mode_until.is_some_and(|until| until <= self.now) {
            self.enter(Mode::Normal, None);
        }
        if let Phase::Closed(calls) = &mut self.phase
            && let Some(limit) = self.settings.reset_timeout()
            && self.now - self.last_call >= limit
        {
            calls.forget();
        }
    }

    /// Begins a call. Its number, or why it is turned away.
    pub(crate) fn begin(&mut self, way: Way, hint: Hint) -> Result<usize, Refusal> {
        let begun = self.begin_call(way, hint);
        self.story.is_told();
        begun
    }

    fn begin_call(&mut self, way: Way, hint: Hint) -> Result<usize, Refusal> {
        let admitted = match self.mode {
            Mode::Disabled => Ok(None),
            Mode::ForcedOpen => {
                Err(Refusal::ForcedOpen(self.mode_until.map(|until| until - self.now)))
            }
            Mode::Normal => self.admit(hint).map(Some),
            Mode::MetricsOnly => Ok(self.admit(Hint::default()).ok()),
        };
        let counted = self.mode != Mode::Disabled;
        let generation = match admitted {
            Ok(generation) => generation,
            Err(refusal) => {
                self.totals.rejected += 1;
                return Err(refusal);
            }
        };
        if counted {
            self.totals.calls += 1;
            self.last_call = self.now;
        }
        let slow_call = self.settings.slow_call();
        let call = UnderWay { way, began: self.now, slow_call, counted, generation };
        self.under_way.insert(self.calls_begun, call);
        self.calls_begun += 1;
        Ok(self.calls_begun - 1)
    }

    /// The generation to which a call that begins now belongs.
    fn admit(&mut self, hint: Hint) -> Result<u64, Refusal> {
        let now = self.now;
        if let Phase::Open { until } = self.phase {
            match until {
                None => return Err(Refusal::Open(Duration::MAX, self.last_opening)),
                Some(until) if now < until => {
                    return Err(Refusal::Open(until - now, self.last_opening));
                }
                Some(_) => {
                    let half_open = Phase::HalfOpen { probes: Vec::new(), successes: 0 };
                    self.go_to(half_open, Cause::OpenTimeOver);
                }
            }
        }
        match &mut self.phase {
            Phase::Closed(calls) => {
                let sheds = self.settings.shed().is_some_and(|factor| {
                    let figures = calls.figures(self.settings.window(), now);
                    figures.iter().any(|figures| figures.shed(factor) > 0.0)
                });
                if sheds && hint.shed {
                    return Err(Refusal::Shed);
                }
            }
            Phase::HalfOpen { probes, .. } => {
                probes.retain(|probe| probe.expires.is_none_or(|expires| now < expires));
                if probes.len() >= self.settings.half_open_max_calls() as usize {
                    return Err(Refusal::HalfOpen);
                }
                let expires = after(now, self.settings.probe_timeout());
                probes.push(Probe { call: self.calls_begun, expires });
            }
            Phase::Open { .. } => {}
        }
        Ok(self.generation)
    }

    /// Ends a call.
    pub(crate) fn finish(&mut self, call: usize, end: End, hint: Hint) {
        let now = self.now;
        let Some(ended) = self.under_way.remove(&call) else { return };
        if !ended.counted {
            return;
        }
        let slow = ended.slow_call.is_some_and(|limit| now - ended.began > limit);
        let verdict = match (ended.way, end) {
            (_, End::Success) => Some(Verdict::Success),
            (_, End::Failure) | (Way::Call, End::Panicked) => Some(Verdict::Failure),
            (Way::Call, End::Ignored | End::Dropped) => slow.then_some(Verdict::OnlySlow),
            (Way::Permit, End::Ignored | End::Dropped | End::Panicked) => None,
        };
        match (ended.way, verdict) {
            (_, Some(Verdict::Success)) => self.totals.successes += 1,
            (_, Some(Verdict::Failure)) => self.totals.failures += 1,
            (Way::Call, _) => self.totals.cancelled += 1,
            (Way::Permit, _) => self.totals.ignored += 1,
        }
        if verdict.is_some() && slow {
            self.totals.slow += 1;
        }
        self.last_call = now;
        if ended.generation == Some(self.generation) {
            self.answered(call, verdict, slow, hint);
        }
    }

    /// A call has ended in the generation that admitted it.
    fn answered(&mut self, call: usize, verdict: Option<Verdict>, slow: bool, hint: Hint) {
        let now = self.now;
        match &mut self.phase {
            Phase::Closed(calls) => {
                let Some(verdict) = verdict else { return };
                calls.push(Judged::new(now, verdict, slow));
                let possible = calls.consequences(&self.settings, now);
                let done = if possible.contains(&hint.opened) { hint.opened } else { possible[0] };
                if let Some(why) = done {
                    self.open(why, hint);
                }
            }
            Phase::HalfOpen { probes, successes } => {
                let Some(place) = probes.iter().position(|probe| probe.call == call) else {
                    return;
                };
                let probe = probes.remove(place);
                if probe.expires.is_some_and(|expires| now >= expires) {
                    return;
                }
                match verdict {
                    Some(Verdict::Failure) => self.open(Why::ProbeFailed, hint),
                    Some(_) if slow => self.open(Why::ProbeSlow, hint),
                    Some(_) => {
                        *successes += 1;
                        if *successes >= self.settings.success_threshold() {
                            self.openings_in_row = 0;
                            let cause = Cause::ProbesSucceeded(*successes);
                            self.go_to(Phase::Closed(Calls::default()), cause);
                        }
                    }
                    None => {}
                }
            }
            Phase::Open { .. } => {}
        }
    }

    fn open(&mut self, why: Why, hint: Hint) {
        // A dry run opens nothing.
        if self.mode != Mode::MetricsOnly {
            self.openings += 1;
            self.last_opening = Some(why);
        }
        self.openings_in_row += 1;
        let (least, most) = self.open_time();
        let time = hint.open_for.filter(|time| (least..=most).contains(time)).unwrap_or(least);
        self.go_to(Phase::Open { until: after(self.now, time) }, Cause::Opened(why));
    }

    /// The shortest and the longest time that this opening may last.
    fn open_time(&self) -> (Duration, Duration) {
        let first = self.settings.recovery_timeout();
        let Some(growth) = self.settings.backoff() else { return (first, first) };
        let mut seconds = first.as_secs_f64();
        for _ in 1..self.openings_in_row {
            seconds *= growth.factor;
        }
        let seconds = seconds.min(growth.max.as_secs_f64());
        let time = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        // What floating point leaves open.
        let blur = time(seconds * 1e-12) + Duration::from_nanos(1);
        let least = time(seconds * (1.0 - growth.jitter)).saturating_sub(blur);
        let most = time(seconds * (1.0 + growth.jitter)).saturating_add(blur);
        (least, most.min(growth.max))
    }

    /// Changes the state by the breaker's own counts.
    pub(crate) fn go_to(&mut self, phase: Phase, cause: Cause) {
        let (from, before) = (self.phase.name(), self.phase.counted());
        self.phase = phase;
        self.generation += 1;
        let to = self.phase.name();
        if self.mode != Mode::MetricsOnly {
            self.show(cause, before);
        } else if from != to {
            self.story.push(Event::Transition { from, to, cause, before, dry_run: true });
        }
    }

    /// Tells of the change, if callers meet another state than the one told of before. A breaker whose
    /// open time is over is told of as open until the first probe.
    pub(crate) fn show(&mut self, cause: Cause, before: Before) {
        let to = match self.mode {
            Mode::ForcedOpen => State::Open,
            Mode::MetricsOnly => State::Closed,
            Mode::Normal | Mode::Disabled => self.phase.name(),
        };
        let from = std::mem::replace(&mut self.shown, to);
        if from != to {
            self.story.push(Event::Transition { from, to, cause, before, dry_run: false });
        }
    }
}
