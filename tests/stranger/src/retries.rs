//! Functions that are tried again, in every shape: what each attempt is given, and when it is the last.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cb_runtime::{State, circuit_breaker};
use tokio::time::Instant;

use crate::support::{Fault, breaker, send, turn};

/// Fails the first so many times.
#[derive(Default)]
struct Flaky {
    asked: AtomicU32,
    failures: u32,
}

impl Flaky {
    const fn failing(failures: u32) -> Self {
        Self { asked: AtomicU32::new(0), failures }
    }

    fn ask(&self) -> Result<u32, Fault> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        if asked > self.failures { Ok(asked) } else { Err(Fault::Down) }
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

#[circuit_breaker(
    name = "retries.waits",
    failure_threshold = 100,
    retry(max_attempts = 5, delay = "100ms", factor = 2.0, max_delay = "300ms")
)]
async fn waits(service: &Flaky) -> Result<u32, Fault> {
    turn().await;
    service.ask()
}

#[tokio::test(start_paused = true)]
async fn each_wait_is_longer_up_to_the_longest() {
    let begun = Instant::now();
    assert_eq!(send(waits(&Flaky::failing(4))).await.ok(), Some(5));
    assert_eq!(begun.elapsed(), Duration::from_millis(100 + 200 + 300 + 300));

    let service = Flaky::failing(9);
    assert!(matches!(waits(&service).await, Err(Fault::Down)));
    assert_eq!(service.asked(), 5);
    let totals = breaker("retries.waits").snapshot().totals;
    assert_eq!((totals.calls, totals.failures, totals.retries), (10, 9, 8));
}

const ATTEMPTS: u32 = 2;
const DELAY: Duration = Duration::from_millis(10);

#[circuit_breaker(name = "retries.short", retry = ATTEMPTS + 1)]
async fn short(service: &Flaky) -> Result<u32, Fault> {
    service.ask()
}

#[circuit_breaker(name = "retries.tuple", retry = (ATTEMPTS, DELAY, 1.5, "1s", 0.5, when = Fault::is_transient))]
async fn tuple(service: &Flaky, fault: fn() -> Fault) -> Result<u32, Fault> {
    service.ask().map_err(|_| fault())
}

#[tokio::test(start_paused = true)]
async fn parts_may_stand_in_their_order() {
    let begun = Instant::now();
    assert_eq!(short(&Flaky::failing(2)).await.ok(), Some(3));
    assert_eq!(begun.elapsed(), Duration::from_secs(3));

    let begun = Instant::now();
    assert_eq!(tuple(&Flaky::failing(1), || Fault::Down).await.ok(), Some(2));
    assert!((DELAY..=DELAY * 2).contains(&begun.elapsed()));
    let service = Flaky::failing(1);
    assert!(matches!(tuple(&service, || Fault::NotFound).await, Err(Fault::NotFound)));
    assert_eq!(service.asked(), 1, "one that `when` does not want is not tried again");
}

