//! What many instances say to Redis: to a real one, and without one, each with the link that it has in a
//! program, at one store in memory that counts, on a clock that runs as fast as it can. So a thousand of them
//! fit a computer.

use std::time::Duration;

use cb_runtime::{Config, Exchange, ExchangeTraffic, Registry, SharedOptions, SharedState, State};
use redis::{Client, cmd};
use tokio::{
    runtime::Builder,
    time::{Instant, sleep},
};

/// What is said in a time.
#[derive(Clone, Copy)]
pub(crate) struct Said {
    pub(crate) traffic: ExchangeTraffic,
    /// By the instances' clock: until all had heard.
    pub(crate) time: Duration,
    /// Redis has worked for so long.
    pub(crate) work: Duration,
}

/// What instances have to say.
pub(crate) struct Together {
    /// When nothing happens.
    pub(crate) idle: Said,
    /// When each breaker is opened by one instance, all at once.
    pub(crate) storm: Said,
    /// In the time after that in which each asks again, once at least.
    pub(crate) after_storm: Said,
    /// When each breaker is opened by each instance, all at once. In a simulation, before any has heard of
    /// another.
    pub(crate) everywhere: Said,
}

/// So many of each.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) instances: usize,
    pub(crate) breakers: usize,
    /// How often instances ask again.
    pub(crate) read_again: Duration,
}

const PREFIX: &str = "shop";
/// For which nothing happens: so many times of asking again.
const IDLE: u32 = 12;
/// In which each has asked again twice or more.
const TWICE: u32 = 3;
/// It is looked at so often whether all has been said.
const LOOK: Duration = Duration::from_millis(100);
/// For what a thousand instances do, on two cores that do all of it.
const PATIENCE: Duration = Duration::from_secs(600);

/// Each time the same.
pub(crate) fn simulate(size: Size) -> Together {
    fastrand::seed(7);
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(run(Meeting::Memory(Exchange::counted(PREFIX)), size))
}

/// With all instances in this process, at an empty Redis.
pub(crate) fn measure(redis: &str, size: Size) -> Together {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(Meeting::Redis(Box::new(Redis::new(redis, size.instances))), size))
}

async fn run(meeting: Meeting, size: Size) -> Together {
    let mut scene = Scene::new(meeting, size).await;
    let idle = scene.idle(IDLE).await;
    let storm = scene.until_open(Scene::trip_each_once).await;
    let after_storm = scene.idle(TWICE).await;
    scene.reset().await;
    let everywhere = scene.until_open(Scene::trip_all).await;
    Together { idle, storm, after_storm, everywhere }
}

/// Where they meet.
enum Meeting {
    Memory(Exchange),
    Redis(Box<Redis>),
}

impl Meeting {
    fn join(&self, options: SharedOptions) -> SharedState {
        match self {
            Self::Memory(exchange) => SharedState::in_memory(exchange, options),
            Self::Redis(redis) => SharedState::redis(&redis.url, options.prefix(PREFIX)),
        }
        .unwrap()
    }

    /// Since the beginning, and Redis's work for it.
    fn said(&mut self) -> (ExchangeTraffic, Duration) {
        match self {
            Self::Memory(exchange) => (exchange.traffic(), Duration::ZERO),
            Self::Redis(redis) => redis.said(),
        }
    }
}

/// What counts for itself.
struct Redis {
    url: String,
    client: redis::Connection,
    instances: u64,
    /// Bytes to it and from it that were said to hear the count.
    asking: [u64; 2],
}

impl Redis {
    fn new(url: &str, instances: usize) -> Self {
        let client = Client::open(url).unwrap().get_connection().unwrap();
        Self { url: url.to_owned(), client, instances: instances as u64, asking: [0; 2] }
    }

    fn said(&mut self) -> (ExchangeTraffic, Duration) {
        let ((first, work), (second, _)) = (self.count(), self.count());
        let [to, from] = self.asking;
        // Twice now, before it is counted again.
        self.asking = [to + 2 * (second.to - first.to), from + 2 * (second.from - first.from)];
        (ExchangeTraffic { to: first.to - to, from: first.from - from, ..first }, work)
    }

    fn count(&mut self) -> (ExchangeTraffic, Duration) {
        let info: String = cmd("INFO").arg("everything").query(&mut self.client).unwrap();
        let figure = |name: &str| info.lines().find_map(|line| line.strip_prefix(name));
        let calls = |name: &str| {
            let figures = figure(name)?.strip_prefix(":calls=")?;
            figures.split(',').next()?.parse().ok()
        };
        let number = |name: &str| -> u64 { figure(name).unwrap().parse().unwrap() };
        let seconds = |name: &str| -> f64 { figure(name).unwrap().parse().unwrap() };
        let traffic = ExchangeTraffic {
            commands: calls("cmdstat_evalsha").unwrap_or(0),
            messages: calls("cmdstat_publish").unwrap_or(0_u64) * self.instances,
            to: number("total_net_input_bytes:"),
            from: number("total_net_output_bytes:"),
        };
        let work = seconds("used_cpu_user:") + seconds("used_cpu_sys:");
        (traffic, Duration::from_secs_f64(work))
    }
}

