//! What a call gets when the breaker answers instead of the service.

use std::time::Duration;

use tokio::time::Instant;

use crate::{breaker::Opening, clock::Tick, name::Name};

/// The breaker's own answer: the call was turned away, or took too long.
///
/// `Display` is a sentence for a log; [`user_message`](Self::user_message) one for an end user.
///
/// An error type that is to carry it needs `From<CircuitError>`: `anyhow::Error` and
/// `Box<dyn Error + Send + Sync>` have it, and `thiserror` writes it for
/// `#[error(transparent)] Unavailable(#[from] CircuitError)`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// The breaker is open: the call was rejected.
    #[error("circuit breaker `{name}` is open: {}", describe(opening))]
    #[non_exhaustive]
    Open {
        /// The breaker's name.
        name: Name,
        /// When it opened, until when, and why.
        opening: Opening,
    },
    /// The breaker is half-open and all its probes are under way: the call was rejected.
    #[error("circuit breaker `{name}` is half-open and its probes are under way")]
    #[non_exhaustive]
    HalfOpen {
        /// The breaker's name.
        name: Name,
    },
    /// An operator has forced the breaker open: the call was rejected.
    #[error("circuit breaker `{name}` has been forced open{}", describe_end(*until))]
    #[non_exhaustive]
    ForcedOpen {
        /// The breaker's name.
        name: Name,
        /// When that ends by itself, if it does.
        until: Option<Instant>,
    },
    /// The breaker sheds a share of the calls, because a share of them fails: the call was rejected.
    #[error("circuit breaker `{name}` sheds a share of its calls, because many fail")]
    #[non_exhaustive]
    Shed {
        /// The breaker's name.
        name: Name,
    },
    /// As many calls of this function are under way as its `max_concurrent` allows: the call was
    /// rejected.
    #[error(
        "the call through circuit breaker `{name}` was one more than its `max_concurrent` of {limit}"
    )]
    #[non_exhaustive]
    BulkheadFull {
        /// The breaker's name.
        name: Name,
        /// The `max_concurrent`.
        limit: u32,
    },
    /// The call took longer than its `call_timeout` and was dropped.
    #[error("the call through circuit breaker `{name}` took longer than {}", show(*limit))]
    #[non_exhaustive]
    Timeout {
        /// The breaker's name.
        name: Name,
        /// The `call_timeout`.
        limit: Duration,
    },
    /// The service was asked and failed.
    ///
    /// Only [registered fallbacks](crate::Registry::register_fallback) are told this: whoever knows the
    /// service's own error gets that.
    #[error("the call through circuit breaker `{}` failed{}", failure.shown(), failure.reason())]
    #[non_exhaustive]
    Failed {
        /// What is known of it.
        failure: Failure,
    },
}

impl CircuitError {
    /// The name of the breaker.
    pub fn name(&self) -> &str {
        match self {
            Self::Open { name, .. }
            | Self::HalfOpen { name }
            | Self::Shed { name }
            | Self::ForcedOpen { name, .. }
            | Self::BulkheadFull { name, .. }
            | Self::Timeout { name, .. } => name,
            Self::Failed { failure } => failure.name(),
        }
    }

    /// How long from now on a further call would be rejected; `None` where nobody can tell.
    ///
    /// Reads the clock, so that the error itself costs a rejected call none.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Open { opening, .. } => Some(opening.remaining()),
            Self::ForcedOpen { until, .. } => until.map(remaining),
            Self::HalfOpen { .. }
            | Self::Shed { .. }
            | Self::BulkheadFull { .. }
            | Self::Timeout { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// Whether the call was turned away before it reached the service.
    pub fn is_rejection(&self) -> bool {
        !matches!(self, Self::Timeout { .. } | Self::Failed { .. })
    }

    /// A sentence for an end user, without names or numbers.
    pub fn user_message(&self) -> &'static str {
        match self {
            Self::Open { .. }
            | Self::HalfOpen { .. }
            | Self::ForcedOpen { .. }
            | Self::Shed { .. }
            | Self::BulkheadFull { .. } => {
                "This service is temporarily unavailable. Please try again in a few moments."
            }
            Self::Timeout { .. } => {
                "This service is taking too long to answer. Please try again in a few moments."
            }
            Self::Failed { .. } => {
                "This service could not answer. Please try again in a few moments."
            }
        }
    }
}

