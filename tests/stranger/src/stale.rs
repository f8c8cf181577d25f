//! Stale answers, in every shape: what the key is, what is kept, and when it is the answer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cb_runtime::{CallError, StaleAnswer, StaleStore, State, circuit_breaker};
use tokio::time::{Instant, advance, sleep};

use crate::support::{Fault, breaker, send, state, totals, turn};

/// A service that can go down.
#[derive(Default)]
struct Service {
    down: AtomicBool,
}

impl Service {
    fn ask(&self) -> Result<(), Fault> {
        if self.down.load(Ordering::Relaxed) { Err(Fault::Down) } else { Ok(()) }
    }

    fn fail(&self) {
        self.down.store(true, Ordering::Relaxed);
    }
}

#[circuit_breaker(
    name = "stale.rate",
    failure_threshold = 2,
    stale_if_error(max_age = "5m", key = currency, capacity = 3),
)]
async fn rate(service: &Service, currency: &str) -> Result<String, Fault> {
    turn().await;
    service.ask().map(|()| format!("rate of {currency}"))
}

#[tokio::test(start_paused = true)]
async fn the_last_good_answer_stands_in_for_failures_and_rejections() {
    let service = Service::default();
    assert!(send(rate(&service, "EUR")).await.is_ok());
    service.fail();
    for _ in 0..4 {
        assert_eq!(rate(&service, "EUR").await.ok().as_deref(), Some("rate of EUR"));
    }
    assert_eq!(state("stale.rate"), State::Open);
    assert!(rate(&service, "CHF").await.is_err_and(|fault| fault.is_rejection()));
    let counted = totals("stale.rate");
    assert_eq!((counted.stale_answers, counted.failures, counted.rejected), (4, 2, 3));

    advance(Duration::from_secs(300)).await;
    breaker("stale.rate").reset();
    assert!(rate(&service, "EUR").await.is_ok(), "as old as it may be");
    advance(Duration::from_millis(1)).await;
    assert!(rate(&service, "EUR").await.is_err(), "too old");
}

#[circuit_breaker(name = "stale.capacity", failure_threshold = 99, stale_if_error("1h", id, 2))]
async fn capacity(service: &Service, id: u32) -> Result<u32, Fault> {
    turn().await;
    service.ask().map(|()| id)
}

#[tokio::test(start_paused = true)]
async fn what_was_of_no_use_for_longest_goes() {
    let service = Service::default();
    for id in 1..=3 {
        assert!(capacity(&service, id).await.is_ok());
    }
    service.fail();
    assert!(capacity(&service, 1).await.is_err());
    assert_eq!(capacity(&service, 2).await.ok(), Some(2));
    assert_eq!(capacity(&service, 3).await.ok(), Some(3));
}

/// Without a key it is all arguments: owned, borrowed, lent, taken apart, and not used.
#[circuit_breaker(name = "stale.all", failure_threshold = 99, stale_if_error = "1h")]
async fn all(
    text: &str,
    list: &[u32],
    (left, _): (u8, Option<String>),
    lent: &mut u64,
    _unused: bool,
    up: Arc<AtomicBoolKey>,
) -> Result<String, Fault> {
    turn().await;
    *lent += 1;
    if up.0.load(Ordering::Relaxed) {
        Ok(format!("{text} {list:?} {left}"))
    } else {
        Err(Fault::Down)
    }
}

/// The same key, whether on or off.
#[derive(Default)]
struct AtomicBoolKey(AtomicBool);

