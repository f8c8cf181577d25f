//! The state machine, driven by hand: one file for each state, each test as given / when / then.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]
#![allow(clippy::unchecked_time_subtraction, reason = "the times are constants of the tests")]

mod closed;
#[cfg(feature = "redis")]
mod elsewhere;
mod half_open;
mod late_answers;
mod modes;
mod open;
mod stay_away;
mod word;

use std::time::Duration;

use super::{
    Mode, State,
    change::{Change, Transition},
    machine::{Judged, Machine, Outcome, Passed, Refused, Role, Step},
    state::Word,
};
use crate::{
    clock::Tick,
    config::{Config, ConfigBuilder},
};

const NANO: Duration = Duration::from_nanos(1);
const SECOND: Duration = Duration::from_secs(1);
const RECOVERY: Duration = Duration::from_secs(30);

/// Three failures open, for [`RECOVERY`]; one probe at a time, and one success closes.
fn settings() -> ConfigBuilder {
    Config::builder().failure_threshold(3).recovery_timeout(RECOVERY)
}

/// A machine, its settings, and what time it is.
#[derive(Clone)]
struct Scene {
    machine: Machine,
    config: Config,
    now: Tick,
    /// What has passed unasked.
    passed: Passed,
}

/// The one transition among the news, if there is one.
fn transition(news: Vec<Change>) -> Option<Transition> {
    let mut found = news.into_iter().filter_map(|change| match change {
        Change::Transition(transition) => Some(transition),
        Change::Reset | Change::Mode { .. } | Change::Config(_) | Change::Operated(_) => None,
    });
    let first = found.next();
    assert_eq!(found.next(), None, "one step makes one transition");
    first
}

/// A call that was admitted, with what its end has to tell the machine.
#[derive(Clone, Copy, Debug)]
struct Call {
    generation: u64,
    role: Role,
}

impl Scene {
    fn closed(settings: ConfigBuilder) -> Self {
        Self::closed_at(Tick(0), settings)
    }

    fn closed_at(now: Tick, settings: ConfigBuilder) -> Self {
        let config = settings.build().expect("the settings of the test are valid");
        let passed = Passed::default();
        Self { machine: Machine::new(now), config, now, passed }
    }

    /// Opened just now by a row of failures.
    fn open(settings: ConfigBuilder) -> Self {
        Self::closed(settings).opened()
    }

    fn opened(mut self) -> Self {
        for _ in 0..self.config.failure_threshold() {
            self.make(Judged::Failure);
        }
        assert_eq!(self.state(), State::Open, "the row of failures opened the machine");
        self
    }

    /// Opened, and the open time is over to the nanosecond.
    fn due(settings: ConfigBuilder) -> Self {
        let mut scene = Self::open(settings);
        scene.wait(scene.config.recovery_timeout());
        scene
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn state(&self) -> State {
        self.machine.state(self.now)
    }

    fn word(&self) -> Word {
        self.machine.word(self.now, &self.config)
    }

    /// Lets the machine take a step; what it tells of changes comes second.
    fn step<R>(&mut self, act: impl FnOnce(&mut Machine, &mut Step<'_>) -> R) -> (R, Vec<Change>) {
        let Self { machine, config, now, passed } = self;
        let (now, passed, chance, news) = (*now, *passed, || 0.5, Vec::new());
        let mut step = Step { now, config, passed, chance, news };
        let result = act(machine, &mut step);
        (result, step.news)
    }

    fn ask(&mut self) -> (Result<Call, Refused>, Option<Transition>) {
        let (decision, news) = self.step(Machine::admit);
        let generation = self.machine.generation();
        if decision.is_ok() {
            self.passed.admitted += 1;
        }
        (decision.map(|role| Call { generation, role }), transition(news))
    }

    fn reset(&mut self) -> Option<Transition> {
        transition(self.step(Machine::reset).1)
    }

    fn set_mode(&mut self, mode: Mode, until: Tick) -> Vec<Change> {
        self.step(|machine, step| machine.set_mode(mode, until, step)).1
    }

    fn admit(&mut self) -> Result<Call, Refused> {
        self.ask().0
    }

    /// The call passes; the test is not about a refusal.
    fn admitted(&mut self) -> Call {
        self.admit().expect("the machine admits the call")
    }

    fn refusal(&mut self) -> Option<Refused> {
        self.admit().err()
    }

    fn end(&mut self, call: Call, outcome: impl Into<Outcome>) -> Option<Transition> {
        let outcome = outcome.into();
        let record = |machine: &mut Machine, step: &mut Step<'_>| {
            machine.record(call.generation, call.role, outcome, step);
        };
        transition(self.step(record).1)
    }

    /// A whole call.
    fn make(&mut self, outcome: impl Into<Outcome>) -> Option<Transition> {
        let call = self.admitted();
        self.end(call, outcome)
    }

    /// All that the machine holds as a reader sees it, to be compared; but for how much has passed by
    /// it.
    fn content(&self) -> String {
        let mut machine = self.machine.as_of(self.now, &self.config, self.passed);
        (machine.seen, machine.last_call) = (Passed::default(), Tick(0));
        format!("{machine:?}")
    }
}