fn describe(opening: &Opening) -> String {
    let reason = opening.reason();
    if opening.until == Tick::NEVER {
        return format!("{reason}; it stays open until it is reset");
    }
    let remaining = opening.remaining();
    if remaining.is_zero() {
        format!("{reason}; a probe is due")
    } else {
        format!("{reason}; next probe in {}", show(remaining))
    }
}

fn describe_end(until: Option<Instant>) -> String {
    until.map_or_else(String::new, |until| format!(" for another {}", show(remaining(until))))
}

fn remaining(until: Instant) -> Duration {
    until.saturating_duration_since(Tick::now().instant())
}

/// A duration to three figures at most: nobody reads nanoseconds in a log. What is beyond them is cut
/// off, as a clock that counts down does.
pub(crate) fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 10 {
        let step = match seconds {
            ..3_600 => 1,
            3_600..86_400 => 60,
            _ => 3_600,
        };
        return humantime::format_duration(Duration::from_secs(seconds / step * step)).to_string();
    }
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let (unit, name) = match nanos {
        ..1_000 => (1.0, "ns"),
        1_000..1_000_000 => (1e3, "us"),
        1_000_000..1_000_000_000 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    let step = 10_u128.pow(nanos.ilog10().saturating_sub(2));
    // Less than 10 s in nanoseconds, so that nothing is lost.
    #[allow(clippy::cast_precision_loss, reason = "it is far below 2 to the 53rd")]
    let figures = (nanos / step * step) as f64;
    format!("{}{name}", figures / unit)
}

/// A failure of the service, as a registered fallback is told of it.
// Name and text in one, so that an error of any kind has a name to be dropped and nothing else: another
// field would cost each rejection that is made and dropped 6 instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(Name);

impl Failure {
    pub(crate) fn new(name: &Name, error: Option<&str>) -> Self {
        Self(name.followed_by(error.unwrap_or_default()))
    }

    /// The name of the breaker.
    pub fn name(&self) -> &str {
        self.0.parts().0
    }

    /// The first 200 characters of the service's error, where it has a text.
    pub fn error(&self) -> Option<&str> {
        let (_, error) = self.0.parts();
        (!error.is_empty()).then_some(error)
    }

    fn shown(&self) -> Name {
        Name::shared(self.name().into())
    }

    fn reason(&self) -> String {
        self.error().map_or_else(String::new, |error| format!(": {error}"))
    }
}

/// What a protected call ended in when it did not end in an answer.
///
/// This is what a fallback is told as the cause. A function that returns it needs no error type of
/// its own for the breaker's answers.
///
/// It is an [`Error`](std::error::Error) for every `E` that can be shown, texts and boxed errors too,
/// and so has no [`source`](std::error::Error::source). Where the causes of an `E` are wanted, as with
/// a client of HTTP whose errors do not name them, take it out: by [`into_inner`](Self::into_inner), or
/// by a `match`.
///
/// ```
/// use cb_runtime::{CallError, CircuitBreaker, Config};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let breaker = CircuitBreaker::new("files", Config::default());
/// match breaker.call(|| async { std::fs::read("no such file") }).await {
///     Ok(bytes) => println!("{} bytes", bytes.len()),
///     Err(CallError::Rejected(error) | CallError::TimedOut(error)) => {
///         println!("{}", error.user_message());
///     }
///     Err(CallError::Failed(error)) => println!("{error}, {:?}", error.kind()),
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError<E> {
    /// The call was turned away; the service was not asked.
    #[error("{0}")]
    Rejected(CircuitError),
    /// The call took longer than its `call_timeout` and was dropped.
    #[error("{0}")]
    TimedOut(CircuitError),
    /// The service was asked and failed. Where a returned value was judged that is no `Result`, or
    /// by `failure_if`, this is that value.
    #[error("{0}")]
    Failed(E),
}