impl std::hash::Hash for AtomicBoolKey {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl PartialEq for AtomicBoolKey {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for AtomicBoolKey {}

#[tokio::test(start_paused = true)]
async fn where_no_key_is_written_it_is_all_arguments() {
    let up = Arc::new(AtomicBoolKey(AtomicBool::new(true)));
    let pair = || (3, Some("x".to_owned()));
    let ask = |lent: u64, unused| {
        let (up, pair) = (up.clone(), pair());
        async move {
            let mut lent = lent;
            send(all("a", &[1, 2], pair, &mut lent, unused, up)).await.ok()
        }
    };
    let good = ask(5, true).await;
    assert_eq!(good.as_deref(), Some("a [1, 2] 3"));
    up.0.store(false, Ordering::Relaxed);
    assert_eq!(ask(5, true).await, good, "the same arguments");
    assert_eq!(ask(6, true).await, None, "another of what is lent");
    assert_eq!(ask(5, false).await, None, "another of what is not used");
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Client {
    base: String,
}

struct Pool {
    answers: Answers,
    service: Service,
}

impl Client {
    #[circuit_breaker(
        name = "stale.of_self",
        failure_threshold = 99,
        stale_if_error(max_age = "1h")
    )]
    async fn get(&self, up: Up, id: u32) -> Result<String, Fault> {
        turn().await;
        up.ask().map(|()| format!("{}/{id}", self.base))
    }

    #[circuit_breaker(
        name = "stale.by_field",
        failure_threshold = 99,
        stale_if_error(max_age = "1h", key = (self.base, id)),
    )]
    async fn by_field(self, up: Up, id: u32) -> Result<String, Fault> {
        turn().await;
        up.ask().map(|()| format!("{}/{id}", self.base))
    }
}

/// All of them are equal.
#[derive(Clone, Copy)]
struct Up(bool);

impl Up {
    fn ask(self) -> Result<(), Fault> {
        if self.0 { Ok(()) } else { Err(Fault::Down) }
    }
}

impl std::hash::Hash for Up {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
}

impl PartialEq for Up {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Up {}

#[tokio::test(start_paused = true)]
async fn one_client_is_not_given_what_another_was() {
    let client = |base: &str| Client { base: base.to_owned() };
    assert!(send(client("a").get(Up(true), 1)).await.is_ok());
    assert_eq!(client("a").get(Up(false), 1).await.ok().as_deref(), Some("a/1"));
    assert!(client("b").get(Up(false), 1).await.is_err());

    assert!(send(client("a").by_field(Up(true), 1)).await.is_ok());
    assert_eq!(client("a").by_field(Up(false), 1).await.ok().as_deref(), Some("a/1"));
    assert!(client("b").by_field(Up(false), 1).await.is_err());
}

#[async_trait]
trait Catalogue {
    async fn page(&self, name: String, up: bool) -> Result<String, Fault>;
}

struct Shop;

#[async_trait]
impl Catalogue for Shop {
    #[circuit_breaker(name = "stale.page", stale_if_error(max_age = "1h", key = name))]
    async fn page(&self, name: String, up: bool) -> Result<String, Fault> {
        turn().await;
        if up { Ok(name + "!") } else { Err(Fault::Down) }
    }
}

#[circuit_breaker(name = "stale.plain", stale_if_error(max_age = "1h", key = id))]
fn plain(id: u32, up: Up) -> Result<u32, Fault> {
    up.ask().map(|()| id)
}

#[circuit_breaker(
    name = "stale.judged",
    failure_if = |found| found.is_empty(),
    stale_if_error(max_age = "1h", key = word),
    fallback = |_, _| vec![0],
)]
async fn judged(word: &str, up: Up) -> Vec<u32> {
    turn().await;
    if up.0 { vec![1, 2] } else { vec![] }
}

#[circuit_breaker(name = "stale.generic", failure_threshold = 99, stale_if_error(max_age = "1h", key = key))]
async fn generic<K, V>(key: K, value: V, up: Up) -> Result<V, Fault>
where
    K: std::hash::Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    turn().await;
    up.ask().map(|()| value)
}

