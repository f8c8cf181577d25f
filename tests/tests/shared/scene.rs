//! Two instances, and a Redis that something happens to: what the tests assert loosely, and the program that
//! measures holds to what is promised.

use std::time::{Duration, Instant};

use cb_runtime::{
    AlertKind, Event, State, Subscription,
    prometheus::{self, Format},
};

use super::through_redis::{Instance, PATIENCE, options, settings, within};

/// Two instances, of which one tells what it hears of the store.
pub(crate) struct Scene {
    one: Instance,
    other: Instance,
    events: Subscription,
}

/// How calls fared meanwhile, and the instances after.
pub(crate) struct Away {
    /// The median of a call's time, the 99th percentile and the longest: before, and while Redis is away.
    pub(crate) before: [Duration; 3],
    pub(crate) during: [Duration; 3],
    /// After which it was known to be away.
    pub(crate) noticed: Duration,
    /// From its return to the same opening everywhere.
    pub(crate) agreed: Duration,
}

impl Scene {
    pub(crate) fn new(url: &str) -> Self {
        let one = Instance::connected(url, options(), settings());
        let other = Instance::connected(url, options(), settings());
        let events = one.registry.subscribe();
        Self { one, other, events }
    }

    /// How often the store was away, and was back.
    fn told(&mut self) -> (usize, usize) {
        let (mut away, mut back) = (0, 0);
        while let Some(event) = self.events.try_recv().unwrap() {
            match event {
                Event::StoreDegraded { .. } => away += 1,
                Event::StoreRestored { .. } => back += 1,
                _ => {}
            }
        }
        (away, back)
    }

    fn alerts(&self) -> usize {
        let alerts = self.one.registry.alerts();
        alerts.iter().filter(|alert| alert.kind == AlertKind::StoreAway).count()
    }

    fn is_away(&self) -> bool {
        let instances = [&self.one, &self.other];
        instances.iter().all(|instance| !instance.handle.status().connected)
    }

    fn is_back(&self) -> bool {
        let instances = [&self.one, &self.other];
        instances.iter().all(|instance| instance.handle.status().connected)
    }

    /// Makes calls for so long, none of which may fail; returns the median, the 99th percentile and the
    /// longest.
    fn calls(&self, time: Duration) -> [Duration; 3] {
        let mut times = Vec::new();
        let begin = Instant::now();
        while begin.elapsed() < time {
            let called = Instant::now();
            assert!(self.one.call(true), "a call failed");
            times.push(called.elapsed());
            std::thread::sleep(Duration::from_micros(200));
        }
        times.sort_unstable();
        [times[times.len() / 2], times[times.len() * 99 / 100], times[times.len() - 1]]
    }

    /// Redis goes away in some way, and comes back in another.
    pub(crate) fn goes_through(
        &mut self,
        what: &str,
        away: impl FnOnce(),
        back: impl FnOnce(),
    ) -> Away {
        let before = self.calls(Duration::from_secs(1));
        away();
        // No slower than the next reading and the longest answer.
        let noticed = within(PATIENCE, "it is away", || self.is_away());
        let during = self.calls(Duration::from_secs(2));
        assert_eq!(self.alerts(), 1);
        assert_eq!(self.metric(), Some("0"));

        self.one.trip();
        assert_eq!(self.other.state(), State::Closed);
        back();
        let agreed = within(PATIENCE, what, || self.other.state() == State::Open);
        within(PATIENCE, "it is back", || self.is_back());
        assert_eq!(self.told(), (1, 1), "one event each");
        assert_eq!(self.alerts(), 0);
        assert_eq!(self.metric(), Some("1"));
        Away { before, during, noticed, agreed }
    }

    fn metric(&self) -> Option<&'static str> {
        let text = prometheus::encode(&self.one.registry, Format::Prometheus);
        let is =
            |value: &&str| text.contains(&format!("\ncircuit_breaker_store_connected {value}\n"));
        ["0", "1"].into_iter().find(is)
    }
}

/// How long after one's opening the other rejects its calls, so many times; the shortest first.
pub(crate) fn trips(url: &str, count: usize) -> Vec<Duration> {
    let one = Instance::connected(url, options(), settings());
    let other = Instance::connected(url, options(), settings());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

    let trip = || {
        one.trip();
        let opened = Instant::now();
        while other.call(true) {
            std::thread::sleep(Duration::from_micros(100));
            assert!(opened.elapsed() < PATIENCE);
        }
        let heard = opened.elapsed();
        runtime.block_on(other.handle.reset("db", Duration::from_secs(1))).unwrap();
        within(PATIENCE, "both are closed", || {
            one.state() == State::Closed && other.state() == State::Closed
        });
        heard
    };
    let mut times: Vec<Duration> = std::iter::repeat_with(trip).take(count).collect();
    times.sort_unstable();
    times
}
