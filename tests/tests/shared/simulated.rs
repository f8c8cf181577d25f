//! What many instances say to Redis, without one: each with the link that it has in a program, at one store
//! in memory that counts, on a clock that runs as fast as it can. So a thousand of them fit a computer.

use std::time::Duration;

use cb_runtime::{Config, Exchange, ExchangeTraffic, Registry, SharedOptions, SharedState, State};
use tokio::time::{Instant, sleep};

/// What is said in a time.
pub(crate) struct Said {
    pub(crate) traffic: ExchangeTraffic,
    /// By the instances' clock.
    pub(crate) time: Duration,
}

/// What instances have to say.
pub(crate) struct Simulated {
    /// When nothing happens.
    pub(crate) idle: Said,
    /// When each breaker is opened by one instance, all at once.
    pub(crate) storm: Said,
    /// When each breaker is opened by each instance, all at once, before any has heard of another.
    pub(crate) everywhere: Said,
}

/// For which nothing happens.
const IDLE: Duration = Duration::from_secs(60);
/// In which all has been said.
const SOON: Duration = Duration::from_millis(100);

/// Each time the same.
pub(crate) fn simulate(instances: usize, breakers: usize) -> Simulated {
    fastrand::seed(7);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let scene = Scene::new(instances, breakers).await;
        let idle = scene.during(|| (), IDLE).await;
        let storm = scene.during(|| scene.trip_each_once(), SOON).await;
        assert!(scene.all_are(State::Open), "all have heard");
        scene.reset().await;
        let everywhere = scene.during(|| scene.trip_all(), SOON).await;
        assert!(scene.all_are(State::Open), "all have heard");
        Simulated { idle, storm, everywhere }
    })
}

struct Scene {
    exchange: Exchange,
    all: Vec<Registry>,
    breakers: usize,
}

/// As long as the measured ones have.
pub(crate) fn name(number: usize) -> String {
    format!("web_app/service_{number:03}")
}

impl Scene {
    async fn new(instances: usize, breakers: usize) -> Self {
        let exchange = Exchange::counted("shop");
        let config = Config::builder()
            .failure_threshold(2)
            .recovery_timeout(Duration::from_secs(3_600))
            .build()
            .unwrap();
        let all = (0..instances)
            .map(|number| {
                let registry = Registry::new();
                // A name that is as long as those which instances give themselves.
                let options = SharedOptions::new().instance(format!("{number:016x}"));
                let state = SharedState::in_memory(&exchange, options).unwrap();
                registry.share(state).unwrap();
                for number in 0..breakers {
                    registry.get_or_register(&name(number), config.clone()).unwrap();
                }
                registry
            })
            .collect();
        let scene = Self { exchange, all, breakers };
        // So that what they know of the store is as long to say as ever.
        let first = scene.all[0].get_or_register("first", config).unwrap();
        for _ in 0..2 {
            let _ = first.call_blocking(|| Err::<(), ()>(()));
        }
        // In which each has asked twice or more.
        sleep(Duration::from_secs(15)).await;
        scene
    }

    async fn during(&self, happens: impl FnOnce(), time: Duration) -> Said {
        let (before, begun) = (self.exchange.traffic(), Instant::now());
        happens();
        sleep(time).await;
        let after = self.exchange.traffic();
        let traffic = ExchangeTraffic {
            commands: after.commands - before.commands,
            messages: after.messages - before.messages,
            to: after.to - before.to,
            from: after.from - before.from,
        };
        Said { traffic, time: begun.elapsed() }
    }

    fn trip(&self, instance: usize, breaker: usize) {
        let breaker = self.all[instance].get(&name(breaker)).unwrap();
        for _ in 0..2 {
            let _ = breaker.call_blocking(|| Err::<(), ()>(()));
        }
    }

    fn trip_each_once(&self) {
        (0..self.breakers).for_each(|breaker| self.trip(breaker % self.all.len(), breaker));
    }

    fn trip_all(&self) {
        for instance in 0..self.all.len() {
            (0..self.breakers).for_each(|breaker| self.trip(instance, breaker));
        }
    }

    /// Closes all that is open, everywhere.
    async fn reset(&self) {
        let handle = self.all[0].shared().unwrap();
        for breaker in 0..self.breakers {
            handle.reset(&name(breaker), Duration::from_secs(1)).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_secs(15)).await;
        assert!(self.all_are(State::Closed), "all are reset");
    }

    fn all_are(&self, state: State) -> bool {
        let are = |registry: &Registry| {
            let mut breakers = registry.iter().filter(|breaker| breaker.name() != "first");
            breakers.all(|breaker| breaker.state() == state)
        };
        self.all.iter().all(are)
    }
}
