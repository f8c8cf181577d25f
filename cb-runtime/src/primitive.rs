//! The primitives that several threads touch, from the standard library or, in a build with
//! `--cfg cb_loom`, from loom, which then runs a test under every interleaving.

#[cfg(not(cb_loom))]
pub(crate) use once_cell::race::OnceBox;
#[cfg(not(cb_loom))]
pub(crate) use std::sync::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering, fence},
};

#[cfg(cb_loom)]
pub(crate) use loom::sync::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering, fence},
};

/// A constructor that is `const`, except under loom, whose numbers no constant can hold.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $($function:tt)*) => {
        #[cfg(not(cb_loom))]
        $(#[$attribute])*
        $visibility const fn $($function)*

        #[cfg(cb_loom)]
        $(#[$attribute])*
        $visibility fn $($function)*
    };
}
pub(crate) use const_fn;

/// loom has no cell that is filled once, so under it the box is there from the start.
#[cfg(cb_loom)]
pub(crate) struct OnceBox<T>(Box<T>);

#[cfg(cb_loom)]
impl<T: Default> OnceBox<T> {
    pub(crate) fn new() -> Self {
        Self(Box::default())
    }

    #[allow(clippy::unnecessary_wraps, reason = "has the shape of the other")]
    pub(crate) fn get(&self) -> Option<&T> {
        Some(&self.0)
    }

    pub(crate) fn get_or_init(&self, _make: impl FnOnce() -> Box<T>) -> &T {
        &self.0
    }
}

#[cfg(cb_loom)]
impl<T: Default> Default for OnceBox<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes a lock whose critical sections run none of the user's code, so that it cannot be left
/// poisoned with a half-made change.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The same of a lock that readers share.
pub(crate) fn read<T>(shared: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    shared.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The same of a lock that readers share, alone.
pub(crate) fn write<T>(shared: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    shared.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
