//! What an admitted call holds until it ends.

use super::{machine::Role, state::Word};

/// What an admitted call holds until it ends, in one word.
///
/// One, because what is larger is copied from memory to memory as it moves into a future, in pieces of
/// other sizes than it was written in, and the processor waits for each copy: in a measurement about
/// 4 ns, as much as the rest of the call.
///
/// | bits | of a call | of others |
/// |---|---|---|
/// | 0–1 | 0 | 3, which is no state of a word |
/// | 2–3 | | 0 probe, 1 onlooker, 2 uncounted, 3 plain |
/// | 4–5 | what a drop counts as: 0 cancelled, 1 ignored, 2 failure | the same |
/// | 7, 9, 11–15 | how the call is timed, as in the word | the same |
/// | 10 | as in the word | |
/// | 16–63 | generation | of a probe, 24 bits of the generation and above them 24 of its number |
///
/// So the ticket of a call is the state word that it passed on, without a row of failures, but for what
/// a drop counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ticket(u64);

/// What a call that is dropped before it ends counts as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenDropped {
    /// As a call that its caller gave up: nothing is held against the service.
    Cancelled,
    /// As a call that says nothing.
    Ignored,
    /// As a failure of the service.
    Failure,
}

/// Which calls of a breaker are timed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Timing {
    /// All while they are few, a sample while they are many.
    Sampled,
    Off,
    /// All, since each is to be found slow or not.
    Every,
}

impl Ticket {
    const ROLE: u64 = 0b1111;
    const NO_CALL: u64 = 0b0011;
    const PROBE: u64 = 0b0011;
    const ONLOOKER: u64 = 0b0111;
    const IDLE: u64 = 0b1011;
    const DROP: u64 = 0b11 << 4;
    const DROP_IGNORED: u64 = 0b01 << 4;
    const DROP_FAILURE: u64 = 0b10 << 4;
    const GENERATION: u32 = Word::GENERATION;
    const NUMBER: u32 = 40;
    const LOW_GENERATION: u64 = (1 << (Self::NUMBER - Self::GENERATION)) - 1;

    /// Of a call that counts nowhere, and of one that has ended.
    pub(crate) const UNCOUNTED: Self = Self(Word::UNTIMED | 0b1011);

    /// Of a call that is made as if there were no breaker.
    pub(crate) const PLAIN: Self = Self(Word::UNTIMED | 0b1111);

    /// Of a call that passed on this word.
    #[inline]
    pub(crate) fn new(word: Word, role: Role) -> Self {
        let timing = word.0 & Word::TIMING;
        match role {
            Role::Call => Self(word.undisturbed().0),
            Role::Probe(number) => {
                let generation = (word.generation() & Self::LOW_GENERATION) << Self::GENERATION;
                Self(u64::from(number) << Self::NUMBER | generation | timing | Self::PROBE)
            }
            Role::Onlooker => Self(timing | Self::ONLOOKER),
            Role::Uncounted => Self::UNCOUNTED,
            Role::Plain => Self::PLAIN,
        }
    }

    pub(crate) fn role(self) -> Role {
        if self.is_call() {
            return Role::Call;
        }
        match self.0 & Self::ROLE {
            Self::PROBE => Role::Probe(u32::try_from(self.0 >> Self::NUMBER).unwrap_or_default()),
            Self::ONLOOKER => Role::Onlooker,
            Self::IDLE => Role::Uncounted,
            _ => Role::Plain,
        }
    }

    fn is_call(self) -> bool {
        self.0 & Self::NO_CALL == 0
    }

    /// The generation in which the call was admitted, given the present one. A probe's ticket has room
    /// for the low bits only: the rest is the present one's, as of a probe that has not been out for
    /// sixteen million changes.
    pub(crate) fn generation(self, present: u64) -> u64 {
        let kept = self.0 >> Self::GENERATION;
        if self.is_call() {
            return kept;
        }
        present.wrapping_sub(present.wrapping_sub(kept) & Self::LOW_GENERATION)
    }

    /// What tells the ticket of a probe from those of the other probes of a breaker.
    #[cfg(feature = "redis")]
    pub(crate) fn of_probe(self) -> Option<u64> {
        matches!(self.role(), Role::Probe(_)).then_some(self.0 >> Self::GENERATION)
    }