/// What is taken by value, borrowed, and lent.
#[circuit_breaker(name = "retries.arguments", failure_threshold = 9, retry(3, DELAY))]
async fn arguments(
    owned: String,
    (left, mut right): (u32, Vec<u32>),
    _unused: Vec<u8>,
    lent: &mut Vec<String>,
    shown: impl std::fmt::Display + Clone,
    mut again: u32,
) -> Result<String, Fault> {
    turn().await;
    again += 1;
    right.push(left);
    lent.push(owned + &right.len().to_string());
    if lent.len() == 3 { Ok(format!("{shown} {again}")) } else { Err(Fault::Down) }
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_arguments_anew() {
    let mut lent = Vec::new();
    let answer = send(arguments("a".to_owned(), (1, vec![1]), vec![], &mut lent, "shown", 1)).await;
    assert_eq!(answer.ok().as_deref(), Some("shown 2"));
    assert_eq!(lent, ["a2", "a2", "a2"]);
}

#[derive(Clone, Default)]
struct Client {
    calls: u32,
}

impl Client {
    #[circuit_breaker(name = "retries.shared", retry(3, DELAY), fallback = Self::reserve)]
    async fn shared(&self, service: &Flaky) -> Result<u32, Fault> {
        turn().await;
        Ok(service.ask()? + self.calls)
    }

    async fn reserve(&self, _: &Flaky) -> Result<u32, Fault> {
        Ok(100 + self.calls)
    }

    #[circuit_breaker(name = "retries.exclusive", retry(3, DELAY))]
    async fn exclusive(&mut self, service: &Flaky) -> Result<u32, Fault> {
        self.calls += 1;
        turn().await;
        service.ask()?;
        Ok(self.calls)
    }

    #[circuit_breaker(
        name = "retries.exclusive_kept",
        retry(2, DELAY),
        fallback = |service, cause| {
            let _ = (service, cause);
            self.calls += 10;
            Ok(self.calls)
        },
    )]
    async fn exclusive_kept(&mut self, service: &Flaky) -> Result<u32, Fault> {
        self.calls += 1;
        turn().await;
        service.ask()?;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "retries.owned", retry(3, DELAY))]
    async fn owned(mut self, service: &Flaky) -> Result<u32, Fault> {
        self.calls += 1;
        turn().await;
        service.ask()?;
        Ok(format!("{}", self.calls).parse().unwrap_or_default())
    }

    #[circuit_breaker(name = "retries.owned_kept", retry(2, DELAY), fallback = |this, _| Ok(this.calls))]
    async fn owned_kept(self, service: Arc<Flaky>) -> Result<u32, Fault> {
        turn().await;
        service.ask()
    }

    #[circuit_breaker(name = "retries.counted", retry(3, DELAY))]
    async fn counted(self: Arc<Self>, service: &Flaky) -> Result<u32, Fault> {
        turn().await;
        Ok(service.ask()? + self.calls)
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_self_is_tried_again() {
    let mut client = Client { calls: 0 };
    assert_eq!(send(client.shared(&Flaky::failing(2))).await.ok(), Some(3));
    assert_eq!(client.shared(&Flaky::failing(3)).await.ok(), Some(100));
    assert_eq!(send(client.exclusive(&Flaky::failing(2))).await.ok(), Some(3));
    assert_eq!(send(client.exclusive_kept(&Flaky::failing(2))).await.ok(), Some(15));
    assert_eq!(send(client.clone().owned(&Flaky::failing(2))).await.ok(), Some(16));
    let down = Arc::new(Flaky::failing(9));
    assert_eq!(send(client.clone().owned_kept(down.clone())).await.ok(), Some(15));
    assert_eq!(down.asked(), 2);
    assert_eq!(send(Arc::new(client).counted(&Flaky::failing(2))).await.ok(), Some(18));
}

#[async_trait]
trait Stock {
    async fn stock(&self, article: String) -> Result<String, Fault>;
    async fn take(&mut self, articles: &mut Vec<u32>) -> Result<u32, Fault>;
}

#[derive(Default)]
struct Warehouse(Flaky);

#[async_trait]
impl Stock for Warehouse {
    #[circuit_breaker(name = "retries.stock", retry(3, DELAY))]
    async fn stock(&self, article: String) -> Result<String, Fault> {
        turn().await;
        let asked = self.0.ask()?;
        Ok(article + &asked.to_string())
    }

    #[circuit_breaker(name = "retries.take", retry(3, DELAY))]
    async fn take(&mut self, articles: &mut Vec<u32>) -> Result<u32, Fault> {
        articles.push(1);
        turn().await;
        self.0.ask()
    }
}

#[tokio::test(start_paused = true)]
async fn methods_of_async_trait_are_tried_again() {
    let warehouse = Warehouse(Flaky::failing(2));
    assert_eq!(send(warehouse.stock("nail".to_owned())).await.ok().as_deref(), Some("nail3"));
    let mut articles = vec![];
    let mut warehouse = Warehouse(Flaky::failing(2));
    assert_eq!(send(warehouse.take(&mut articles)).await.ok(), Some(3));
    assert_eq!(articles, [1, 1, 1]);
}

#[circuit_breaker(name = "retries.generic", retry(2, DELAY), key = name)]
async fn generic<T, S>(name: S, value: T, service: &Flaky) -> Result<T, Fault>
where
    T: Clone,
    S: AsRef<str> + Clone + std::fmt::Display,
{
    turn().await;
    service.ask()?;
    let _ = name.as_ref();
    Ok(value)
}

#[circuit_breaker(name = "retries.future", retry(2, DELAY))]
fn future(service: &Flaky, text: String) -> impl Future<Output = Result<String, Fault>> + Send {
    let text = text + "!";
    async move {
        turn().await;
        service.ask()?;
        Ok(text)
    }
}

#[tokio::test(start_paused = true)]
async fn generic_functions_and_returned_futures_are_tried_again() {
    let service = Flaky::failing(1);
    assert_eq!(send(generic("a", vec![1], &service)).await.ok(), Some(vec![1]));
    assert_eq!(breaker("retries.generic[a]").snapshot().totals.retries, 1);
    assert_eq!(send(future(&Flaky::failing(1), "b".to_owned())).await.ok().as_deref(), Some("b!"));
}

#[derive(Debug, thiserror::Error)]
enum Local {
    #[error("{0}")]
    Kept(Rc<str>),
    #[error(transparent)]
    Unavailable(#[from] cb_runtime::CircuitError),
}

#[circuit_breaker(
    name = "retries.local",
    call_timeout = "1s",
    retry(2, DELAY, when = |error| !matches!(error, Local::Unavailable(_))),
)]
async fn local(service: &Flaky) -> Result<u32, Local> {
    turn().await;
    service.ask().map_err(|fault| Local::Kept(fault.to_string().into()))
}

