//! The counts that every call adds to, spread so that threads do not wait for each other's cache
//! lines.
//!
//! A stripe is written by the one thread that owns it, with plain loads and stores: no locked
//! instruction. Threads beyond the number that can own one share the last. Readers add up all.

use crate::{
    breaker::slot::{OWNERS, SHARED, known_slot, slot},
    clock::Tick,
    primitive::{AtomicI64, AtomicU32, AtomicU64, OnceBox, Ordering},
};

#[cfg(not(cb_loom))]
const NEAR: usize = 4;
#[cfg(cb_loom)]
const NEAR: usize = 1;
const FAR: usize = OWNERS - NEAR;

/// The stripes of one breaker, made when their thread first comes by.
pub(crate) struct Stripes {
    /// The first few are at hand: a breaker that few threads use stays small.
    near: [OnceBox<Stripe>; NEAR],
    far: OnceBox<Far>,
}

struct Far {
    owned: [OnceBox<Stripe>; FAR],
    shared: OnceBox<Stripe>,
}

impl Default for Far {
    fn default() -> Self {
        Self { owned: std::array::from_fn(|_| OnceBox::new()), shared: OnceBox::new() }
    }
}

/// One thread's counts: a cache line.
#[derive(Default)]
#[repr(align(64))]
pub(crate) struct Stripe {
    admitted: AtomicU64,
    successes: AtomicU64,
    rejected: AtomicU64,
    /// Those that failed are counted elsewhere, so that neither number is a difference.
    fallbacks: AtomicU64,
    sampling: Sampling,
    last_success: AtomicI64,
    timed_nanos: AtomicU64,
    slowest_nanos: AtomicU64,
}

/// Which calls are timed: all, or when calls come thick and fast one in a stride.
#[derive(Default)]
struct Sampling {
    untimed_left: AtomicU32,
    heat: AtomicU32,
}

/// One call in this many is timed at the least, so that a quiet time after a busy one is not long in
/// the dark.
const LONGEST_STRIDE: u32 = 128;

/// So many busy calls in a row are all timed before any is left out.
const PATIENCE: u32 = 64;

const HOTTEST: u32 = PATIENCE + LONGEST_STRIDE.ilog2();

/// Calls that come closer together than this are busy: two clock reads (some 50 ns) are then more
/// than half a percent of a core.
const BUSY: u128 = 10_000;

/// A stripe, and whether this thread owns it.
#[derive(Clone, Copy)]
pub(crate) struct Mine<'a> {
    stripe: &'a Stripe,
    owned: bool,
}

/// All stripes added up.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) admitted: u64,
    pub(crate) successes: u64,
    pub(crate) rejected: u64,
    pub(crate) fallbacks: u64,
    pub(crate) timed_nanos: u64,
    pub(crate) slowest_nanos: u64,
    /// The end of the latest timed success.
    pub(crate) last_success: Option<Tick>,
}

impl Stripes {
    pub(crate) fn new() -> Self {
        Self { near: std::array::from_fn(|_| OnceBox::new()), far: OnceBox::new() }
    }

    /// The stripe that the present thread adds to.
    #[inline]
    pub(crate) fn mine(&self) -> Mine<'_> {
        self.at_hand().unwrap_or_else(|| self.further(slot()))
    }

    /// The same, if this is one of the first threads and has been here before.
    #[inline]
    pub(crate) fn at_hand(&self) -> Option<Mine<'_>> {
        let stripe = self.near.get(known_slot()).and_then(OnceBox::get)?;
        Some(Mine { stripe, owned: true })
    }

    #[inline(never)]
    fn further(&self, slot: usize) -> Mine<'_> {
        let place = self.near.get(slot).unwrap_or_else(|| {
            let far = self.far.get_or_init(Box::default);
            far.owned.get(slot - NEAR).unwrap_or(&far.shared)
        });
        Mine { stripe: place.get_or_init(Box::default), owned: slot != SHARED }
    }

    fn all(&self) -> impl Iterator<Item = &Stripe> {
        let far = self.far.get().into_iter();
        let far = far.flat_map(|far| far.owned.iter().chain([&far.shared]));
        self.near.iter().chain(far).filter_map(OnceBox::get)
    }

    /// Of all stripes, the calls that were admitted and those that succeeded.
    pub(crate) fn passed(&self) -> (u64, u64) {
        self.all().fold((0, 0), |(admitted, successes), stripe| {
            (
                admitted.wrapping_add(stripe.admitted.load(Ordering::Relaxed)),
                successes.wrapping_add(stripe.successes.load(Ordering::Relaxed)),
            )
        })
    }

    pub(crate) fn sums(&self) -> Sums {
        let mut sums = Sums::default();
        for stripe in self.all() {
            sums.admitted += stripe.admitted.load(Ordering::Relaxed);
            sums.successes += stripe.successes.load(Ordering::Relaxed);
            sums.rejected += stripe.rejected.load(Ordering::Relaxed);
            sums.fallbacks += stripe.fallbacks.load(Ordering::Relaxed);
            sums.timed_nanos =
                sums.timed_nanos.saturating_add(stripe.timed_nanos.load(Ordering::Relaxed));
            sums.slowest_nanos =
                sums.slowest_nanos.max(stripe.slowest_nanos.load(Ordering::Relaxed));
            let last = Tick(stripe.last_success.load(Ordering::Relaxed));
            // Zero is what a stripe starts with.
            if last != Tick(0) {
                sums.last_success = sums.last_success.max(Some(last));
            }
        }
        sums
    }
}