    /// Whether a success of this call is news to nobody: the breaker is closed as it was when it
    /// admitted the call, and there is no failure in the row that the success would set back.
    #[inline]
    pub(crate) fn is_undisturbed(self, word: Word) -> bool {
        self.0 & !Self::DROP == word.0
    }

    /// Which calls of the breaker are timed.
    #[inline]
    pub(crate) fn timing(self) -> Timing {
        match self.0 & (Word::UNTIMED | Word::EVERY_CALL_TIMED) {
            0 => Timing::Sampled,
            Word::UNTIMED => Timing::Off,
            _ => Timing::Every,
        }
    }

    /// Whether response times are kept.
    pub(crate) fn keeps_times(self) -> bool {
        self.0 & Word::UNTIMED == 0
    }

    /// The number of the `slow_call` under which the call began.
    pub(crate) fn epoch(self) -> usize {
        Word(self.0).epoch()
    }

    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.0 & Self::ROLE == Self::ROLE
    }

    /// Whether the call counts nowhere, or not any more.
    #[inline]
    pub(crate) fn is_idle(self) -> bool {
        self.0 & Self::IDLE == Self::IDLE
    }

    /// The same, but that a drop counts as this.
    #[inline]
    pub(crate) fn dropped_as(self, what: WhenDropped) -> Self {
        let bits = match what {
            WhenDropped::Cancelled => 0,
            WhenDropped::Ignored => Self::DROP_IGNORED,
            WhenDropped::Failure => Self::DROP_FAILURE,
        };
        Self(self.0 & !Self::DROP | bits)
    }

    pub(crate) fn when_dropped(self) -> WhenDropped {
        match self.0 & Self::DROP {
            0 => WhenDropped::Cancelled,
            Self::DROP_IGNORED => WhenDropped::Ignored,
            _ => WhenDropped::Failure,
        }
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;
    use crate::breaker::{Mode, State};

    const DROPS: [WhenDropped; 3] =
        [WhenDropped::Cancelled, WhenDropped::Ignored, WhenDropped::Failure];

    #[test]
    fn a_ticket_keeps_what_was_put_in() {
        let roles = [
            Role::Call,
            Role::Probe(0),
            Role::Probe((1 << 24) - 1),
            Role::Onlooker,
            Role::Uncounted,
            Role::Plain,
        ];
        for role in roles {
            for mode in [Mode::Normal, Mode::MetricsOnly] {
                for drop in DROPS {
                    let word = Word::new(0x12_3456_789A, State::Closed, mode).with_row(true);
                    let ticket = Ticket::new(word, role).dropped_as(drop);
                    assert_eq!((ticket.role(), ticket.when_dropped()), (role, drop));
                    assert_eq!(ticket.is_plain(), role == Role::Plain);
                    assert_eq!(ticket.is_idle(), matches!(role, Role::Plain | Role::Uncounted));
                }
            }
        }
    }

    #[test]
    fn only_a_call_is_undisturbed_and_only_by_its_own_word() {
        let word = |generation| Word::new(generation, State::Closed, Mode::Normal);
        for drop in DROPS {
            let ticket = |role| Ticket::new(word(7), role).dropped_as(drop);
            assert!(ticket(Role::Call).is_undisturbed(word(7)));
            assert!(!ticket(Role::Call).is_undisturbed(word(7).with_row(true)));
            assert!(!ticket(Role::Call).is_undisturbed(word(8)));
            assert!(!ticket(Role::Probe(0)).is_undisturbed(word(7)));
            assert!(!ticket(Role::Plain).is_undisturbed(word(7)));
        }
    }

    #[test]
    fn a_probe_finds_its_generation_from_the_low_bits() {
        let word = |generation| Word::new(generation, State::HalfOpen, Mode::Normal);
        for admitted in [0, 1, 0xFF_FFFF, 0x100_0000, 0x1FF_FFFF, (1 << 56) - 1] {
            let ticket = Ticket::new(word(admitted), Role::Probe(3));
            for later in [0, 1, 1000, 0xFF_FFFF] {
                assert_eq!(ticket.generation(admitted + later), admitted);
            }
        }
    }
}
