//! One breaker for each value of a key.
#![allow(
    clippy::needless_borrowed_reference,
    clippy::used_underscore_binding,
    reason = "a key may be of any name, in any pattern"
)]

use std::{fmt, sync::Arc};

use cb_runtime::{State, circuit_breaker, registry};

use crate::support::{Fault, breaker, counts, send, state, turn};

#[circuit_breaker(name = "keyed.async", key = tenant, max_keys = 100, failure_threshold = 1)]
async fn asynchronous(tenant: &str, down: bool) -> Result<u32, Fault> {
    turn().await;
    if down { Err(Fault::Down) } else { Ok(1) }
}

#[tokio::test]
async fn one_tenant_does_not_close_the_door_on_another() {
    assert!(send(asynchronous("acme", true)).await.is_err_and(|fault| !fault.is_rejection()));
    assert!(asynchronous("acme", false).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(asynchronous("zenith", false).await.ok(), Some(1));
    assert_eq!(state("keyed.async[acme]"), State::Open);
    assert_eq!(state("keyed.async[zenith]"), State::Closed);
    assert_eq!(counts("keyed.async[acme]"), [0, 1, 0, 1, 0]);
    assert_eq!(breaker("keyed.async[acme]").config().max_keys(), 100);
    assert!(registry().get("keyed.async[nobody]").is_none());
}

#[circuit_breaker(name = "keyed.plain", key = format!("{tenant}-{}", shard % 2), fallback = |_, n| Ok(n))]
fn plain(tenant: String, shard: u32) -> Result<u32, Fault> {
    if tenant.is_empty() { Err(Fault::Down) } else { Ok(shard + 10) }
}

#[test]
fn a_key_is_any_expression() {
    assert_eq!(plain("acme".into(), 3).ok(), Some(13));
    assert_eq!(plain(String::new(), 4).ok(), Some(4));
    assert_eq!(counts("keyed.plain[acme-1]"), [1, 0, 0, 0, 0]);
    assert_eq!(counts("keyed.plain[-0]"), [0, 1, 0, 0, 1]);
}

/// A key that can be shown and nothing else.
struct Tenant(&'static str);

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

struct Request {
    tenant: Tenant,
    id: u32,
}

#[circuit_breaker(
    name = "keyed.moved",
    key = request.tenant,
    failure_threshold = 1,
    fallback_on = "rejected",
    fallback = |request| Ok(request.id + 100),
)]
async fn moved(request: Request) -> Result<u32, Fault> {
    let Request { id, .. } = request;
    turn().await;
    if id == 0 { Err(Fault::Down) } else { Ok(id) }
}

#[tokio::test]
async fn a_key_is_read_before_the_argument_is_moved() {
    let request = |tenant, id| Request { tenant: Tenant(tenant), id };
    assert!(send(moved(request("a", 0))).await.is_err());
    assert_eq!(moved(request("a", 1)).await.ok(), Some(101));
    assert_eq!(moved(request("b", 1)).await.ok(), Some(1));
    assert_eq!(counts("keyed.moved[a]"), [0, 1, 0, 1, 1]);
}

#[derive(Clone)]
struct Order {
    tenant: String,
    number: u32,
}

#[circuit_breaker(
    name = "keyed.patterns",
    key = format_args!("{tenant}/{shard}/{first}/{}/{_quiet}", all.0 + *id).to_string(),
    fallback = [|_, _, _, _, _| Err(Fault::Down), kept],
)]
async fn patterns(
    (mut shard, _): (u32, u8),
    Order { tenant, number: ref id }: Order,
    all @ (_, [first, ..]): (u32, [u8; 2]),
    _quiet: bool,
    mut n: u32,
) -> Result<u32, Fault> {
    shard += 1;
    n += shard;
    turn().await;
    drop((tenant, all, first));
    if *id == n { Ok(n) } else { Err(Fault::Down) }
}

fn kept(
    (shard, _): (u32, u8),
    order: Order,
    _: (u32, [u8; 2]),
    _: bool,
    n: u32,
) -> Result<u32, Fault> {
    Ok(shard + order.number + n)
}

#[circuit_breaker(
    name = "keyed.patterns_alone",
    key = a + u32::from(*b),
)]
fn patterns_alone((a, ref b): (u32, u8), [mut c, &d]: [&u32; 2]) -> Result<u32, Fault> {
    if d > 100 {
        c = &0;
    }
    Ok(a + u32::from(*b) + *c + d)
}

#[circuit_breaker(name = "keyed.references", key = x + y, fallback = |_, _| Ok(0))]
fn references((&x, y): (&u32, u32), &[ref z]: &[String; 1]) -> Result<u32, Fault> {
    if z.is_empty() { Err(Fault::Down) } else { Ok(x + y) }
}

#[tokio::test]
async fn a_key_sees_what_is_in_patterns() {
    let order = Order { tenant: "acme".into(), number: 5 };
    let answer = patterns((1, 0), order.clone(), (2, [3, 4]), true, 3);
    assert_eq!(send(answer).await.ok(), Some(5));
    assert_eq!(counts("keyed.patterns[acme/1/3/7/true]"), [1, 0, 0, 0, 0]);
    assert_eq!(patterns((1, 0), order, (3, [3, 4]), true, 4).await.ok(), Some(10));
    assert_eq!(counts("keyed.patterns[acme/1/3/8/true]"), [0, 1, 0, 0, 1]);
    assert_eq!(patterns_alone((1, 2), [&3, &4]).ok(), Some(10));
    assert_eq!(counts("keyed.patterns_alone[3]"), [1, 0, 0, 0, 0]);
    assert_eq!(references((&1, 2), &["a".into()]).ok(), Some(3));
    assert_eq!(references((&1, 2), &[String::new()]).ok(), Some(0));
    assert_eq!(counts("keyed.references[3]"), [1, 1, 0, 0, 1]);
}

