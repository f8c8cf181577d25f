//! Random scripts, with a liking for the settings and the times at which breakers go wrong.

use std::time::Duration;

use proptest::{option, prelude::*, sample::select};

use super::{
    script::{End, Moment, Offset, Script, Step, Way},
    settings::{Growth, Over, Setting, Settings},
};

/// The most steps of a script.
const STEPS: usize = 40;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What a breaker of the scripts decides by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Rows,
    /// Opens at almost every failure, so that it is half-open for most of a script.
    Probes,
    RatesOfCalls,
    RatesOfTime,
}

pub(crate) fn scripts(kind: Kind) -> impl Strategy<Value = Script> {
    let steps = prop::collection::vec(step(kind), 1..=STEPS);
    (settings(kind), steps).prop_map(|(settings, steps)| Script { settings, steps })
}

fn settings(kind: Kind) -> BoxedStrategy<Settings> {
    let states = (
        threshold(kind),
        recovery_timeout(),
        option::of(half_open_max_calls()),
        option::of(success_threshold()),
        option::weighted(0.4, probe_timeout()),
        option::weighted(0.3, backoff()),
        option::weighted(0.3, reset_timeout()),
        option::weighted(0.3, response_times()),
    );
    let rates = (
        option::weighted(0.8, failure_rate()),
        option::weighted(0.6, slow_call()),
        option::weighted(0.7, slow_call_rate()),
        window(kind),
        option::weighted(0.8, min_calls()),
        option::weighted(0.15, shed()),
    );
    (states, rates)
        .prop_map(move |((a, b, c, d, e, f, g, h), (i, j, k, l, m, n))| {
            let states = [Some(a), Some(b), c, d, e, f, g, h];
            let rates = match kind {
                Kind::Rows => [None; 6],
                Kind::Probes => [None, j, None, None, None, None],
                Kind::RatesOfCalls | Kind::RatesOfTime => [i, j, k, Some(l), m, n],
            };
            states.into_iter().chain(rates).flatten().collect::<Settings>().mended()
        })
        .boxed()
}

fn threshold(kind: Kind) -> BoxedStrategy<Setting> {
    let most = match kind {
        Kind::Rows => 4_u32,
        Kind::Probes => 1,
        Kind::RatesOfCalls | Kind::RatesOfTime => 10,
    };
    (1..=most).prop_map(Setting::FailureThreshold).boxed()
}

fn recovery_timeout() -> BoxedStrategy<Setting> {
    prop_oneof![
        20 => select(vec![ms(100), ms(250), ms(1000)]),
        1 => select(vec![Duration::from_nanos(1), Duration::MAX]),
    ]
    .prop_map(Setting::RecoveryTimeout)
    .boxed()
}

fn half_open_max_calls() -> BoxedStrategy<Setting> {
    (1..=3_u32).prop_map(Setting::HalfOpenMaxCalls).boxed()
}

fn success_threshold() -> BoxedStrategy<Setting> {
    (1..=3_u32).prop_map(Setting::SuccessThreshold).boxed()
}

fn probe_timeout() -> BoxedStrategy<Setting> {
    select(vec![ms(100), ms(30), ms(1000), Duration::MAX]).prop_map(Setting::ProbeTimeout).boxed()
}

fn backoff() -> BoxedStrategy<Setting> {
    let factor = select(vec![2.0, 1.0, 1.5, 3.7, 1e300]);
    let max = select(vec![ms(1000), ms(300), ms(100), Duration::MAX]);
    let jitter = select(vec![0.0, 0.0, 0.0, 0.1, 1.0]);
    (factor, max, jitter)
        .prop_map(|(factor, max, jitter)| Setting::Backoff(Growth { factor, max, jitter }))
        .boxed()
}

fn reset_timeout() -> BoxedStrategy<Setting> {
    select(vec![ms(100), ms(500), ms(2000), Duration::MAX]).prop_map(Setting::ResetTimeout).boxed()
}

fn response_times() -> BoxedStrategy<Setting> {
    any::<bool>().prop_map(Setting::ResponseTimes).boxed()
}

/// Rates that numbers of calls can reach to the dot.
fn rate() -> impl Strategy<Value = f64> {
    (1..=8_u32, 1..=8_u32).prop_map(|(a, b)| f64::from(a.min(b)) / f64::from(a.max(b)))
}

fn failure_rate() -> BoxedStrategy<Setting> {
    rate().prop_map(Setting::FailureRate).boxed()
}

fn slow_call_rate() -> BoxedStrategy<Setting> {
    rate().prop_map(Setting::SlowCallRate).boxed()
}

fn slow_call() -> BoxedStrategy<Setting> {
    select(vec![ms(30), ms(10), ms(100)]).prop_map(Setting::SlowCall).boxed()
}

