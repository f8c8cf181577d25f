//! A number for each thread that uses a breaker, so that the thread can own the stripe of that
//! number in every breaker.
//!
//! Numbers are as low as can be, and a thread's number goes to another only after it has ended:
//! what the first one wrote is there for the second to read, because both went through the lock on
//! the list of free numbers.

/// How many threads at once can own stripes; later ones share one.
#[cfg(not(cb_loom))]
pub(crate) const OWNERS: usize = 64;
#[cfg(cb_loom)]
pub(crate) const OWNERS: usize = 2;

/// The number of a thread that owns no stripes.
pub(crate) const SHARED: usize = usize::MAX - 1;

#[cfg(not(cb_loom))]
pub(crate) use lease::{known_slot, slot};

/// Under loom a thread owns the stripe that a test gave it, or none: loom's threads come and go too
/// often for numbers that outlive a run of the model.
#[cfg(cb_loom)]
pub(crate) fn slot() -> usize {
    LOOM_SLOT.with(std::cell::Cell::get)
}

/// The same.
#[cfg(cb_loom)]
pub(crate) fn known_slot() -> usize {
    slot()
}

/// Gives the present thread a number.
#[cfg(all(test, cb_loom))]
pub(crate) fn own(slot: usize) {
    LOOM_SLOT.with(|own| own.set(slot));
}

#[cfg(cb_loom)]
loom::thread_local! {
    static LOOM_SLOT: std::cell::Cell<usize> = std::cell::Cell::new(SHARED);
}

#[cfg(not(cb_loom))]
mod lease {
    use std::{
        cell::Cell,
        cmp::Reverse,
        collections::BinaryHeap,
        sync::{Mutex, PoisonError},
    };

    use super::{OWNERS, SHARED};

    const UNASSIGNED: usize = usize::MAX;

    thread_local! {
        /// Without a destructor, so that reading it is a plain read.
        static SLOT: Cell<usize> = const { Cell::new(UNASSIGNED) };
        static LEASE: Lease = Lease::take();
    }

    /// This thread's number.
    #[inline]
    pub(crate) fn slot() -> usize {
        let slot = SLOT.get();
        if slot == UNASSIGNED { assign() } else { slot }
    }

    /// This thread's number if it has one already, and else one that no thread owns.
    #[inline]
    pub(crate) fn known_slot() -> usize {
        SLOT.get()
    }

    #[cold]
    #[inline(never)]
    fn assign() -> usize {
        // A thread that is being torn down has no lease any more and shares.
        let slot = LEASE.try_with(|lease| lease.0).unwrap_or(SHARED);
        SLOT.set(slot);
        slot
    }

    struct Lease(usize);

    /// Numbers given back, lowest first, and the lowest never given out.
    static FREE: Mutex<(BinaryHeap<Reverse<usize>>, usize)> = Mutex::new((BinaryHeap::new(), 0));

    impl Lease {
        fn take() -> Self {
            let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Reverse(slot)) = free.0.pop() {
                return Self(slot);
            }
            if free.1 == OWNERS {
                return Self(SHARED);
            }
            free.1 += 1;
            Self(free.1 - 1)
        }
    }

    impl Drop for Lease {
        fn drop(&mut self) {
            // Destructors that run after this one may still make calls.
            SLOT.set(SHARED);
            if self.0 != SHARED {
                FREE.lock().unwrap_or_else(PoisonError::into_inner).0.push(Reverse(self.0));
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use std::{sync::Barrier, thread};

        use super::*;

        /// One of these tests takes all numbers there are.
        static ALONE: Mutex<()> = Mutex::new(());

        #[test]
        fn threads_that_live_together_have_numbers_of_their_own() {
            let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
            let barrier = Barrier::new(80);
            let mut slots: Vec<usize> = thread::scope(|scope| {
                let threads: Vec<_> = (0..80)
                    .map(|_| {
                        scope.spawn(|| {
                            let slot = slot();
                            barrier.wait();
                            slot
                        })
                    })
                    .collect();
                threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
            });
            slots.retain(|&slot| slot != SHARED);
            let owners = slots.len();
            slots.sort_unstable();
            slots.dedup();
            assert_eq!(slots.len(), owners, "two living threads had one number");
            assert!(owners <= OWNERS && owners > 0);
        }

        #[test]
        fn a_thread_that_has_ended_leaves_its_number_to_another() {
            let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
            let number = || thread::spawn(slot).join().unwrap_or(SHARED);

            let owners = (0..10 * OWNERS).filter(|_| number() != SHARED).count();

            assert_eq!(owners, 10 * OWNERS, "numbers have run out");
        }
    }
}
