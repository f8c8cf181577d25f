//! What a test has of its own in the place of the program's statics.
//!
//! Without the feature `testing` there is nothing here, and each static is the program's.

/// Whether the program's static may be the wrong one.
#[cfg(not(feature = "testing"))]
#[inline]
pub(crate) const fn is_possible() -> bool {
    false
}

/// The static of the program or, in a test with a registry of its own, what stands there in its place:
/// made `afresh` when it is first asked for.
#[cfg(not(feature = "testing"))]
#[inline]
pub(crate) fn here<T: Send + Sync>(program: &'static T, _afresh: impl FnOnce() -> T) -> &'static T {
    program
}

#[cfg(feature = "testing")]
pub(crate) use in_tests::{Isolation, enter, here, is_possible, present};

#[cfg(feature = "testing")]
mod in_tests {
    use std::{
        any::{Any, TypeId},
        cell::Cell,
        collections::BTreeMap,
        fmt,
        ptr,
        // And not loom's, which no static can hold.
        sync::{
            Mutex, PoisonError,
            atomic::{AtomicBool, Ordering},
        },
    };

    /// Whether there has ever been an isolation: in a program there is none, and a call needs to know
    /// no more.
    static ANY: AtomicBool = AtomicBool::new(false);

    thread_local! {
        static PRESENT: Cell<Option<&'static Isolation>> = const { Cell::new(None) };
    }

    /// What stands in the place of the program's statics. It is never freed: what holds a static may
    /// hold it for ever.
    #[derive(Default)]
    pub(crate) struct Isolation(Mutex<BTreeMap<Of, &'static (dyn Any + Send + Sync)>>);

    /// The static that something stands in for: its type and its address.
    type Of = (TypeId, usize);

    impl Isolation {
        /// One in which there is nothing yet.
        pub(crate) fn new() -> &'static Self {
            // Who comes to be inside one on another thread has been sent there, and sees this too.
            ANY.store(true, Ordering::Relaxed);
            Box::leak(Box::default())
        }

        #[cold]
        #[inline(never)]
        fn stand_in<T: Send + Sync>(
            &self,
            program: &'static T,
            afresh: impl FnOnce() -> T,
        ) -> &'static T {
            let of = (TypeId::of::<T>(), ptr::from_ref(program).addr());
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let own = *all.entry(of).or_insert_with(|| Box::leak(Box::new(afresh())));
            own.downcast_ref().unwrap_or(program)
        }
    }

    impl fmt::Debug for Isolation {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Isolation").finish_non_exhaustive()
        }
    }

    /// Whether the program's static may be the wrong one: if so, see [`here`].
    #[inline]
    pub(crate) fn is_possible() -> bool {
        ANY.load(Ordering::Relaxed)
    }

    /// The isolation that this thread is inside of now.
    #[inline]
    pub(crate) fn present() -> Option<&'static Isolation> {
        if is_possible() { PRESENT.get() } else { None }
    }

    /// The static of the program or, in a test with a registry of its own, what stands there in its
    /// place: made `afresh` when it is first asked for.
    #[inline]
    pub(crate) fn here<T: Send + Sync>(
        program: &'static T,
        afresh: impl FnOnce() -> T,
    ) -> &'static T {
        match present() {
            Some(isolation) => isolation.stand_in(program, afresh),
            None => program,
        }
    }

    /// The thread is inside of an isolation, or of none, until this is dropped.
    #[must_use = "the thread is inside until this is dropped"]
    pub(crate) struct Inside {
        before: Option<&'static Isolation>,
    }

    /// Puts this thread inside of an isolation, or of none.
    pub(crate) fn enter(isolation: Option<&'static Isolation>) -> Inside {
        Inside { before: PRESENT.replace(isolation) }
    }

    impl Drop for Inside {
        fn drop(&mut self) {
            PRESENT.set(self.before);
        }
    }
}