fn window(kind: Kind) -> BoxedStrategy<Setting> {
    let calls = (1..=8_u32).prop_map(Over::Calls);
    let odd = Duration::from_nanos(123_456_789);
    let times = select(vec![ms(100), ms(250), ms(1000), ms(2000), odd, Duration::MAX]);
    match kind {
        Kind::Rows | Kind::Probes | Kind::RatesOfCalls => calls.prop_map(Setting::Window).boxed(),
        Kind::RatesOfTime => times.prop_map(Over::Time).prop_map(Setting::Window).boxed(),
    }
}

fn min_calls() -> BoxedStrategy<Setting> {
    (1..=8_u32).prop_map(Setting::MinCalls).boxed()
}

fn shed() -> BoxedStrategy<Setting> {
    select(vec![2.0, 1.5, 1.01]).prop_map(Setting::Shed).boxed()
}

fn change(kind: Kind) -> BoxedStrategy<Setting> {
    let states = prop_oneof![
        (0..=4_u32).prop_map(Setting::FailureThreshold),
        recovery_timeout(),
        (0..=3_u32).prop_map(Setting::HalfOpenMaxCalls),
        (0..=3_u32).prop_map(Setting::SuccessThreshold),
        probe_timeout(),
        backoff(),
        reset_timeout(),
        response_times(),
    ];
    let rates = prop_oneof![
        failure_rate(),
        slow_call(),
        slow_call_rate(),
        window(Kind::RatesOfCalls),
        window(Kind::RatesOfTime),
        (0..=8_u32).prop_map(Setting::MinCalls),
        shed(),
    ];
    match kind {
        Kind::Rows | Kind::Probes => prop_oneof![8 => states, 1 => rates].boxed(),
        Kind::RatesOfCalls | Kind::RatesOfTime => prop_oneof![1 => states, 2 => rates].boxed(),
    }
}

fn step(kind: Kind) -> BoxedStrategy<Step> {
    let end = || end(kind);
    prop_oneof![
        40 => (way(), end(), time()).prop_map(|(way, end, time)| Step::Call(way, end, time)),
        1 => (select(vec![4, 12, 110]), end()).prop_map(|(number, end)| Step::Calls(number, end)),
        10 => way().prop_map(Step::Begin),
        12 => (0..4_usize, end()).prop_map(|(which, end)| Step::Finish(which, end)),
        8 => time().prop_map(Step::Wait),
        24 => (moment(kind), offset()).prop_map(|(moment, offset)| Step::WaitFor(moment, offset)),
        if kind == Kind::Probes { 2 } else { 5 } => operator(),
        4 => change(kind).prop_map(Step::Reconfigure),
    ]
    .boxed()
}

fn operator() -> BoxedStrategy<Step> {
    prop_oneof![
        3 => Just(Step::Reset),
        4 => Just(Step::Resume),
        1 => Just(Step::ForceOpen),
        2 => time().prop_map(Step::ForceOpenFor),
        1 => Just(Step::Disable),
        2 => time().prop_map(Step::DisableFor),
        2 => Just(Step::MetricsOnly),
        2 => time().prop_map(Step::MetricsOnlyFor),
    ]
    .boxed()
}

fn way() -> impl Strategy<Value = Way> {
    select(vec![Way::Permit, Way::Call])
}

fn end(kind: Kind) -> BoxedStrategy<End> {
    let (failure, success) = if kind == Kind::Probes { (2, 8) } else { (5, 4) };
    prop_oneof![
        failure => Just(End::Failure),
        success => Just(End::Success),
        1 => Just(End::Ignored),
        2 => Just(End::Dropped),
        1 => Just(End::Panicked),
    ]
    .boxed()
}

fn time() -> BoxedStrategy<Duration> {
    let nano = Duration::from_nanos(1);
    prop_oneof![
        4 => Just(Duration::ZERO),
        4 => select(vec![ms(10), ms(30), ms(30) + nano, ms(100), ms(250)]),
        1 => select(vec![nano, ms(100) - nano, ms(100) + nano, ms(500), ms(1000), ms(3000)]),
    ]
    .boxed()
}

fn moment(kind: Kind) -> BoxedStrategy<Moment> {
    let (slow, window) = match kind {
        Kind::Rows => (1, 1),
        Kind::Probes | Kind::RatesOfCalls => (3, 1),
        Kind::RatesOfTime => (3, 3),
    };
    prop_oneof![
        if kind == Kind::Probes { 24 } else { 10 } => Just(Moment::OpenEnd),
        3 => Just(Moment::ProbeEnd),
        2 => Just(Moment::ModeEnd),
        2 => Just(Moment::Forgetting),
        slow => Just(Moment::Slow),
        window => Just(Moment::WindowEnd),
        window => Just(Moment::SliceEnd),
    ]
    .boxed()
}

fn offset() -> BoxedStrategy<Offset> {
    prop_oneof![
        4 => Just(Offset::At),
        1 => Just(Offset::NanoBefore),
        2 => Just(Offset::NanoAfter),
    ]
    .boxed()
}
