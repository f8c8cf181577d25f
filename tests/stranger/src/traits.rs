//! Methods of traits: with `async fn` of the language, and with `#[async_trait]`.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use cb_runtime::circuit_breaker;

use crate::support::{Fault, counts, send, turn};

#[allow(async_fn_in_trait)]
trait Store {
    async fn get(&self, key: &str) -> Result<String, Fault>;
    async fn put(&mut self, key: String, value: &mut u32) -> Result<u32, Fault>;
    fn size(&self) -> Result<usize, Fault>;

    #[circuit_breaker(name = "traits.provided", fallback = Self::size)]
    fn provided(&self) -> Result<usize, Fault> {
        if self.size()? == 0 { Err(Fault::Down) } else { Ok(1) }
    }

    #[circuit_breaker(name = "traits.provided_async")]
    async fn provided_async(&self) -> Result<usize, Fault> {
        turn().await;
        self.get("a").await.map(|answer| answer.len())
    }
}

#[derive(Debug, Default, Clone)]
struct Shelf(Vec<String>);

impl Shelf {
    async fn put_away(&mut self, key: String, value: &mut u32) -> Result<u32, Fault> {
        turn().await;
        *value += 10;
        self.0.push(key);
        Ok(*value)
    }
}

impl Store for Shelf {
    #[circuit_breaker(name = "traits.get", failure_threshold = 1, fallback = |key, cause| {
        Ok(format!("{key} of {}: {cause}", self.0.len()))
    })]
    async fn get(&self, key: &str) -> Result<String, Fault> {
        turn().await;
        self.0.iter().find(|held| *held == key).cloned().ok_or(Fault::NotFound)
    }

    #[circuit_breaker(name = "traits.put", fallback = Self::put_away)]
    async fn put(&mut self, key: String, value: &mut u32) -> Result<u32, Fault> {
        *value += 1;
        turn().await;
        self.0.push(key);
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "traits.size")]
    fn size(&self) -> Result<usize, Fault> {
        Ok(self.0.len())
    }
}

#[tokio::test]
async fn native_async_methods() {
    let mut shelf = Shelf::default();
    let mut value = 1;
    assert_eq!(send(shelf.put("a".into(), &mut value)).await.ok(), Some(12));
    assert_eq!(shelf.0, ["a", "a"]);
    assert_eq!(send(shelf.get("a")).await.ok().as_deref(), Some("a"));
    let answer = shelf.get("b").await.ok();
    assert_eq!(answer.as_deref(), Some("b of 2: there is no such thing"));
    let answer = shelf.get("a").await.ok().unwrap_or_default();
    assert!(
        answer.starts_with("a of 2: circuit breaker `traits.get` is open: 1 failure"),
        "{answer}"
    );
    assert_eq!(shelf.provided().ok(), Some(1));
    assert_eq!(Shelf::default().provided().ok(), Some(0));
    assert_eq!(counts("traits.provided"), [1, 1, 0, 0, 1]);
    assert!(shelf.provided_async().await.is_ok());
}

#[async_trait]
trait Remote: Send + Sync {
    async fn get(&self, key: &str) -> Result<String, Fault>;
    async fn put(&mut self, key: String, value: &mut u32) -> Result<u32, Fault>;
    async fn take<T: Debug + Clone + Send + Sync, const N: usize>(
        &self,
        list: [T; N],
        pair: (u32, u32),
    ) -> Result<String, Fault>
    where
        Self: Sized;
    async fn close(self: Arc<Self>) -> Result<usize, Fault>;
    async fn end(self) -> Result<usize, Fault>
    where
        Self: Sized;
    async fn make(n: u32) -> Result<Self, Fault>
    where
        Self: Sized;
    async fn quiet(&self);

    #[circuit_breaker(name = "remote.provided", fallback = |n| Ok(n + 100))]
    async fn provided(&self, n: u32) -> Result<u32, Fault> {
        turn().await;
        if n == 0 { Err(Fault::Down) } else { Ok(n) }
    }
}

#[derive(Debug, Clone)]
struct Server<T> {
    held: T,
    calls: u32,
}

impl<T: Send + Sync> Server<T> {
    fn put_too(&mut self, key: String, value: &mut u32) -> Result<u32, Fault> {
        self.calls += 100;
        *value += 10;
        Ok(self.calls + u32::try_from(key.len()).unwrap_or(0))
    }

    async fn close_too(self: Arc<Self>) -> Result<usize, Fault> {
        turn().await;
        Ok(Arc::strong_count(&self))
    }
}