struct Scene {
    meeting: Meeting,
    all: Vec<Registry>,
    names: Vec<String>,
    read_again: Duration,
}

impl Scene {
    async fn new(meeting: Meeting, size: Size) -> Self {
        let config = Config::builder()
            .failure_threshold(2)
            .recovery_timeout(Duration::from_secs(3_600))
            .build()
            .unwrap();
        let names: Vec<String> =
            (0..size.breakers).map(|number| format!("web_app/service_{number:03}")).collect();
        let all = (0..size.instances)
            .map(|number| {
                let registry = Registry::new();
                let options = SharedOptions::new()
                    // As long as the names which instances give themselves.
                    .instance(format!("{number:016x}"))
                    .read_again(size.read_again)
                    // All instances have two cores.
                    .timeout(Duration::from_secs(60));
                registry.share(meeting.join(options)).unwrap();
                for name in &names {
                    registry.get_or_register(name, config.clone()).unwrap();
                }
                registry
            })
            .collect();
        let scene = Self { meeting, all, names, read_again: size.read_again };
        scene.until("all are there", |shared| shared.connected).await;
        // So that what they know of the store is as long to say as ever, and Redis has the scripts.
        let first = scene.all[0].get_or_register("first", config).unwrap();
        for _ in 0..2 {
            let _ = first.call_blocking(|| Err::<(), ()>(()));
        }
        sleep(scene.read_again * TWICE).await;
        scene
    }

    async fn idle(&mut self, times: u32) -> Said {
        let (before, begun) = (self.meeting.said(), Instant::now());
        sleep(self.read_again * times).await;
        let after = self.meeting.said();
        difference(before, after, begun.elapsed())
    }

    async fn until_open(&mut self, happens: impl FnOnce(&Self)) -> Said {
        let (before, begun) = (self.meeting.said(), Instant::now());
        happens(self);
        self.until_all_are(State::Open).await;
        let time = begun.elapsed();
        self.until("all is told", |shared| shared.pending == 0).await;
        let after = self.meeting.said();
        difference(before, after, time)
    }

    fn trip(&self, instance: usize, name: &str) {
        let breaker = self.all[instance].get(name).unwrap();
        for _ in 0..2 {
            let _ = breaker.call_blocking(|| Err::<(), ()>(()));
        }
    }

    fn trip_each_once(&self) {
        for (number, name) in self.names.iter().enumerate() {
            self.trip(number % self.all.len(), name);
        }
    }

    fn trip_all(&self) {
        for instance in 0..self.all.len() {
            self.names.iter().for_each(|name| self.trip(instance, name));
        }
    }

    /// Closes all that is open, everywhere.
    async fn reset(&self) {
        let handle = self.all[0].shared().unwrap();
        for name in &self.names {
            handle.reset(name, Duration::from_secs(1)).await.unwrap();
            sleep(Duration::from_millis(1)).await;
        }
        self.until_all_are(State::Closed).await;
        sleep(self.read_again * TWICE).await;
    }

    async fn until(&self, what: &str, is_so: impl Fn(&cb_runtime::SharedStatus) -> bool) {
        let are = |all: &[Registry]| {
            all.iter().all(|registry| is_so(&registry.shared().unwrap().status()))
        };
        until(what, || are(&self.all)).await;
    }

    async fn until_all_are(&self, state: State) {
        let are = |registry: &Registry| {
            let mut breakers = registry.iter().filter(|breaker| breaker.name() != "first");
            breakers.all(|breaker| breaker.state() == state)
        };
        until(&format!("all are {state}"), || self.all.iter().all(are)).await;
    }
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    loop {
        // First, so that those have a turn who are tasks of this very thread.
        sleep(LOOK).await;
        if is_so() {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
    }
}

fn difference(
    (before, worked_before): (ExchangeTraffic, Duration),
    (after, worked): (ExchangeTraffic, Duration),
    time: Duration,
) -> Said {
    let traffic = ExchangeTraffic {
        commands: after.commands - before.commands,
        messages: after.messages - before.messages,
        to: after.to - before.to,
        from: after.from - before.from,
    };
    Said { traffic, time, work: worked.saturating_sub(worked_before) }
}
