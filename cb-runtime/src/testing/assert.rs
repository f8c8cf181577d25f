//! A test's word with a breaker.

#![allow(clippy::panic, reason = "what fails, fails a test")]

use std::fmt;

use crate::{
    breaker::{CircuitBreaker, State},
    error::show,
    registry::{make_declared, registry},
};

/// A [`CircuitBreaker`], or the name of one, as [`breaker`] takes it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a `CircuitBreaker` nor the name of one",
    label = "give a `CircuitBreaker` or a text"
)]
pub trait NameOrBreaker: sealed::Sealed {
    /// The breaker.
    ///
    /// # Panics
    /// Where there is none of this name, see [`breaker`].
    #[track_caller]
    fn breaker(&self) -> CircuitBreaker;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for crate::CircuitBreaker {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

impl NameOrBreaker for CircuitBreaker {
    fn breaker(&self) -> CircuitBreaker {
        self.clone()
    }
}

impl NameOrBreaker for str {
    #[track_caller]
    fn breaker(&self) -> CircuitBreaker {
        breaker(self)
    }
}

impl NameOrBreaker for String {
    #[track_caller]
    fn breaker(&self) -> CircuitBreaker {
        breaker(self)
    }
}

impl<T: NameOrBreaker + ?Sized> NameOrBreaker for &T {
    #[track_caller]
    fn breaker(&self) -> CircuitBreaker {
        (**self).breaker()
    }
}

/// The breaker of this name in the present registry. That of an annotated function is there before the
/// function's first call too; where it has a `key`, it is called `name[key]`.
///
/// ```
/// use cb_runtime::{circuit_breaker, testing};
///
/// #[circuit_breaker(name = "stock", key = warehouse)]
/// fn stock(warehouse: &str) -> anyhow::Result<u32> {
///     Ok(3)
/// }
///
/// testing::isolated_blocking(|| {
///     testing::breaker("stock[north]").force_open();
///     assert!(stock("north").is_err());
///     assert!(stock("south").is_ok());
/// });
/// ```
///
/// # Panics
/// Where no breaker of this name is in the registry, and no annotated function declares one.
#[track_caller]
pub fn breaker(name: &str) -> CircuitBreaker {
    let present = registry();
    if let Some(there) = present.get(name) {
        return there;
    }
    make_declared(name);
    if let Some(made) = present.get(name) {
        return made;
    }
    let there: Vec<String> = present.iter().map(|one| format!("`{}`", one.name())).collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    // Not in a closure, which would be the place that is told.
    panic!(
        "there is no circuit breaker `{name}`: no annotated function declares it, and in this \
         registry there are: {there}"
    )
}

/// Opens a breaker, given itself or by its [name](breaker), as failures of the service would: from here
/// on it goes by its own settings, `recovery_timeout` and all.
///
/// - **Closed**, it gets failed calls until it opens, just as many as that takes by its
///   `failure_threshold` or its `failure_rate`. They are in its totals and its window; the last error
///   is "tripped by a test".
/// - Where failures do not open it, since only slow calls are to or nothing is, or where 10 000 are not
///   enough, it opens as by an error that says how long to stay away
///   ([`OpenReason::StayAway`](crate::OpenReason::StayAway)), for the time that its settings say.
/// - **Half-open**, its probe fails, and so it reopens; where probes or a health check are under way, it
///   reopens as if one of them had failed.
/// - **Open**, it stays so, for no longer than it was to.
///
/// ```
/// use cb_runtime::{State, assert_state, circuit_breaker, testing};
///
/// #[circuit_breaker(name = "letters", failure_threshold = 3)]
/// async fn send(text: &str) -> anyhow::Result<()> {
///     Ok(())
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(
/// testing::isolated(async {
///     testing::trip("letters");
///     assert_state!("letters", State::Open);
///     assert!(send("late").await.is_err());
/// })
/// # );
/// ```
///
/// # Panics
/// Where an operator has set a [`Mode`](crate::Mode), in which failures do not open it; and as [`breaker`] does.
#[track_caller]
pub fn trip(breaker: impl NameOrBreaker) {
    let breaker = breaker.breaker();
    if let Err(mode) = breaker.0.trip() {
        panic!(
            "circuit breaker `{}` cannot be tripped: failures do not open it in its mode, which is \
             {mode}; `resume()` it first",
            breaker.name()
        );
    }
}

/// What [`assert_state!`](crate::assert_state!) calls.
#[doc(hidden)]
#[track_caller]
pub fn state_is(breaker: impl NameOrBreaker, expected: State, message: Option<fmt::Arguments<'_>>) {
    let breaker = breaker.breaker();
    let (name, found) = (breaker.name(), breaker.state());
    if found != expected {
        let figures = Figures(&breaker);
        let message = message.map(|message| format!("{message}: ")).unwrap_or_default();
        panic!("{message}circuit breaker `{name}` is {found}, and was to be {expected}\n{figures}");
    }
}

/// What helps to find out why.
struct Figures<'a>(&'a CircuitBreaker);

impl fmt::Display for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.0.snapshot();
        let threshold = now.config.failure_threshold();
        writeln!(f, "  mode: {}", now.mode)?;
        writeln!(f, "  failures in a row: {} of {threshold}", now.consecutive_failures)?;
        let totals = now.totals;
        let (calls, failures, rejected) = (totals.calls, totals.failures, totals.rejected);
        writeln!(f, "  calls: {calls} made, {failures} of them failed; {rejected} rejected")?;
        if let Some(reason) = now.last_opening {
            writeln!(f, "  last opened by: {reason}")?;
        }
        if let Some(time) = now.remaining_open {
            writeln!(f, "  probes in: {}", show(time))?;
        }
        write!(f, "  last error: {}", now.last_error.as_deref().unwrap_or("none"))
    }
}

/// Asserts that a breaker, given itself or by its [name](crate::testing::breaker), is in this state: what
/// callers would meet now.
///
/// A failure shows what was found: state, mode, row of failures, totals, and the last error. A message of
/// one's own may follow, as with `assert!`.
///
/// ```
/// use cb_runtime::{CircuitBreaker, Config, State};
///
/// let breaker = CircuitBreaker::new("db", Config::default());
/// cb_runtime::assert_state!(breaker, State::Closed);
/// cb_runtime::testing::trip(&breaker);
/// cb_runtime::assert_state!(&breaker, State::Open, "after {} failures", 5);
/// ```
///
/// ```should_panic
/// # use cb_runtime::{CircuitBreaker, Config, State};
/// # let breaker = CircuitBreaker::new("db", Config::default());
/// // circuit breaker `db` is closed, and was to be open
/// //   mode: normal
/// //   failures in a row: 0 of 5
/// //   calls: 0 made, 0 of them failed; 0 rejected
/// //   last error: none
/// cb_runtime::assert_state!(breaker, State::Open);
/// ```
///
/// # Panics
/// Where it is in another state, and where there is no breaker of this name.
#[macro_export]
macro_rules! assert_state {
    ($breaker:expr, $state:expr $(,)?) => {
        $crate::testing::state_is(&$breaker, $state, ::core::option::Option::None)
    };
    ($breaker:expr, $state:expr, $($message:tt)+) => {
        $crate::testing::state_is(
            &$breaker,
            $state,
            ::core::option::Option::Some(::core::format_args!($($message)+)),
        )
    };
}
