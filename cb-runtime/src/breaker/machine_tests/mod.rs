//! The state machine, driven by hand: one file for each state, each test as given / when / then.

#![allow(clippy::expect_used, reason = "a helper of a test fails the test")]
#![allow(clippy::unchecked_time_subtraction, reason = "the times are constants of the tests")]

mod closed;
mod half_open;
mod late_answers;
mod modes;
mod open;
mod word;

use std::time::Duration;

use super::{
    State,
    machine::{Machine, Outcome, Refused, Role, Transition},
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
        Self { machine: Machine::new(now), config, now }
    }

    /// Opened just now by a row of failures.
    fn open(settings: ConfigBuilder) -> Self {
        Self::closed(settings).opened()
    }

    fn opened(mut self) -> Self {
        for _ in 0..self.config.failure_threshold() {
            self.make(Outcome::Failure);
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
        self.machine.word(&self.config)
    }

    fn ask(&mut self) -> (Result<Call, Refused>, Option<Transition>) {
        let (decision, transition) = self.machine.admit(self.now, &self.config);
        let generation = self.machine.generation();
        (decision.map(|role| Call { generation, role }), transition)
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

    fn end(&mut self, call: Call, outcome: Outcome) -> Option<Transition> {
        self.machine.record(call.generation, call.role, outcome, self.now, &self.config)
    }

    /// A whole call.
    fn make(&mut self, outcome: Outcome) -> Option<Transition> {
        let call = self.admitted();
        self.end(call, outcome)
    }

    /// All that the machine holds, to be compared.
    fn content(&self) -> String {
        format!("{:?}", self.machine)
    }
}
