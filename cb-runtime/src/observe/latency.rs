//! The distribution of response times.

use std::time::Duration;

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

/// How long calls took, from the calls that were timed.
///
/// Every call is timed while a thread makes fewer than 100 000 a second; above that, a sample is.
/// Percentiles are read off a histogram with two buckets to a doubling, and lie within a fifth of
/// the exact figure between 4 µs and 69 s. Mean and maximum are exact over the timed calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ResponseTimes {
    /// How many calls were timed.
    pub timed: u64,
    /// Their mean.
    #[serde(serialize_with = "seconds")]
    pub mean: Duration,
    /// Half of the calls took no longer.
    #[serde(serialize_with = "seconds")]
    pub p50: Duration,
    /// 95 of 100 calls took no longer.
    #[serde(serialize_with = "seconds")]
    pub p95: Duration,
    /// 99 of 100 calls took no longer.
    #[serde(serialize_with = "seconds")]
    pub p99: Duration,
    /// The longest.
    #[serde(serialize_with = "seconds")]
    pub max: Duration,
}

pub(super) fn seconds<S: serde::Serializer>(
    time: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| OnceBox::new()))
    }

    pub(crate) fn record(&self, nanos: u64) {
        let bucket = bucket(nanos);
        if let Some(span) = self.0.get(bucket / SPAN) {
            let Span(counts) = span.get_or_init(Box::default);
            counts[bucket % SPAN].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The figures, given the sum and the maximum of what was recorded; `None` where nothing was.
    pub(crate) fn figures(&self, sum_nanos: u64, max_nanos: u64) -> Option<ResponseTimes> {
        let count = |bucket: usize| {
            let Span(counts) = self.0[bucket / SPAN].get()?;
            Some(u64::from(counts[bucket % SPAN].load(Ordering::Relaxed)))
        };
        let counts: Vec<u64> =
            (0..BUCKETS).map(|bucket| count(bucket).unwrap_or_default()).collect();
        let timed: u64 = counts.iter().sum();
        if timed == 0 {
            return None;
        }
        let percentile =
            |percent| Duration::from_nanos(percentile(&counts, timed, percent).min(max_nanos));
        Some(ResponseTimes {
            timed,
            mean: Duration::from_nanos(sum_nanos / timed),
            p50: percentile(50),
            p95: percentile(95),
            p99: percentile(99),
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

/// The least time that falls into the bucket, in nanoseconds.
fn lower_edge(bucket: usize) -> u64 {
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
            histogram.record(nanos);
            sum += nanos;
            max = nanos;
        }
        let figures = histogram.figures(sum, max).expect("calls were recorded");
        assert_eq!(figures.timed, 10_000);
        assert_eq!(figures.mean, Duration::from_micros(50_005));
        assert_eq!(figures.max, Duration::from_millis(100));
        for (found, exact) in [(figures.p50, 0.050), (figures.p95, 0.095), (figures.p99, 0.099)] {
            let off = (found.as_secs_f64() / exact - 1.0).abs();
            assert!(off < 0.2, "{found:?} is {off} off {exact}");
        }
    }

    #[test]
    fn nothing_recorded_is_no_figure() {
        assert_eq!(Histogram::new().figures(0, 0), None);
    }
}
