//! For tests: each with a registry of its own, and breakers open when they are to be.
//!
//! The feature `testing` is for a program's `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! cb-runtime = { version = "0.1", features = ["testing"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! # A registry for each test
//!
//! The tests of a program run at the same time and in one process, and an annotated function has one
//! breaker there: what one test does to it, all others meet. Inside of [`isolated`], or of
//! [`isolated_blocking`] for plain functions, there is a registry of the test's own, and
//! [`registry()`](crate::registry()) returns that:
//!
//! ```
//! use cb_runtime::{State, assert_state, circuit_breaker, testing};
//!
//! #[circuit_breaker(name = "bread_prices", failure_threshold = 2, fallback = |_| Ok(9.5))]
//! async fn price(article: u32) -> Result<f64, String> {
//!     Err(format!("no connection for article {article}"))
//! }
//!
//! // Each of these is a test, `#[tokio::test(start_paused = true)] async fn ..`:
//! # async fn tests() {
//! testing::isolated(async {
//!     for _ in 0..2 {
//!         price(1).await.unwrap();
//!     }
//!     assert_state!("bread_prices", State::Open, "after two failures");
//! })
//! .await;
//!
//! testing::isolated(async {
//!     assert_state!("bread_prices", State::Closed);
//!     testing::trip("bread_prices");
//!     assert_eq!(price(1).await, Ok(9.5));
//!     assert_eq!(testing::breaker("bread_prices").snapshot().totals.rejected, 1);
//! })
//! .await;
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(tests());
//! ```
//!
//! The breakers are made as in the program, by what the functions declare, when they are first needed.
//! The test's own are also: fallbacks that are [registered](crate::Registry::register_fallback),
//! subscriptions and handlers, the places of `max_concurrent`, and the answers that `stale_if_error`
//! keeps in memory. Not the test's own are stores given as `store = ..`, which are the program's statics.
//!
//! Time is tokio's: with `#[tokio::test(start_paused = true)]`, `tokio::time::advance` takes a breaker
//! through its `recovery_timeout`.
//!
//! # Tasks and threads that a test starts
//!
//! **They are outside**, and meet the program's registry, unless they are told to be inside:
//!
//! | in the place of | write |
//! |---|---|
//! | `tokio::spawn(future)` | [`testing::spawn(future)`](spawn) |
//! | `join_set.spawn(future)` and the like | `join_set.spawn(testing::inherited(future))`, see [`inherited`] |
//! | `tokio::task::spawn_blocking(f)`, `thread::spawn(f)` | `thread::spawn(testing::inherited_blocking(f))`, see [`inherited_blocking`] |
//!
//! Where the program under test spawns them itself, run the whole test on one thread, inside:
//! `isolated_blocking(|| runtime.block_on(..))` with a runtime of `new_current_thread()` has all its
//! tasks inside, but for those of `spawn_blocking`.
//!
//! The library's own tasks, which run health checks and the handlers of
//! [`on_transition`](crate::Registry::on_transition) and its like, are where they were asked for.
//!
//! # What it costs
//!
//! A call reads one static flag more as long as nothing has been isolated. What a test has of its own is
//! never freed, some hundred bytes for each breaker: it is not meant for programs.

mod assert;
mod own;
mod task;

pub use assert::{NameOrBreaker, breaker, state_is, trip};
pub use own::{Isolated, inherited, inherited_blocking, isolated, isolated_blocking};
pub use task::spawn;

#[doc(inline)]
pub use crate::assert_state;