#[circuit_breaker(
    name = "retries.judged",
    failure_if = |found| found.is_none(),
    retry(3, DELAY, when = |found: &Option<u32>| *found != Some(0)),
    fallback = |_, cause| {
        let _: cb_runtime::CallError<Option<u32>> = cause;
        Some(7)
    },
)]
async fn judged(service: &Flaky) -> Option<u32> {
    turn().await;
    service.ask().ok()
}

#[tokio::test(start_paused = true)]
async fn errors_that_cannot_be_sent_and_values_that_are_judged() {
    // The future can be sent as long as the error is not held over a wait.
    assert_eq!(send(local(&Flaky::failing(1))).await.ok(), Some(2));
    assert!(matches!(local(&Flaky::failing(2)).await, Err(Local::Kept(_))));
    assert_eq!(send(judged(&Flaky::failing(2))).await, Some(3));
    assert_eq!(judged(&Flaky::failing(3)).await, Some(7));
}

#[circuit_breaker(
    name = "retries.all",
    failure_threshold = 9,
    call_timeout = "1s",
    retry(max_attempts = 3, delay = "100ms", factor = 1),
    fallback = |_| Ok(0),
)]
async fn all(hangs: &AtomicU32) -> Result<u32, Fault> {
    hangs.fetch_add(1, Ordering::Relaxed);
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn the_breaker_counts_each_attempt_and_the_fallback_answers_once() {
    let (hangs, begun) = (AtomicU32::new(0), Instant::now());
    assert_eq!(send(all(&hangs)).await.ok(), Some(0));
    assert_eq!(begun.elapsed(), Duration::from_millis(3 * 1_000 + 2 * 100));
    assert_eq!(hangs.load(Ordering::Relaxed), 3);
    let snapshot = breaker("retries.all").snapshot();
    assert_eq!(snapshot.consecutive_failures, 3);
    let totals = snapshot.totals;
    assert_eq!((totals.calls, totals.timeouts, totals.failures), (3, 3, 3));
    assert_eq!((totals.retries, totals.fallbacks, totals.fallback_failures), (2, 1, 0));
}

#[circuit_breaker(
    name = "retries.opening",
    failure_threshold = 2,
    recovery_timeout = "10s",
    retry(max_attempts = 5, delay = "100ms", factor = 1)
)]
async fn opening(service: &Flaky) -> Result<u32, Fault> {
    turn().await;
    service.ask()
}

