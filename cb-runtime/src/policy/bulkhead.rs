//! How many calls may be under way at once.

use std::ops::Deref;

use crate::primitive::{AtomicU32, Ordering, const_fn};

/// The places that calls of one annotated function have taken, in a static beside it. How many there are
/// is a setting, which may change: see [`Calls`](super::Calls).
#[derive(Debug)]
pub struct Bulkhead {
    inside: AtomicU32,
}

impl Bulkhead {
    const_fn! {
        /// With nobody inside.
        #[allow(clippy::new_without_default, reason = "it stands in a static")]
        pub fn new() -> Self {
            Self { inside: AtomicU32::new(0) }
        }
    }

    /// Takes one of so many places if one is free. There are never more inside than that by this, not even
    /// for a moment. Where there were more places before, those inside stay, and nobody else enters until
    /// fewer are inside than there are places now.
    #[inline]
    pub fn enter(&'static self, limit: u32) -> Option<Slot> {
        let one_more = |inside| (inside < limit).then(|| inside + 1);
        // Whoever has the place of another sees all that the other did in it.
        self.inside.fetch_update(Ordering::Acquire, Ordering::Relaxed, one_more).ok()?;
        Some(Slot { bulkhead: self })
    }
}

/// One place, free again when this is dropped.
#[derive(Debug)]
#[must_use = "a place that is dropped is free again"]
pub struct Slot {
    bulkhead: &'static Bulkhead,
}

impl Drop for Slot {
    #[inline]
    fn drop(&mut self) {
        self.bulkhead.inside.fetch_sub(1, Ordering::Release);
    }
}

/// A call's way to its breaker, with the call's place beside it: the place is free again once the call
/// has ended and has told the breaker so.
#[derive(Debug)]
pub struct Inside<C> {
    // Dropped in this order.
    way: C,
    _slot: Option<Slot>,
}

impl<C> Inside<C> {
    /// Has the call keep its place for as long as its way to the breaker.
    #[inline]
    pub fn new(way: C, slot: Slot) -> Self {
        Self { way, _slot: Some(slot) }
    }

    /// A call that is made as if there were no bulkhead.
    #[inline]
    pub fn without(way: C) -> Self {
        Self { way, _slot: None }
    }
}

impl<C: Deref> Deref for Inside<C> {
    type Target = C::Target;

    #[inline]
    fn deref(&self) -> &C::Target {
        &self.way
    }
}