struct Shard {
    host: String,
    hits: u32,
}

impl Shard {
    #[circuit_breaker(name = "keyed.shared_self", key = self.host)]
    async fn shared(&self) -> Result<u32, Fault> {
        turn().await;
        Ok(self.hits)
    }

    #[circuit_breaker(name = "keyed.exclusive_self", key = self.host, fallback = Self::reserve)]
    async fn exclusive(&mut self, list: &mut Vec<u32>) -> Result<u32, Fault> {
        self.hits += 1;
        list.push(self.hits);
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "keyed.owned_self", key = &self.host, fallback_on = "rejected", fallback = |this| Ok(this.host))]
    async fn owned(self) -> Result<String, Fault> {
        turn().await;
        Ok(self.host)
    }

    #[circuit_breaker(name = "keyed.arc_self", key = self.name())]
    fn arc(self: Arc<Self>) -> Result<String, Fault> {
        Ok(self.name().to_owned())
    }

    fn reserve(&mut self, list: &mut Vec<u32>) -> Result<u32, Fault> {
        list.push(100);
        Ok(self.hits)
    }

    fn name(&self) -> &str {
        &self.host
    }
}

#[async_trait::async_trait]
trait Remote {
    async fn ask(&self, question: &str) -> Result<usize, Fault>;
    async fn tell(&mut self, what: String) -> Result<usize, Fault>;
}

#[async_trait::async_trait]
impl Remote for Shard {
    #[circuit_breaker(name = "keyed.trait", key = self.host)]
    async fn ask(&self, question: &str) -> Result<usize, Fault> {
        turn().await;
        Ok(question.len())
    }

    #[circuit_breaker(name = "keyed.trait_fallback", key = what, fallback = |what| Ok(what.len()))]
    async fn tell(&mut self, what: String) -> Result<usize, Fault> {
        turn().await;
        self.hits += 1;
        drop(what);
        Err(Fault::Down)
    }
}

#[tokio::test]
async fn a_key_of_self() {
    let mut shard = Shard { host: "eu-1".into(), hits: 0 };
    assert_eq!(send(shard.shared()).await.ok(), Some(0));
    assert_eq!(counts("keyed.shared_self[eu-1]"), [1, 0, 0, 0, 0]);
    let mut list = Vec::new();
    assert_eq!(send(shard.exclusive(&mut list)).await.ok(), Some(1));
    assert_eq!(
        (list.as_slice(), counts("keyed.exclusive_self[eu-1]")),
        (&[1, 100][..], [0, 1, 0, 0, 1])
    );
    assert_eq!(shard.ask("what").await.ok(), Some(4));
    assert_eq!(send(shard.tell("this".into())).await.ok(), Some(4));
    assert_eq!(counts("keyed.trait[eu-1]"), [1, 0, 0, 0, 0]);
    assert_eq!(counts("keyed.trait_fallback[this]"), [0, 1, 0, 0, 1]);
    assert_eq!(send(shard.owned()).await.ok().as_deref(), Some("eu-1"));
    let shard = Arc::new(Shard { host: "eu-2".into(), hits: 0 });
    assert_eq!(shard.arc().ok().as_deref(), Some("eu-2"));
    assert_eq!(counts("keyed.arc_self[eu-2]"), [1, 0, 0, 0, 0]);
}

#[circuit_breaker(name = "keyed.generic", key = key, call_timeout = "5s", enabled = on, fallback = |_, _| Ok(K::default()))]
async fn generic<K>(key: K, on: bool) -> Result<K, Fault>
where
    K: fmt::Display + Clone + Default + Send + Sync,
{
    turn().await;
    drop(key);
    Err(Fault::Down)
}

#[circuit_breaker(name = "keyed.opaque", key = key)]
fn opaque(key: impl fmt::Display) -> Result<String, Fault> {
    Ok(key.to_string())
}

#[tokio::test]
async fn a_key_of_any_type() {
    assert_eq!(send(generic(7_u64, true)).await.ok(), Some(0));
    assert_eq!(generic(String::from("x"), true).await.ok().as_deref(), Some(""));
    assert!(generic('c', false).await.is_err());
    assert_eq!(counts("keyed.generic[7]"), [0, 1, 0, 0, 1]);
    assert_eq!(counts("keyed.generic[x]"), [0, 1, 0, 0, 1]);
    assert_eq!(opaque(1.5).ok().as_deref(), Some("1.5"));
    assert_eq!(counts("keyed.opaque[1.5]"), [1, 0, 0, 0, 0]);
}

mod names {
    //! Of the user's own, that an expansion might use too.
    use super::*;

    fn site(key: u32) -> u32 {
        key
    }

    #[circuit_breaker(name = "keyed.names", key = site(site_of + key + answer), fallback = |_, _, answer| Ok(answer))]
    async fn names(site_of: u32, key: u32, answer: u32) -> Result<u32, Fault> {
        turn().await;
        if key == 0 { Err(Fault::Down) } else { Ok(site(key)) }
    }

    #[tokio::test]
    async fn names_are_the_users() {
        assert_eq!(send(names(1, 2, 3)).await.ok(), Some(2));
        assert_eq!(names(1, 0, 3).await.ok(), Some(3));
        assert_eq!(counts("keyed.names[6]"), [1, 0, 0, 0, 0]);
        assert_eq!(counts("keyed.names[4]"), [0, 1, 0, 0, 1]);
    }
}