impl Mine<'_> {
    /// Only the owner writes, so nothing can come between the load and the store.
    #[inline]
    fn add(self, counter: &AtomicU64, amount: u64) {
        if self.owned {
            let sum = counter.load(Ordering::Relaxed).wrapping_add(amount);
            counter.store(sum, Ordering::Relaxed);
        } else {
            counter.fetch_add(amount, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn count_admitted(self) {
        self.add(&self.stripe.admitted, 1);
    }

    #[inline]
    pub(crate) fn count_success(self) {
        self.add(&self.stripe.successes, 1);
    }

    #[inline]
    pub(crate) fn count_rejected(self) {
        self.add(&self.stripe.rejected, 1);
    }

    #[inline]
    pub(crate) fn count_fallback(self) {
        self.add(&self.stripe.fallbacks, 1);
    }

    /// The start of a call that is to be timed, or [`Tick::UNKNOWN`].
    #[inline]
    pub(crate) fn start_timing(self) -> Tick {
        if self.is_sampled() { Tick::now() } else { Tick::UNKNOWN }
    }

    /// Whether this call is in the sample.
    #[inline]
    pub(crate) fn is_sampled(self) -> bool {
        let left = self.stripe.sampling.untimed_left.load(Ordering::Relaxed);
        if left != 0 {
            self.stripe.sampling.untimed_left.store(left - 1, Ordering::Relaxed);
            return false;
        }
        self.stripe.sampling.set_out();
        true
    }

    /// A timed call took so long.
    pub(crate) fn note_duration(self, nanos: u64) {
        self.add(&self.stripe.timed_nanos, nanos);
        // Threads that share a stripe may lose one another's maximum here; owners lose nothing.
        if nanos > self.stripe.slowest_nanos.load(Ordering::Relaxed) {
            self.stripe.slowest_nanos.store(nanos, Ordering::Relaxed);
        }
    }

    /// A timed call has ended in success.
    pub(crate) fn note_timed_success_at(self, now: Tick) {
        let before = Tick(self.stripe.last_success.load(Ordering::Relaxed));
        self.note_success_at(now);
        self.stripe.sampling.adapt(before, now);
    }

    /// A call has ended in success.
    pub(crate) fn note_success_at(self, now: Tick) {
        // A nanosecond off at most, and never the zero that a stripe starts with: a paused clock may
        // stand at zero.
        self.stripe.last_success.store(now.0 | 1, Ordering::Relaxed);
    }
}

impl Sampling {
    fn stride(&self) -> u32 {
        let beyond = self.heat.load(Ordering::Relaxed).saturating_sub(PATIENCE);
        (1 << beyond.min(LONGEST_STRIDE.ilog2())) - 1
    }

    fn set_out(&self) {
        self.untimed_left.store(self.stride(), Ordering::Relaxed);
    }

    /// Grows hotter while calls come close together, and cools at once by half while they do not.
    fn adapt(&self, before: Tick, now: Tick) {
        let heat = self.heat.load(Ordering::Relaxed);
        let busy = now.since(before).as_nanos() < BUSY * u128::from(self.stride() + 1);
        let next = if busy { heat.saturating_add(1).min(HOTTEST) } else { heat / 2 };
        self.heat.store(next, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_stripe_is_one_cache_line() {
        assert_eq!(size_of::<Stripe>(), 64);
    }

    #[test]
    fn a_success_at_the_anchor_of_time_is_seen() {
        let stripes = Stripes::new();
        stripes.mine().count_admitted();
        assert_eq!(stripes.sums().last_success, None);

        stripes.mine().note_success_at(Tick(0));

        assert_eq!(stripes.sums().last_success, Some(Tick(1)), "a nanosecond off");
    }

    #[test]
    fn quiet_calls_are_all_timed_and_busy_ones_sampled() {
        let stripes = Stripes::new();
        let timed = |gap: i64, calls: i64| {
            let base = stripes.sums().last_success.map_or(0, |last| last.0) + 1_000_000_000;
            (0..calls)
                .filter(|call| {
                    let mine = stripes.mine();
                    let start = mine.start_timing();
                    if start.is_known() {
                        let now = Tick(base + call * gap);
                        mine.note_timed_success_at(now);
                    }
                    start.is_known()
                })
                .count()
        };
        assert_eq!(timed(1_000_000, 1000), 1000, "a millisecond apart");
        let busy = timed(1_000, 64_000);
        assert!((500..700).contains(&busy), "a microsecond apart: {busy}");
        let quiet_again = timed(1_000_000, 1000);
        assert!(quiet_again > 800, "a millisecond apart again: {quiet_again}");
    }
}