#[tokio::test(start_paused = true)]
async fn methods_plain_functions_judged_values_and_generic_functions() {
    let page = |up| async move { Shop.page("home".to_owned(), up).await.ok() };
    assert_eq!(page(true).await.as_deref(), Some("home!"));
    assert_eq!(send(page(false)).await.as_deref(), Some("home!"));

    assert_eq!(plain(4, Up(true)).ok(), Some(4));
    assert_eq!((plain(4, Up(false)).ok(), plain(5, Up(false)).ok()), (Some(4), None));

    assert_eq!(judged("a", Up(true)).await, [1, 2]);
    assert_eq!(judged("a", Up(false)).await, [1, 2], "before the fallback");
    assert_eq!(judged("b", Up(false)).await, [0]);
    let counted = totals("stale.judged");
    assert_eq!((counted.stale_answers, counted.fallbacks), (1, 1));

    assert_eq!(send(generic(1_u8, "one", Up(true))).await.ok(), Some("one"));
    assert_eq!(generic(1_u8, 2_u32, Up(true)).await.ok(), Some(2));
    assert_eq!(generic(String::from("a"), "text", Up(true)).await.ok(), Some("text"));
    assert_eq!(generic(1_u8, "other", Up(false)).await.ok(), Some("one"));
    assert_eq!(generic(1_u8, 9_u32, Up(false)).await.ok(), Some(2));
    assert_eq!(generic(String::from("a"), "x", Up(false)).await.ok(), Some("text"));
    assert!(generic(1_u16, "x", Up(false)).await.is_err());
}

/// A store of the user's own.
#[derive(Default)]
struct Answers(Mutex<HashMap<String, (u32, Instant)>>);

impl StaleStore<String, u32> for Answers {
    fn put(&self, key: String, value: u32) {
        let mut answers = self.0.lock().expect("no panic");
        answers.insert(key, (value, Instant::now()));
    }

    async fn get(&self, key: &String) -> Option<StaleAnswer<u32>> {
        // Somewhere else.
        sleep(Duration::from_millis(5)).await;
        let (value, kept) = *self.0.lock().expect("no panic").get(key)?;
        Some(StaleAnswer::new(value, kept.elapsed()))
    }
}

impl Pool {
    #[circuit_breaker(
        name = "stale.store",
        failure_threshold = 2,
        stale_if_error(max_age = "1m", key = name, store = self.answers),
        fallback = |_, cause| {
            assert!(matches!(cause, CallError::Failed(_) | CallError::Rejected(_)));
            Ok(7)
        },
    )]
    async fn count(&self, name: &str) -> Result<u32, Fault> {
        turn().await;
        self.service.ask().map(|()| 3)
    }
}

static SHARED: std::sync::LazyLock<Arc<Answers>> = std::sync::LazyLock::new(Arc::default);

#[circuit_breaker(
    name = "stale.shared",
    stale_if_error(max_age = "1m", key = name, store = SHARED),
)]
async fn shared(name: &str, up: Up) -> Result<u32, Fault> {
    up.ask().map(|()| 4)
}

#[tokio::test(start_paused = true)]
async fn a_store_of_ones_own_is_waited_for() {
    let pool = Pool { answers: Answers::default(), service: Service::default() };
    assert_eq!(send(pool.count("a")).await.ok(), Some(3));
    pool.service.fail();
    let begun = Instant::now();
    assert_eq!(send(pool.count("a")).await.ok(), Some(3));
    assert_eq!(begun.elapsed(), Duration::from_millis(5));
    assert_eq!(pool.count("b").await.ok(), Some(7), "the fallback, after the store");
    assert_eq!(state("stale.store"), State::Open);
    advance(Duration::from_secs(61)).await;
    assert_eq!(pool.count("a").await.ok(), Some(7), "a store may keep what is too old");

    assert!(shared("a", Up(true)).await.is_ok());
    assert_eq!(shared("a", Up(false)).await.ok(), Some(4));
}

