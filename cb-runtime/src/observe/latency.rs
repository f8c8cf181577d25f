//! The distribution of response times.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::Serialize;

use crate::primitive::{AtomicU32, OnceBox, Ordering};

/// Two buckets for each doubling, from 4 µs to 69 s; what lies outside is in the first and the last.
const BUCKETS: usize = 50;
const LOWEST_POWER: u32 = 12;

/// From the bottom of a span of buckets to its top it is 32 times.
const SPAN: usize = 10;

/// Counts of timed calls by how long they took.
///
/// The calls of one service lie in one span or two, and the others are not made.
pub(crate) struct Histogram([OnceBox<Span>; BUCKETS / SPAN]);

#[derive(Default)]
struct Span([AtomicU32; SPAN]);

/// How often each bucket has come to another half of what its counter can hold. A busy program is there
/// within hours, most are never.
#[derive(Default)]
pub(crate) struct Halves(Mutex<Option<Box<[u32; BUCKETS]>>>);

const HALF: u64 = 1 << 31;

/// How long calls took, from the calls that were timed.
///
/// Every call is timed while a thread makes fewer than 100 000 a second; above that, a sample is.
/// Percentiles are read off a histogram with two buckets to a doubling, and lie within a fifth of
/// the exact figure between 4 µs and 69 s. Mean and maximum are exact over the timed calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "admin", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ResponseTimes {
    /// How many calls were timed.
    pub timed: u64,
    /// Their mean.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub mean: Duration,
    /// Half of the calls took no longer.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub p50: Duration,
    /// 95 of 100 calls took no longer.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub p95: Duration,
    /// 99 of 100 calls took no longer.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub p99: Duration,
    /// The longest.
    #[serde(serialize_with = "seconds")]
    #[cfg_attr(feature = "admin", schema(value_type = f64))]
    pub max: Duration,
}

pub(crate) fn seconds<S: serde::Serializer>(
    time: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| OnceBox::new()))
    }

    /// Counts a call. Returns its bucket where that is one of the calls to [note](Halves::note).
    #[must_use]
    pub(crate) fn record(&self, nanos: u64) -> Option<usize> {
        let bucket = bucket(nanos);
        let Span(counts) = self.0.get(bucket / SPAN)?.get_or_init(Box::default);
        let count = u64::from(counts[bucket % SPAN].fetch_add(1, Ordering::Relaxed)) + 1;
        count.is_multiple_of(HALF).then_some(bucket)
    }

    /// The counts at this moment.
    pub(crate) fn spread(&self, halves: Option<&Halves>) -> Spread {
        let mut spread = self.lower();
        if let Some(halves) = halves {
            halves.complete(&mut spread);
        }
        spread
    }

    fn lower(&self) -> Spread {
        let mut spread = Spread::default();
        for (span, counts) in self.0.iter().zip(spread.0.chunks_mut(SPAN)) {
            let Some(Span(found)) = span.get() else { continue };
            for (count, found) in counts.iter_mut().zip(found) {
                *count = u64::from(found.load(Ordering::Relaxed));
            }
        }
        spread
    }
}

impl Halves {
    pub(crate) fn note(&self, bucket: usize) {
        let mut halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = halves.get_or_insert_with(|| Box::new([0; BUCKETS])).get_mut(bucket) {
            *count += 1;
        }
    }

    /// Makes whole counts of what the counters hold. Counter and halves are not read at one moment, so
    /// of the counts that it may be, the one is taken that is next to the middle of the present half.
    fn complete(&self, spread: &mut Spread) {
        let halves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(halves) = halves.as_deref() else { return };
        for (count, halves) in spread.0.iter_mut().zip(halves) {
            let least = (u64::from(*halves) * HALF).saturating_sub(HALF / 2);
            *count = least + u64::from(lower_half(*count).wrapping_sub(lower_half(least)));
        }
    }
}

/// What a [`Histogram`], or several, had counted at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spread([u64; BUCKETS]);

impl Default for Spread {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

/// A [`Spread`] of one breaker at half its size, for comparison with later ones: of counts that are too
/// large, the lower half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept([u32; BUCKETS]);

impl Spread {
    /// How many calls were timed.
    pub(crate) fn timed(&self) -> u64 {
        self.0.iter().sum()
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// The same of one breaker, to be kept.
    pub(super) fn kept(&self) -> Kept {
        Kept(self.0.map(lower_half))
    }

    /// What had been counted when that was kept, and what since.
    pub(super) fn split(&self, Kept(earlier): &Kept) -> (Self, Self) {
        let since = std::array::from_fn(|at| {
            u64::from(lower_half(self.0[at]).wrapping_sub(earlier[at])).min(self.0[at])
        });
        (Self(std::array::from_fn(|at| self.0[at] - since[at])), Self(since))
    }

    /// How many of the timed calls took less than the times that the buckets begin with, which are to
    /// be given in their order; and how many took any time.
    pub(crate) fn below<const N: usize>(&self, buckets: [usize; N]) -> ([u64; N], u64) {
        let (mut sum, mut from) = (0, 0);
        let below = buckets.map(|bucket| {
            sum += self.0[from..bucket].iter().sum::<u64>();
            from = bucket;
            sum
        });
        (below, sum + self.0[from..].iter().sum::<u64>())
    }

    /// So many of 100 calls took no longer; zero where none was timed.
    pub(crate) fn percentile(&self, percent: u64, max_nanos: u64) -> Duration {
        Duration::from_nanos(percentile(&self.0, self.timed(), percent).min(max_nanos))
    }

    /// The figures, given the sum and the maximum of what was recorded; `None` where nothing was.
    pub(crate) fn figures(&self, sum_nanos: u128, max_nanos: u64) -> Option<ResponseTimes> {
        let timed = self.timed();
        let mean = sum_nanos.checked_div(u128::from(timed))?;
        Some(ResponseTimes {
            timed,
            mean: Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)),
            p50: self.percentile(50, max_nanos),
            p95: self.percentile(95, max_nanos),
            p99: self.percentile(99, max_nanos),
            max: Duration::from_nanos(max_nanos),
        })
    }
}

