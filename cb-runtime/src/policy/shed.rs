//! Which calls to turn away before the breaker opens.

use crate::{config::Config, window::Counts};

/// The probability with which a call is turned away while closed: `max(0, (requests − K × successes)
/// ÷ (requests + 1))`, from "Handling Overload", chapter 21 of Google's *Site Reliability
/// Engineering* (client-side throttling).
///
/// The requests are the judged calls in the window. Calls that were turned away are not among them:
/// otherwise a share of successes below 1 ÷ K would in the end turn away nearly all, and a window of
/// calls, which only moves with calls that pass, could never recover.
#[allow(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
pub(crate) fn shed_probability(config: &Config, counts: &Counts) -> f64 {
    let Some(factor) = config.shed() else { return 0.0 };
    let (requests, successes) = (counts.judged() as f64, counts.successes() as f64);
    ((requests - factor * successes) / (requests + 1.0)).max(0.0)
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a helper of a test fails the test")]
mod tests {
    use super::*;

    fn probability(calls: u64, failures: u64) -> f64 {
        let config = Config::builder().shed(2.0).build().expect("valid settings");
        shed_probability(&config, &Counts { calls, failures, ..Counts::default() })
    }

    #[test]
    fn it_grows_from_where_the_successes_fall_below_their_share() {
        assert!(probability(0, 0) <= 0.0);
        assert!(probability(100, 50) <= 0.0);
        assert!((probability(100, 75) - 50.0 / 101.0).abs() < 1e-12);
        assert!((probability(100, 100) - 100.0 / 101.0).abs() < 1e-12);
    }

    #[test]
    fn it_is_off_unless_set() {
        let counts = Counts { calls: 10, failures: 10, ..Counts::default() };
        assert!(shed_probability(&Config::default(), &counts) <= 0.0);
    }
}