#[tokio::test(start_paused = true)]
async fn no_attempt_follows_on_the_one_that_opens() {
    let (service, begun) = (Flaky::failing(9), Instant::now());
    assert!(matches!(opening(&service).await, Err(Fault::Down)));
    assert_eq!((service.asked(), begun.elapsed()), (2, Duration::from_millis(100)));

    // A rejection is not tried again.
    let begun = Instant::now();
    assert!(opening(&service).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!((service.asked(), begun.elapsed()), (2, Duration::ZERO));
    assert_eq!(breaker("retries.opening").snapshot().totals.rejected, 1);
}

#[circuit_breaker(
    name = "retries.interrupted",
    retry(max_attempts = 5, delay = "100ms", factor = 1)
)]
async fn interrupted(service: &Flaky) -> Result<u32, Fault> {
    turn().await;
    service.ask()
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_while_a_call_waits_ends_it() {
    let service = Arc::new(Flaky::failing(9));
    let call = tokio::spawn({
        let service = service.clone();
        async move { interrupted(&service).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(service.asked(), 1);
    breaker("retries.interrupted").force_open();

    let answer = call.await.expect("the call does not panic");

    assert!(answer.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(service.asked(), 1);
    assert_eq!(breaker("retries.interrupted").state(), State::Open);
}

#[circuit_breaker(name = "retries.dropped", retry(max_attempts = 5, delay = "100ms", factor = 1))]
async fn dropped(service: &Flaky) -> Result<u32, Fault> {
    turn().await;
    service.ask()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_is_not_made_again() {
    let service = Flaky::failing(9);
    let answer = tokio::time::timeout(Duration::from_millis(150), dropped(&service)).await;
    assert!(answer.is_err());
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(service.asked(), 2);
    let totals = breaker("retries.dropped").snapshot().totals;
    assert_eq!((totals.calls, totals.failures, totals.cancelled, totals.retries), (2, 2, 0, 1));
}

#[circuit_breaker(
    name = "retries.switched",
    enabled = on,
    max_concurrent = 1,
    stale_if_error(max_age = "1h", key = ()),
    retry(3, DELAY),
)]
async fn switched(on: bool, service: &Flaky) -> Result<u32, Fault> {
    turn().await;
    service.ask()
}

#[tokio::test(start_paused = true)]
async fn off_is_the_plain_function() {
    let service = Flaky::failing(1);
    assert!(matches!(switched(false, &service).await, Err(Fault::Down)));
    assert_eq!(switched(false, &service).await.ok(), Some(2));
    assert!(switched(false, &Flaky::failing(1)).await.is_err(), "nothing was kept");
    assert_eq!(switched(true, &Flaky::failing(2)).await.ok(), Some(3));
    assert_eq!(switched(true, &Flaky::failing(3)).await.ok(), Some(3), "a stale one");
}

/// By names of the runtime's own, on every type.
trait Everywhere {
    fn begin(&self) -> u32 {
        1
    }
    fn again(&self) -> u32 {
        2
    }
    fn wait(&self) -> u32 {
        3
    }
    fn part(&self) -> u32 {
        4
    }
}

impl<T: ?Sized> Everywhere for T {}

#[circuit_breaker(
    name = "retries.everywhere",
    retry(2, DELAY, when = |_| left < right),
    stale_if_error("1h", key = (left, right)),
)]
async fn everywhere((left, right): (u32, u32), service: &Flaky) -> Result<u32, Fault> {
    turn().await;
    Ok(service.ask()? + service.begin() + service.again() + service.wait() + service.part() + left)
}

struct Pool {
    client: Arc<Client>,
}

impl Pool {
    #[circuit_breaker(name = "retries.before", retry(3, DELAY))]
    fn before(
        &self,
        used_up: String,
        service: Arc<Flaky>,
    ) -> impl Future<Output = Result<String, Fault>> + Send {
        let client = Arc::clone(&self.client);
        let mut text = used_up + "!";
        async move {
            turn().await;
            text.push('?');
            service.ask()?;
            Ok(format!("{text}{}", client.calls))
        }
    }
}

#[tokio::test(start_paused = true)]
async fn names_on_every_type_and_variables_before_the_block() {
    assert_eq!(send(everywhere((1, 2), &Flaky::failing(1))).await.ok(), Some(13));
    let service = Flaky::failing(1);
    assert!(everywhere((2, 1), &service).await.is_err());
    assert_eq!(service.asked(), 1, "`when` sees the names in patterns");

    let pool = Pool { client: Arc::default() };
    let answer = pool.before("a".to_owned(), Arc::new(Flaky::failing(2)));
    assert_eq!(send(answer).await.ok().as_deref(), Some("a!?0"));
}