#[async_trait]
impl<T: Clone + Default + Debug + Send + Sync + 'static> Remote for Server<T> {
    #[circuit_breaker(name = "remote.get", fallback = |key| Ok(format!("{key} {:?}", self.held)))]
    async fn get(&self, key: &str) -> Result<String, Fault> {
        if key.is_empty() {
            Err(Fault::NotFound)?;
        }
        turn().await;
        Ok(key.to_owned())
    }

    #[circuit_breaker(name = "remote.put", failure_threshold = 1, fallback = Self::put_too)]
    async fn put(&mut self, mut key: String, value: &mut u32) -> Result<u32, Fault> {
        self.calls += 1;
        *value += 1;
        key.push('!');
        turn().await;
        self.calls += 1;
        Err(Fault::Status(u16::try_from(key.len()).unwrap_or(0)))
    }

    #[circuit_breaker(
        name = "remote.take",
        fallback = |list, (a, b)| Ok(format!("{list:?} {a} {b}")),
    )]
    async fn take<D: Debug + Clone + Send + Sync, const N: usize>(
        &self,
        list: [D; N],
        (a, mut b): (u32, u32),
    ) -> Result<String, Fault> {
        turn().await;
        b += a;
        if b == 1 { Err(Fault::Down) } else { Ok(format!("{} {b}", list.len())) }
    }

    #[circuit_breaker(name = "remote.close", fallback = Self::close_too)]
    async fn close(self: Arc<Self>) -> Result<usize, Fault> {
        turn().await;
        drop(self);
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "remote.end", fallback = |this, cause| {
        drop(cause);
        Ok(usize::try_from(this.calls).unwrap_or(0))
    })]
    async fn end(self) -> Result<usize, Fault> {
        turn().await;
        drop(self);
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "remote.make")]
    async fn make(n: u32) -> Result<Self, Fault> {
        turn().await;
        Ok(Self { held: T::default(), calls: n })
    }

    #[circuit_breaker(name = "remote.quiet", failure_if = |()| true, fallback = || ())]
    async fn quiet(&self) {
        turn().await;
    }
}

#[tokio::test]
async fn async_trait_methods() {
    let mut server = send(Server::<u8>::make(1)).await.expect("an answer");
    assert_eq!(send(server.get("a")).await.ok().as_deref(), Some("a"));
    assert_eq!(server.get("").await.ok().as_deref(), Some(" 0"));
    let mut value = 0;
    assert_eq!(send(server.put("ab".into(), &mut value)).await.ok(), Some(105));
    assert_eq!((server.calls, value), (103, 11));
    assert_eq!(send(server.put("ab".into(), &mut value)).await.ok(), Some(205));
    assert_eq!((server.calls, value), (203, 21));
    assert_eq!(counts("remote.put"), [0, 1, 0, 1, 2]);
    assert_eq!(send(server.take(["x"], (1, 2))).await.ok().as_deref(), Some("1 3"));
    assert_eq!(send(server.take(["x"], (0, 1))).await.ok().as_deref(), Some("[\"x\"] 0 1"));
    send(server.quiet()).await;
    assert_eq!(counts("remote.quiet"), [0, 1, 0, 0, 1]);
    assert_eq!(send(server.provided(0)).await.ok(), Some(100));
    assert_eq!(send(Arc::new(server.clone()).close()).await.ok(), Some(1));
    assert_eq!(send(server.end()).await.ok(), Some(203));
}

#[tokio::test]
async fn behind_a_trait_object() {
    let server: Box<dyn Plug> = Box::new(Server { held: (), calls: 2 });
    assert_eq!(send(server.plug(1)).await.ok(), Some(3));
    assert_eq!(server.plug(0).await.ok(), Some(7));
}

#[async_trait]
trait Plug: Send + Sync {
    async fn plug(&self, n: u32) -> Result<u32, Fault>;
}

#[async_trait]
impl Plug for Server<()> {
    #[circuit_breaker(name = "plug", fallback = async |n| { turn().await; Ok(n + 7) })]
    async fn plug(&self, n: u32) -> Result<u32, Fault> {
        let calls = self.calls;
        turn().await;
        if n == 0 { Err(Fault::Down) } else { Ok(calls + n) }
    }
}

#[async_trait(?Send)]
trait Local {
    async fn local(&self, n: std::rc::Rc<u32>) -> Result<u32, Fault>;
}

#[async_trait(?Send)]
impl Local for Shelf {
    #[circuit_breaker(name = "local")]
    async fn local(&self, n: std::rc::Rc<u32>) -> Result<u32, Fault> {
        turn().await;
        Ok(*n)
    }
}

#[tokio::test]
async fn on_one_thread() {
    assert_eq!(Shelf::default().local(std::rc::Rc::new(3)).await.ok(), Some(3));
}
