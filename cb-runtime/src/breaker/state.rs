//! The names of what a breaker can be, and the one word that decides admission.

use std::fmt;

use serde::Serialize;

/// What a breaker does with calls, as its own counts decided it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Calls pass and are counted.
    Closed,
    /// Calls are rejected at once.
    Open,
    /// A few calls pass as probes; the rest are rejected.
    HalfOpen,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
        })
    }
}

/// What an operator has set a breaker to, beside its state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The breaker decides.
    #[default]
    Normal,
    /// Every call is rejected until [`resume`](crate::CircuitBreaker::resume) or until the time is up.
    ForcedOpen,
    /// Every call passes and none is counted.
    Disabled,
    /// Every call passes and is counted; what the breaker would have done is logged and not done.
    MetricsOnly,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Normal => "normal",
            Self::ForcedOpen => "forced open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics only",
        })
    }
}

/// The summary of a [`Machine`](super::machine::Machine) in one word: enough to say which calls need
/// not ask it.
///
/// | bits | |
/// |---|---|
/// | 0–1 | state: 0 closed, 1 open, 2 half-open |
/// | 2–3 | mode: 0 normal, 1 forced open, 2 disabled, 3 metrics only |
/// | 4 | there are failures in the present row |
/// | 5 | a timer watches the open time, so a rejection need not read the clock |
/// | 6 | taken out of its registry |
/// | 7 | calls are not timed |
/// | 8 | calls are to ask the machine, and to tell it their success |
/// | 9 | every call is timed, whether response times are kept or not |
/// | 10 | calls are told of as events |
/// | 11–15 | which `slow_call` was in force, of the latest thirty-two |
/// | 16–63 | generation: one more with each change of state, mode or by reset |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    const STATE: u64 = 0b11;
    const OPEN: u64 = 0b01;
    const HALF_OPEN: u64 = 0b10;
    const MODE: u64 = 0b11 << 2;
    const FORCED_OPEN: u64 = 0b01 << 2;
    const DISABLED: u64 = 0b10 << 2;
    const METRICS_ONLY: u64 = 0b11 << 2;
    const ROW: u64 = 1 << 4;
    const WATCHED: u64 = 1 << 5;
    const DETACHED: u64 = 1 << 6;
    pub(super) const UNTIMED: u64 = 1 << 7;
    const CAREFUL: u64 = 1 << 8;
    pub(super) const EVERY_CALL_TIMED: u64 = 1 << 9;
    const NARRATED: u64 = 1 << 10;
    const EPOCH: u32 = 11;
    const EPOCHS: u64 = (Self::NUMBER_OF_EPOCHS as u64 - 1) << Self::EPOCH;
    /// So many settings of `slow_call` are told apart.
    pub(super) const NUMBER_OF_EPOCHS: usize = 32;
    /// All that a call takes along on how it is to be timed.
    pub(super) const TIMING: u64 = Self::UNTIMED | Self::EVERY_CALL_TIMED | Self::EPOCHS;
    pub(super) const GENERATION: u32 = 16;

    pub(crate) fn new(generation: u64, state: State, mode: Mode) -> Self {
        let state = match state {
            State::Closed => 0,
            State::Open => Self::OPEN,
            State::HalfOpen => Self::HALF_OPEN,
        };
        let mode = match mode {
            Mode::Normal => 0,
            Mode::ForcedOpen => Self::FORCED_OPEN,
            Mode::Disabled => Self::DISABLED,
            Mode::MetricsOnly => Self::METRICS_ONLY,
        };
        Self(generation << Self::GENERATION | state | mode)
    }

    fn with(self, bit: u64, on: bool) -> Self {
        Self(if on { self.0 | bit } else { self.0 & !bit })
    }

    pub(crate) fn with_row(self, on: bool) -> Self {
        self.with(Self::ROW, on)
    }

    pub(crate) fn with_watched(self, on: bool) -> Self {
        self.with(Self::WATCHED, on)
    }

    pub(crate) fn with_detached(self, on: bool) -> Self {
        self.with(Self::DETACHED, on)
    }

    pub(crate) fn with_untimed(self, on: bool) -> Self {
        self.with(Self::UNTIMED, on)
    }

    pub(crate) fn with_careful(self, on: bool) -> Self {
        self.with(Self::CAREFUL, on)
    }

    pub(crate) fn with_every_call_timed(self, on: bool) -> Self {
        self.with(Self::EVERY_CALL_TIMED, on)
    }

    pub(crate) fn with_narrated(self, on: bool) -> Self {
        self.with(Self::NARRATED, on)
    }

    pub(crate) fn with_epoch(self, epoch: u64) -> Self {
        Self(self.0 & !Self::EPOCHS | (epoch << Self::EPOCH) & Self::EPOCHS)
    }

    /// The number of the `slow_call` in force, modulo their number.
    pub(crate) fn epoch(self) -> usize {
        usize::try_from((self.0 & Self::EPOCHS) >> Self::EPOCH).unwrap_or_default()
    }

    pub(crate) fn generation(self) -> u64 {
        self.0 >> Self::GENERATION
    }

    /// Closed, in its registry, no operator has set anything, and nothing asks when calls are: the
    /// call passes.
    #[inline]
    pub(crate) fn lets_pass(self) -> bool {
        self.0 & (Self::STATE | Self::MODE | Self::DETACHED | Self::CAREFUL) == 0
    }

    /// Open by its own counts, in its registry, watched by a timer, and nobody wants to hear of it:
    /// the call is turned away.
    #[inline]
    pub(crate) fn turns_away(self) -> bool {
        self.0 & (Self::STATE | Self::MODE | Self::DETACHED | Self::NARRATED | Self::WATCHED)
            == Self::OPEN | Self::WATCHED
    }

    /// Open by its own counts.
    #[inline]
    pub(crate) fn is_open(self) -> bool {
        self.0 & (Self::STATE | Self::MODE) == Self::OPEN
    }

    #[inline]
    pub(crate) fn is_closed(self) -> bool {
        self.0 & (Self::STATE | Self::MODE) == 0
    }

    #[inline]
    pub(crate) fn is_narrated(self) -> bool {
        self.0 & Self::NARRATED != 0
    }

    /// An operator has set another mode than the normal one.
    #[inline]
    pub(crate) fn has_mode(self) -> bool {
        self.0 & Self::MODE != 0
    }

    #[inline]
    pub(crate) fn is_forced_open(self) -> bool {
        self.0 & Self::MODE == Self::FORCED_OPEN
    }

    #[inline]
    pub(crate) fn is_disabled(self) -> bool {
        self.0 & Self::MODE == Self::DISABLED
    }

    #[inline]
    pub(crate) fn is_watched(self) -> bool {
        self.0 & Self::WATCHED != 0
    }

    #[inline]
    pub(crate) fn is_detached(self) -> bool {
        self.0 & Self::DETACHED != 0
    }

    /// What the word must still be when the call ends, for its success to be news to nobody: the
    /// same generation, no failure in the row that the success would set back, and nothing that asks
    /// when it was.
    #[inline]
    pub(crate) fn undisturbed(self) -> Self {
        self.with(Self::ROW | Self::CAREFUL, false)
    }
}