impl<E> CallError<E> {
    /// The service's own failure, if it came to that.
    pub fn into_inner(self) -> Option<E> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Rejected(_) | Self::TimedOut(_) => None,
        }
    }

    /// Turns the service's own failure into another type.
    pub fn map_failed<F>(self, map: impl FnOnce(E) -> F) -> CallError<F> {
        match self {
            Self::Failed(error) => CallError::Failed(map(error)),
            Self::Rejected(error) => CallError::Rejected(error),
            Self::TimedOut(error) => CallError::TimedOut(error),
        }
    }
}

impl<E> From<CircuitError> for CallError<E> {
    fn from(error: CircuitError) -> Self {
        // What a registered fallback may hand on as `CircuitError::Failed` came of a call that was made.
        if error.is_rejection() { Self::Rejected(error) } else { Self::TimedOut(error) }
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    const NAME: Name = Name::literal("orders");

    fn failed(error: Option<&str>) -> CircuitError {
        CircuitError::Failed { failure: Failure::new(&NAME, error) }
    }

    #[test]
    fn a_duration_has_three_figures_at_most() {
        for (nanos, shown) in [
            (0, "0s"),
            (7, "7ns"),
            (184, "184ns"),
            (1_234, "1.23us"),
            (437_184, "437us"),
            (9_437_184, "9.43ms"),
            (9_400_000, "9.4ms"),
            (12_999_999, "12.9ms"),
            (250_000_000, "250ms"),
            (999_999_999, "999ms"),
            (1_000_000_000, "1s"),
            (1_500_000_001, "1.5s"),
            (9_999_999_999, "9.99s"),
            (10_000_000_001, "10s"),
            (90_500_000_000, "1m 30s"),
            (3_725_000_000_000, "1h 2m"),
            (176_399_000_000_000, "2days"),
        ] {
            assert_eq!(show(Duration::from_nanos(nanos)), shown);
        }
        // Whatever it is, there are words for it.
        assert!(!show(Duration::MAX).is_empty());
    }

    #[test]
    fn an_error_is_no_larger_than_an_opening_with_a_name() {
        assert_eq!(size_of::<CircuitError>(), size_of::<Name>() + size_of::<Opening>());
    }

    #[test]
    fn a_full_bulkhead_is_a_rejection_like_any_other() {
        let full = CircuitError::BulkheadFull { name: NAME, limit: 32 };

        let shown = "the call through circuit breaker `orders` was one more than its `max_concurrent` of 32";
        assert_eq!(full.to_string(), shown);
        assert!(full.is_rejection());
        assert_eq!((full.name(), full.retry_after()), ("orders", None));
        assert_eq!(full.user_message(), CircuitError::Shed { name: NAME }.user_message());
        assert_eq!(CallError::<()>::from(full.clone()), CallError::Rejected(full));
    }

    #[test]
    fn a_failure_of_the_service_is_no_rejection() {
        let shown = "the call through circuit breaker `orders` failed";
        assert_eq!(failed(None).to_string(), shown);
        assert_eq!(failed(Some("refused")).to_string(), format!("{shown}: refused"));
        assert!(!failed(None).is_rejection());
        assert_eq!((failed(None).name(), failed(None).retry_after()), ("orders", None));
        assert_eq!(failed(Some("refused")).name(), "orders");
        let CircuitError::Failed { failure } = failed(Some("refused")) else { panic!("a failure") };
        assert_eq!(failure.error(), Some("refused"));
        let message = "This service could not answer. Please try again in a few moments.";
        assert_eq!(failed(Some("refused")).user_message(), message);
        let handed_on = CallError::<&str>::from(failed(Some("refused")));
        assert!(!matches!(handed_on, CallError::Rejected(_)), "the service was asked");
        assert_eq!(handed_on.to_string(), format!("{shown}: refused"));
    }
}