/// An ignored error is an answer, and not a good one.
#[circuit_breaker(
    name = "stale.ignored",
    ignore_errors = Fault::NotFound,
    stale_if_error(max_age = "1h", key = ()),
    fallback_on = "rejected",
    fallback = |_| Ok(9),
)]
async fn ignored(answer: u32) -> Result<u32, Fault> {
    turn().await;
    match answer {
        0 => Err(Fault::NotFound),
        1 => Err(Fault::Down),
        answer => Ok(answer),
    }
}

#[tokio::test(start_paused = true)]
async fn an_ignored_error_goes_to_the_caller_and_is_not_kept() {
    assert!(matches!(ignored(1).await, Err(Fault::Down)), "nothing is kept yet");
    assert_eq!(ignored(5).await.ok(), Some(5));
    assert!(matches!(ignored(0).await, Err(Fault::NotFound)));
    assert_eq!(ignored(1).await.ok(), Some(5));
    breaker("stale.ignored").force_open();
    assert_eq!(ignored(2).await.ok(), Some(5));
    assert_eq!(totals("stale.ignored").fallbacks, 0);
}

#[circuit_breaker(
    name = "stale.retried",
    failure_threshold = 99,
    call_timeout = "1s",
    retry(3, "100ms", 1),
    stale_if_error(max_age = "1h", key = id),
)]
async fn retried(id: u32, up: Up) -> Result<u32, Fault> {
    if !up.0 {
        std::future::pending::<()>().await;
    }
    Ok(id)
}

#[tokio::test(start_paused = true)]
async fn a_stale_answer_comes_after_the_last_attempt() {
    assert_eq!(send(retried(1, Up(true))).await.ok(), Some(1));
    let begun = Instant::now();
    assert_eq!(retried(1, Up(false)).await.ok(), Some(1));
    assert_eq!(begun.elapsed(), Duration::from_millis(3_200));
    let counted = totals("stale.retried");
    assert_eq!((counted.calls, counted.retries, counted.stale_answers), (4, 2, 1));
}

/// Two services of one shape.
trait Endpoint {
    const PATH: &'static str;

    async fn of_trait(&self, up: Up) -> Result<String, Fault>
    where
        Self: Sized;
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Orders;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Users;

impl Endpoint for Orders {
    const PATH: &'static str = "orders";

    async fn of_trait(&self, up: Up) -> Result<String, Fault> {
        of_type::<Self>(1, up).await
    }
}

impl Endpoint for Users {
    const PATH: &'static str = "users";

    async fn of_trait(&self, up: Up) -> Result<String, Fault> {
        of_type::<Self>(1, up).await
    }
}

#[circuit_breaker(name = "stale.of_type", failure_threshold = 99, stale_if_error = "1h")]
async fn of_type<T: Endpoint>(id: u32, up: Up) -> Result<String, Fault> {
    up.ask().map(|()| format!("/{}/{id}", T::PATH))
}

#[circuit_breaker(name = "stale.of_number", failure_threshold = 99, stale_if_error("1h", key = id))]
async fn of_number<const N: usize>(id: u32, up: Up) -> Result<String, Fault> {
    up.ask().map(|()| format!("/{N}/{id}"))
}

struct Source<T>(std::marker::PhantomData<T>);

impl<T: Endpoint> Source<T> {
    #[circuit_breaker(name = "stale.of_impl", failure_threshold = 99, stale_if_error("1h", key = id))]
    async fn get(id: u32, up: Up) -> Result<String, Fault> {
        up.ask().map(|()| format!("/{}/{id}", T::PATH))
    }
}

#[tokio::test(start_paused = true)]
async fn what_differs_in_a_type_parameter_is_not_answered_for_one_another() {
    assert!(Orders.of_trait(Up(true)).await.is_ok());
    assert!(Users.of_trait(Up(false)).await.is_err());
    assert_eq!(Orders.of_trait(Up(false)).await.ok().as_deref(), Some("/orders/1"));

    assert!(of_number::<1>(1, Up(true)).await.is_ok());
    assert!(of_number::<2>(1, Up(false)).await.is_err());
    assert_eq!(of_number::<1>(1, Up(false)).await.ok().as_deref(), Some("/1/1"));

    assert!(Source::<Orders>::get(1, Up(true)).await.is_ok());
    assert!(Source::<Users>::get(1, Up(false)).await.is_err());
    assert_eq!(Source::<Orders>::get(1, Up(false)).await.ok().as_deref(), Some("/orders/1"));
}

#[circuit_breaker(name = "stale.of_nothing", stale_if_error = "1h")]
async fn of_nothing() -> Result<u32, Fault> {
    Ok(1)
}

/// A store, an answer and a key that panic.
struct Broken;

impl StaleStore<String, u32> for Broken {
    fn put(&self, _: String, _: u32) {
        panic!("the store is broken");
    }