/// Walks to the bucket that holds the call of this rank, and so far into it as the rank is.
fn percentile(counts: &[u64], total: u64, percent: u64) -> u64 {
    let rank = (total * percent).div_ceil(100).max(1);
    let mut below = 0;
    for (bucket, &count) in counts.iter().enumerate() {
        if below + count >= rank {
            let (low, high) = (lower_edge(bucket), lower_edge(bucket + 1));
            return low + (high - low) / count * (rank - below);
        }
        below += count;
    }
    lower_edge(BUCKETS)
}

fn bucket(nanos: u64) -> usize {
    let power = nanos.checked_ilog2().unwrap_or(0);
    if power < LOWEST_POWER {
        return 0;
    }
    let upper_half = (nanos >> (power - 1)) & 1;
    let bucket = u64::from(power - LOWEST_POWER) * 2 + upper_half + 1;
    usize::try_from(bucket).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

fn lower_half(count: u64) -> u32 {
    u32::try_from(count & u64::from(u32::MAX)).unwrap_or_default()
}

/// The least time that falls into the bucket, in nanoseconds.
pub(super) fn lower_edge(bucket: usize) -> u64 {
    let Some(step) = bucket.checked_sub(1) else {
        return 0;
    };
    let whole = 1_u64 << (LOWEST_POWER as usize + step / 2);
    if step % 2 == 0 { whole } else { whole + whole / 2 }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_edge_falls_into_the_bucket_that_it_opens() {
        for step in 1..BUCKETS {
            assert_eq!(bucket(lower_edge(step)), step);
            assert_eq!(bucket(lower_edge(step) - 1), step - 1);
        }
        assert_eq!(bucket(0), 0);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_lie_within_a_fifth() {
        let histogram = Histogram::new();
        let (mut sum, mut max) = (0, 0);
        for call in 1..=10_000_u64 {
            let nanos = call * 10_000;
            assert_eq!(histogram.record(nanos), None);
            sum += nanos;
            max = nanos;
        }
        let figures = histogram.spread(None).figures(sum.into(), max).expect("calls were recorded");
        assert_eq!(figures.timed, 10_000);
        assert_eq!(figures.mean, Duration::from_micros(50_005));
        assert_eq!(figures.max, Duration::from_millis(100));
        for (found, exact) in [(figures.p50, 0.050), (figures.p95, 0.095), (figures.p99, 0.099)] {
            let off = (found.as_secs_f64() / exact - 1.0).abs();
            assert!(off < 0.2, "{found:?} is {off} off {exact}");
        }
    }

    #[test]
    fn a_counter_that_has_run_over_goes_on() {
        let (histogram, halves) = (Histogram::new(), Halves::default());
        for nanos in [0, 1_000_000] {
            assert_eq!(histogram.record(nanos), None);
        }
        let Span(counts) = histogram.0[0].get().expect("it was made");
        let mut whole = 1;
        for _ in 0..5 {
            // As if so many calls had been made.
            let jump = HALF - 3;
            counts[0].fetch_add(u32::try_from(jump).expect("it fits"), Ordering::Relaxed);
            whole += jump;
            for _ in 0..3 {
                let noted = histogram.record(0);
                whole += 1;
                // A reader may come before the note is made.
                assert_eq!(histogram.spread(Some(&halves)).0[0], whole);
                if let Some(bucket) = noted {
                    halves.note(bucket);
                }
                assert_eq!(histogram.spread(Some(&halves)).0[0], whole);
            }
        }
        assert_eq!(histogram.spread(Some(&halves)).timed(), whole + 1);
    }

    #[test]
    fn what_was_counted_since_is_told_apart_where_the_lower_half_has_run_over() {
        let mut before = Spread::default();
        before.0[3] = u64::from(u32::MAX) - 1;
        let mut now = before.clone();
        now.0[3] += 5;
        now.0[7] = 2;
        let (earlier, since) = now.split(&before.kept());
        assert_eq!(earlier, before);
        assert_eq!((since.0[3], since.0[7], since.timed()), (5, 2, 7));
    }

    #[test]
    fn what_lies_below_the_edges_is_in_them_too() {
        let mut spread = Spread::default();
        for (bucket, count) in spread.0.iter_mut().enumerate() {
            *count = bucket as u64;
        }
        assert_eq!(spread.below([2, 3]), ([1, 3], 49 * 50 / 2));
        assert_eq!(spread.below([]), ([], 49 * 50 / 2));
    }

    #[test]
    fn nothing_recorded_is_no_figure() {
        assert_eq!(Histogram::new().spread(None).figures(0, 0), None);
    }
}
