//! Tasks that stay in a test's registry.

use tokio::task::JoinHandle;

use super::inherited;

/// The same as [`tokio::spawn`], for a task that is to be where this one is: in the registry of this
/// test, or in the program's.
///
/// ```
/// use cb_runtime::{Config, registry, testing};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(
/// testing::isolated(async {
///     registry().get_or_register("db", Config::default()).unwrap();
///     let inside = testing::spawn(async { registry().get("db").is_some() });
///     let outside = tokio::spawn(async { registry().get("db").is_some() });
///     assert_eq!((inside.await.unwrap(), outside.await.unwrap()), (true, false));
/// })
/// # );
/// ```
///
/// # Panics
/// As [`tokio::spawn`], outside of a runtime.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(inherited(future))
}