    async fn get(&self, _: &String) -> Option<StaleAnswer<u32>> {
        turn().await;
        panic!("the store is broken");
    }
}

#[circuit_breaker(
    name = "stale.broken",
    stale_if_error(max_age = "1h", key = id, store = Broken),
    fallback = |_, _| Ok(7),
)]
async fn broken(id: &str, up: Up) -> Result<u32, Fault> {
    up.ask().map(|()| 1)
}

#[derive(Debug, PartialEq)]
struct Explosive(bool);

impl Clone for Explosive {
    fn clone(&self) -> Self {
        assert!(!self.0, "it is not to be cloned");
        Self(self.0)
    }
}

#[circuit_breaker(name = "stale.explosive", stale_if_error(max_age = "1h", key = id))]
async fn explosive(id: u32, up: Up) -> Result<Explosive, Fault> {
    up.ask().map(|()| Explosive(true))
}

#[tokio::test(start_paused = true)]
async fn a_store_or_a_clone_that_panics_costs_no_call_its_answer() {
    assert_eq!(of_nothing().await.ok(), Some(1));
    assert_eq!(send(broken("a", Up(true))).await.ok(), Some(1));
    assert_eq!(send(broken("a", Up(false))).await.ok(), Some(7), "the fallback");
    assert_eq!(explosive(1, Up(true)).await.ok(), Some(Explosive(true)));
    assert!(matches!(explosive(1, Up(false)).await, Err(Fault::Down)));
}

#[circuit_breaker(name = "stale.disabled", stale_if_error("1h", key = ()), retry(2, "1ms"), fallback = |_| Ok(9))]
async fn disabled(up: Up) -> Result<u32, Fault> {
    up.ask().map(|()| 1)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_counted_while_the_breaker_is_disabled() {
    assert!(disabled(Up(true)).await.is_ok());
    let before = totals("stale.disabled");
    breaker("stale.disabled").disable();
    assert_eq!(disabled(Up(false)).await.ok(), Some(1), "answered all the same");
    tokio::time::advance(Duration::from_secs(3_601)).await;
    assert_eq!(disabled(Up(false)).await.ok(), Some(9));
    assert_eq!(totals("stale.disabled"), before);
}

#[circuit_breaker(name = "stale.many", stale_if_error = "5m")]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names, reason = "as some have")]
async fn many(
    up: Arc<AtomicBoolKey>,
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
) -> Result<u32, Fault> {
    turn().await;
    let sum = [a, b, c, d, e, f, g, h, i, j, k, l, m].map(u32::from).iter().sum();
    if up.0.load(Ordering::Relaxed) { Ok(sum) } else { Err(Fault::Down) }
}

#[tokio::test]
async fn more_arguments_than_a_tuple_can_hash_are_a_key() {
    let up = Arc::new(AtomicBoolKey(AtomicBool::new(true)));
    let ask = |m| many(Arc::clone(&up), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, m);
    assert_eq!(send(ask(1)).await.ok(), Some(13));
    up.0.store(false, Ordering::Relaxed);
    assert_eq!(ask(1).await.ok(), Some(13));
    assert!(matches!(ask(2).await, Err(Fault::Down)), "the last one is part of the key");
}