#[cfg(all(test, not(cb_loom)))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test fails the test")]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        pin::{Pin, pin},
        sync::{Arc, Barrier},
        task::{Context, Poll, Waker},
        thread,
    };

    use super::*;
    use crate::{
        breaker::{
            CircuitBreaker,
            call::{Settled, Verdict, guard, run},
            core::Core,
            limit::NoLimit,
            permit::{Held, WhenDropped},
        },
        config::Config,
    };

    fn bulkhead() -> &'static Bulkhead {
        Box::leak(Box::new(Bulkhead::new()))
    }

    #[test]
    fn a_place_is_free_again_once_it_is_left() {
        static BULKHEAD: Bulkhead = Bulkhead::new();
        let one = BULKHEAD.enter(2);
        let two = BULKHEAD.enter(2);
        assert!(one.is_some() && two.is_some() && BULKHEAD.enter(2).is_none());
        drop(one);
        assert!(BULKHEAD.enter(2).is_some() && BULKHEAD.enter(2).is_some(), "one at a time");
        drop(two);
        assert_eq!([(); 3].map(|()| BULKHEAD.enter(2)).iter().flatten().count(), 2);
    }

    #[test]
    fn where_there_are_fewer_places_than_before_nobody_enters_until_enough_have_left() {
        let bulkhead = bulkhead();
        let mut inside: Vec<Slot> = (0..3).filter_map(|_| bulkhead.enter(3)).collect();
        while let Some(slot) = inside.pop() {
            assert!(bulkhead.enter(1).is_none(), "{} of one", inside.len() + 1);
            drop(slot);
        }
        let one = bulkhead.enter(1);
        assert!(one.is_some() && bulkhead.enter(1).is_none());
        assert!(bulkhead.enter(2).is_some(), "and more of them at once");
    }

    #[test]
    fn threads_that_crowd_in_are_never_one_too_many() {
        const LIMIT: u32 = 3;
        let bulkhead = bulkhead();
        let barrier = Barrier::new(8);
        let inside = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    barrier.wait();
                    for _ in 0..10_000 {
                        let Some(_slot) = bulkhead.enter(LIMIT) else { continue };
                        let before = inside.fetch_add(1, Ordering::Relaxed);
                        inside.fetch_sub(1, Ordering::Relaxed);
                        assert!(before < LIMIT);
                    }
                });
            }
        });
        assert_eq!(bulkhead.inside.load(Ordering::Relaxed), 0);
    }

    /// A way to the breaker that is dropped with the permit.
    struct Way {
        core: Arc<Core>,
        bulkhead: &'static Bulkhead,
    }

    impl Deref for Way {
        type Target = Core;

        fn deref(&self) -> &Core {
            &self.core
        }
    }

    impl Drop for Way {
        fn drop(&mut self) {
            assert!(self.bulkhead.enter(1).is_none(), "the place is left last");
        }
    }

    fn breaker() -> CircuitBreaker {
        CircuitBreaker::new("bulkhead", Config::default())
    }

    fn held(breaker: &CircuitBreaker, bulkhead: &'static Bulkhead) -> Held<Inside<Way>> {
        let way = Way { core: Arc::clone(&breaker.0), bulkhead };
        let ticket = breaker.0.admit().ok().unwrap();
        Held::new(Inside::new(way, bulkhead.enter(1).unwrap()), ticket, WhenDropped::Ignored)
    }

    fn judge(value: u32) -> (u32, Verdict) {
        (value, Verdict::Success)
    }

    /// A body that is never done, and looks at its place once it is dropped.
    struct Hung(&'static Bulkhead);

    impl Future for Hung {
        type Output = u32;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
            Poll::Pending
        }
    }

    impl Drop for Hung {
        fn drop(&mut self) {
            assert!(self.0.enter(1).is_none(), "the body is dropped first");
        }
    }

    #[test]
    fn a_call_that_returns_leaves_its_place_after_it_was_counted() {
        let (breaker, bulkhead) = (breaker(), bulkhead());
        assert!(matches!(run(held(&breaker, bulkhead), || 1, judge), Settled::Answer(1)));
        {
            let mut call = pin!(guard(held(&breaker, bulkhead), async { 2 }, NoLimit, judge));
            let answer = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(answer, Poll::Ready(Settled::Answer(2))));
        }
        assert!(bulkhead.enter(1).is_some());
        assert_eq!(breaker.snapshot().totals.successes, 2);
    }

    #[test]
    fn a_call_that_is_dropped_leaves_its_place_last() {
        let (breaker, bulkhead) = (breaker(), bulkhead());
        {
            let held = held(&breaker, bulkhead);
            let mut call = pin!(guard(held, Hung(bulkhead), NoLimit, judge));
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            assert!(bulkhead.enter(1).is_none());
        }
        assert!(bulkhead.enter(1).is_some());
    }

    #[test]
    fn a_call_that_panics_or_never_begins_leaves_its_place() {
        let (breaker, bulkhead) = (breaker(), bulkhead());
        let panicking = || run(held(&breaker, bulkhead), || panic!("on purpose"), judge);
        assert!(catch_unwind(AssertUnwindSafe(panicking)).is_err());
        assert_eq!(breaker.snapshot().totals.failures, 1);
        drop(held(&breaker, bulkhead));
        assert!(bulkhead.enter(1).is_some());
    }
}

/// Run with the breaker's own models: see `breaker::loom_tests`.
#[cfg(all(test, cb_loom))]
#[allow(clippy::unwrap_used, reason = "a helper of a test fails the test")]
mod loom_tests {
    use loom::{cell::UnsafeCell, sync::Arc, thread};

    use super::*;

    /// loom's numbers are those of one run, which ends before this is needed again.
    fn bulkhead() -> &'static Bulkhead {
        Box::leak(Box::new(Bulkhead::new()))
    }

    #[test]
    fn given_two_places_when_three_race_for_them_then_two_have_them() {
        loom::model(|| {
            let bulkhead = bulkhead();

            let racers = [(); 2].map(|()| thread::spawn(|| bulkhead.enter(2)));
            let mine = bulkhead.enter(2);
            let slots = racers.map(|racer| racer.join().unwrap());

            assert_eq!(slots.iter().chain([&mine]).flatten().count(), 2);
            assert!(bulkhead.enter(2).is_none());
            drop((slots, mine));
            assert_eq!([(); 3].map(|()| bulkhead.enter(2)).iter().flatten().count(), 2);
        });
    }

    #[test]
    fn given_a_place_that_is_left_when_another_finds_it_then_it_sees_what_was_done_in_it() {
        loom::model(|| {
            let bulkhead = bulkhead();
            // loom fails the run where two touch this without an order between them.
            let done = Arc::new(UnsafeCell::new(0));
            let work = |done: &UnsafeCell<u32>| {
                let slot = bulkhead.enter(1);
                if slot.is_some() {
                    done.with_mut(|_| ());
                }
            };

            let other = {
                let done = Arc::clone(&done);
                thread::spawn(move || work(&done))
            };
            work(&done);
            other.join().unwrap();

            assert!(bulkhead.enter(1).is_some(), "every place was given back");
        });
    }
}
