//! What runs inside of a registry of its own.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::isolation::{Isolation, enter, present};

pin_project! {
    /// A future that runs inside of a test's own registry, or outside of any, wherever it is polled.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct Isolated<F> {
        isolation: Option<&'static Isolation>,
        // Empty only while this is dropped.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Isolated<F> {
        fn drop(this: Pin<&mut Self>) {
            // What the future holds may make calls as it goes.
            let mut this = this.project();
            let _inside = enter(*this.isolation);
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for Isolated<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _inside = enter(*this.isolation);
        match this.future.as_pin_mut() {
            Some(future) => future.poll(cx),
            None => Poll::Pending,
        }
    }
}

/// Runs a test with a registry of its own, which is empty and which nobody else sees.
///
/// It stays inside wherever it is polled, on one thread or on many. Tasks that it spawns are outside,
/// see [`spawn`](super::spawn). Inside of another, the inner one has a registry of its own again.
///
/// ```
/// use cb_runtime::{Config, registry, testing};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// testing::isolated(async {
///     registry().get_or_register("db", Config::default()).unwrap();
/// })
/// .await;
/// assert!(registry().get("db").is_none(), "that was in the test's");
/// # });
/// ```
pub fn isolated<F: Future>(future: F) -> Isolated<F> {
    Isolated { isolation: Some(Isolation::new()), future: Some(future) }
}

/// Runs a test of plain functions, on this thread, with a registry of its own, which is empty and which
/// nobody else sees.
///
/// Threads that it starts are outside, see [`inherited_blocking`]. A runtime of one thread that is run in
/// it has its tasks inside:
///
/// ```
/// use cb_runtime::{Config, registry, testing};
///
/// testing::isolated_blocking(|| {
///     let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
///     runtime.block_on(async {
///         registry().get_or_register("db", Config::default()).unwrap();
///         tokio::spawn(async { assert!(registry().get("db").is_some()) }).await.unwrap();
///     });
/// });
/// assert!(registry().get("db").is_none());
/// ```
pub fn isolated_blocking<T>(test: impl FnOnce() -> T) -> T {
    let _inside = enter(Some(Isolation::new()));
    test()
}

/// A future that stays where it was made: in the registry of this test, or in the program's. For what is
/// handed to a task.
///
/// ```
/// use cb_runtime::{Config, registry, testing};
/// use tokio::task::JoinSet;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(
/// testing::isolated(async {
///     registry().get_or_register("db", Config::default()).unwrap();
///     let mut tasks = JoinSet::new();
///     tasks.spawn(testing::inherited(async { registry().get("db").is_some() }));
///     assert_eq!(tasks.join_all().await, [true]);
/// })
/// # );
/// ```
pub fn inherited<F: Future>(future: F) -> Isolated<F> {
    Isolated { isolation: present(), future: Some(future) }
}

/// A function that runs where it was made: in the registry of this test, or in the program's. For what
/// is handed to a thread.
///
/// ```
/// use std::thread;
///
/// use cb_runtime::{Config, registry, testing};
///
/// testing::isolated_blocking(|| {
///     registry().get_or_register("db", Config::default()).unwrap();
///     let thread = thread::spawn(testing::inherited_blocking(|| registry().get("db").is_some()));
///     assert!(thread.join().unwrap());
/// });
/// ```
pub fn inherited_blocking<T>(function: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let isolation = present();
    move || {
        let _inside = enter(isolation);
        function()
    }
}
