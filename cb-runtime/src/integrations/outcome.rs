//! What an answer says of a service.

use std::{fmt::Display, time::Duration};

use crate::{breaker::call::Verdict, observe::text::cut};

/// What one answer says of the service.
#[derive(Debug)]
pub struct Outcome(Verdict);

impl Outcome {
    #[cfg(feature = "tower")]
    pub(super) fn of(verdict: Verdict) -> Self {
        Self(verdict)
    }

    pub(super) fn into_verdict(self) -> Verdict {
        self.0
    }

    /// The service answered well.
    pub fn success() -> Self {
        Self(Verdict::Success)
    }

    /// The answer says nothing about the service.
    pub fn ignored() -> Self {
        Self(Verdict::Ignored)
    }

    /// The service failed. The first 200 characters of why are kept, for logs and
    /// [`Snapshot::last_error`](crate::Snapshot::last_error).
    pub fn failure(why: impl Display) -> Self {
        Self(Verdict::Failure(Some(cut(&why))))
    }

    /// Of a failure: opens the breaker at once and for so long, as `open_for` does in the attribute.
    /// Nothing changes for `None`, for zero, and for what is no failure.
    #[must_use]
    pub fn open_for(self, time: impl Into<Option<Duration>>) -> Self {
        match self.0 {
            Verdict::Failure(why) => Self(Verdict::failure_for(why, time.into())),
            Verdict::StayAway(failure) => {
                Self(Verdict::failure_for(failure.text, time.into().or(Some(failure.time))))
            }
            verdict @ (Verdict::Success | Verdict::Ignored) => Self(verdict),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn only_a_failure_says_to_stay_away() {
        let Outcome(Verdict::StayAway(failure)) = Outcome::failure("busy").open_for(MINUTE) else {
            panic!("opens at once")
        };
        assert_eq!((failure.text.as_deref(), failure.time), (Some("busy"), MINUTE));
        for time in [None, Some(Duration::ZERO)] {
            let outcome = Outcome::failure("busy").open_for(time);
            assert!(matches!(outcome.0, Verdict::Failure(Some(_))), "{time:?}");
        }
        assert!(matches!(Outcome::success().open_for(MINUTE).0, Verdict::Success));
        assert!(matches!(Outcome::ignored().open_for(MINUTE).0, Verdict::Ignored));
    }

    #[test]
    fn the_later_word_on_the_time_stands() {
        let twice = Outcome::failure("busy").open_for(Duration::from_secs(1)).open_for(MINUTE);
        assert!(
            matches!(twice.open_for(None).0, Verdict::StayAway(failure) if failure.time == MINUTE)
        );
    }
}
