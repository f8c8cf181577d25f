//! Every kind of `self`, with and without a fallback that has it too.

use std::{rc::Rc, sync::Arc};

use cb_runtime::circuit_breaker;

use crate::support::{Fault, counts, send, turn};

#[derive(Clone, Debug, Default, PartialEq)]
struct Client {
    calls: u32,
}

impl Client {
    #[circuit_breaker(name = "receivers.shared")]
    async fn shared(&self, down: bool) -> Result<u32, Fault> {
        turn().await;
        if down { Err(Fault::Down) } else { Ok(self.calls) }
    }

    #[circuit_breaker(name = "receivers.exclusive")]
    async fn exclusive(&mut self) -> Result<u32, Fault> {
        self.calls += 1;
        turn().await;
        self.calls += 1;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "receivers.counted")]
    async fn counted(self: Arc<Self>) -> Result<u32, Fault> {
        turn().await;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "receivers.boxed")]
    async fn boxed(self: Box<Self>) -> Result<Self, Fault> {
        turn().await;
        Ok(*self)
    }

    #[circuit_breaker(name = "receivers.owned")]
    async fn owned(self) -> Result<Self, Fault> {
        turn().await;
        Ok(self)
    }

    #[circuit_breaker(name = "receivers.owned_mut")]
    async fn owned_mut(mut self) -> Result<Self, Fault> {
        self.calls += 1;
        turn().await;
        Ok(self)
    }

    #[circuit_breaker(name = "receivers.typed")]
    async fn typed(self: &Self) -> Result<u32, Fault> {
        turn().await;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "receivers.lifetime")]
    async fn lifetime<'a>(&'a mut self, other: &'a mut u32) -> Result<&'a mut u32, Fault> {
        turn().await;
        Ok(if self.calls == 0 { &mut self.calls } else { other })
    }

    #[circuit_breaker(name = "receivers.single_thread")]
    async fn single_thread(self: Rc<Self>) -> Result<u32, Fault> {
        turn().await;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "receivers.associated", failure_threshold = 1)]
    async fn associated(down: bool) -> Result<Self, Fault> {
        turn().await;
        if down { Err(Fault::Down) } else { Ok(Self { calls: 40 }) }
    }

    #[circuit_breaker(name = "receivers.plain_shared")]
    fn plain_shared(&self) -> Result<u32, Fault> {
        Ok(self.calls)
    }

    #[circuit_breaker(name = "receivers.plain_exclusive")]
    fn plain_exclusive(&mut self) -> Result<&mut Self, Fault> {
        self.calls += 1;
        Ok(self)
    }

    #[circuit_breaker(name = "receivers.plain_owned")]
    fn plain_owned(mut self) -> Result<Self, Fault> {
        self.calls += 1;
        Ok(self)
    }

    #[circuit_breaker(name = "receivers.plain_associated")]
    fn plain_associated() -> Result<Self, Fault> {
        Ok(Self { calls: 3 })
    }
}

#[tokio::test]
async fn without_a_fallback() {
    let mut client = Client::default();
    assert_eq!(send(client.exclusive()).await.ok(), Some(2));
    assert_eq!(send(client.shared(false)).await.ok(), Some(2));
    assert!(client.shared(true).await.is_err());
    assert_eq!(counts("receivers.shared"), [1, 1, 0, 0, 0]);
    assert_eq!(send(Arc::new(client.clone()).counted()).await.ok(), Some(2));
    assert_eq!(send(Box::new(client.clone()).boxed()).await.ok(), Some(client.clone()));
    assert_eq!(send(client.clone().owned()).await.ok(), Some(client.clone()));
    assert_eq!(send(client.clone().owned_mut()).await.ok(), Some(Client { calls: 3 }));
    assert_eq!(send(client.typed()).await.ok(), Some(2));
    let mut other = 7;
    *send(client.lifetime(&mut other)).await.expect("an answer") += 1;
    assert_eq!(other, 8);
    assert_eq!(Rc::new(client).single_thread().await.ok(), Some(2));
}

#[tokio::test]
async fn an_associated_function() {
    assert_eq!(send(Client::associated(false)).await.ok(), Some(Client { calls: 40 }));
    assert!(matches!(Client::associated(true).await, Err(Fault::Down)));
    assert!(Client::associated(false).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(counts("receivers.associated"), [1, 1, 0, 1, 0]);
    assert_eq!(Client::plain_associated().ok(), Some(Client { calls: 3 }));
}

#[test]
fn in_a_plain_method() {
    let mut client = Client::default();
    client.plain_exclusive().expect("an answer").calls += 1;
    assert_eq!(client.plain_shared().ok(), Some(2));
    assert_eq!(client.plain_owned().ok(), Some(Client { calls: 3 }));
    assert_eq!(counts("receivers.plain_owned"), [1, 0, 0, 0, 0]);
}

/// The same with a fallback, which has `self` as the method had it. Each fails first.
#[derive(Clone, Debug, Default, PartialEq)]
struct Careful {
    calls: u32,
}

impl Careful {
    #[circuit_breaker(name = "careful.shared", failure_threshold = 1, fallback = Self::shared_too)]
    async fn shared(&self, n: u32) -> Result<u32, Fault> {
        turn().await;
        Err(Fault::Down)
    }

    async fn shared_too(&self, n: u32) -> Result<u32, Fault> {
        turn().await;
        Ok(self.calls + n)
    }

    #[circuit_breaker(name = "careful.exclusive", failure_threshold = 1, fallback = Self::more)]
    async fn exclusive(&mut self, by: &mut u32) -> Result<u32, Fault> {
        *by += 1;
        self.calls += *by;
        turn().await;
        self.calls += 1;
        Err(Fault::Down)
    }

    async fn more(&mut self, by: &mut u32) -> Result<u32, Fault> {
        turn().await;
        *by += 10;
        self.calls += 100;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "careful.counted", failure_threshold = 1, fallback = Self::count)]
    async fn counted(self: Arc<Self>) -> Result<usize, Fault> {
        turn().await;
        drop(self);
        Err(Fault::Down)
    }

    fn count(self: Arc<Self>) -> Result<usize, Fault> {
        Ok(Arc::strong_count(&self))
    }

    #[circuit_breaker(name = "careful.boxed", failure_threshold = 1, fallback = Self::unboxed)]
    async fn boxed(self: Box<Self>) -> Result<Self, Fault> {
        turn().await;
        drop(self);
        Err(Fault::Down)
    }

    async fn unboxed(self: Box<Self>) -> Result<Self, Fault> {
        turn().await;
        Ok(*self)
    }

    #[circuit_breaker(name = "careful.owned", failure_threshold = 1, fallback = Self::owned_too)]
    async fn owned(mut self, n: u32) -> Result<Self, Fault> {
        self.calls += n;
        turn().await;
        drop(self);
        Err(Fault::Down)
    }

    fn owned_too(self, n: u32) -> Result<Self, Fault> {
        Ok(Self { calls: self.calls + 10 * n })
    }

    #[circuit_breaker(name = "careful.associated", fallback = Self::associated_too)]
    async fn associated(n: u32) -> Result<Self, Fault> {
        turn().await;
        Err(Fault::Down)
    }

    async fn associated_too(n: u32) -> Result<Self, Fault> {
        Ok(Self { calls: n })
    }

    #[circuit_breaker(name = "careful.plain_shared", fallback = Self::plain_shared_too)]
    fn plain_shared(&self, n: u32) -> Result<u32, Fault> {
        Err(Fault::Down)
    }

    fn plain_shared_too(&self, n: u32) -> Result<u32, Fault> {
        Ok(self.calls + n)
    }

    #[circuit_breaker(name = "careful.plain_exclusive", fallback = Self::plain_more)]
    fn plain_exclusive(&mut self, by: &mut u32) -> Result<u32, Fault> {
        self.calls += 1;
        *by += 1;
        Err(Fault::Down)
    }

    fn plain_more(&mut self, by: &mut u32) -> Result<u32, Fault> {
        self.calls += 1;
        *by += 1;
        Ok(self.calls)
    }

    #[circuit_breaker(name = "careful.plain_owned", fallback = Careful::owned_too)]
    fn plain_owned(self, n: u32) -> Result<Self, Fault> {
        drop(self);
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "careful.plain_counted", fallback = Self::count)]
    fn plain_counted(self: Arc<Self>) -> Result<usize, Fault> {
        drop(self);
        Err(Fault::Down)
    }
}

#[tokio::test]
async fn a_fallback_has_the_receiver_after_a_failure_and_after_a_rejection() {
    let mut careful = Careful { calls: 1 };
    let mut by = 1;
    assert_eq!(send(careful.shared(2)).await.ok(), Some(3));
    assert_eq!(send(careful.shared(3)).await.ok(), Some(4));
    assert_eq!(counts("careful.shared"), [0, 1, 0, 1, 2]);
    assert_eq!(send(careful.exclusive(&mut by)).await.ok(), Some(104));
    assert_eq!(by, 12);
    assert_eq!(send(careful.exclusive(&mut by)).await.ok(), Some(204));
    assert_eq!(by, 22);
    assert_eq!(counts("careful.exclusive"), [0, 1, 0, 1, 2]);
    for _ in 0..2 {
        assert_eq!(send(Arc::new(careful.clone()).counted()).await.ok(), Some(1));
        assert_eq!(send(Box::new(careful.clone()).boxed()).await.ok(), Some(careful.clone()));
        let answer = send(careful.clone().owned(2)).await.ok();
        assert_eq!(answer, Some(Careful { calls: 224 }));
        assert_eq!(send(Careful::associated(5)).await.ok(), Some(Careful { calls: 5 }));
    }
    assert_eq!(counts("careful.owned"), [0, 1, 0, 1, 2]);
    assert_eq!(counts("careful.associated"), [0, 2, 0, 0, 2]);
}

#[test]
fn so_does_a_plain_one() {
    let (mut careful, mut by) = (Careful { calls: 1 }, 1);
    assert_eq!(careful.plain_shared(2).ok(), Some(3));
    assert_eq!(careful.plain_exclusive(&mut by).ok(), Some(3));
    assert_eq!(by, 3);
    assert_eq!(careful.clone().plain_owned(1).ok(), Some(Careful { calls: 13 }));
    assert_eq!(Arc::new(careful).plain_counted().ok(), Some(1));
    assert_eq!(counts("careful.plain_counted"), [0, 1, 0, 0, 1]);
}

/// Bodies in which something takes `self` along.
#[derive(Debug, Default)]
struct Taken {
    calls: u32,
}

impl Taken {
    #[circuit_breaker(name = "taken.block", failure_threshold = 1, fallback = Self::more)]
    async fn block(&mut self, by: &mut u32) -> Result<u32, Fault> {
        let task = async move {
            self.calls += *by;
            turn().await;
            *by += 1;
            println!("{} {:?}", self.calls, { &self });
        };
        task.await;
        Err(Fault::Down)
    }

    #[circuit_breaker(
        name = "taken.closure",
        fallback = |by| { self.calls += *by; Ok(self.calls) },
    )]
    fn closure(&mut self, by: &mut u32) -> Result<u32, Fault> {
        struct Inner(u32);
        impl Inner {
            fn add(&self, by: u32) -> u32 {
                self.0 + by
            }
        }
        let mut add = move || {
            self.calls = Inner(self.calls).add(*by);
            self::double(&mut self.calls);
            *by += 1;
        };
        add();
        Err(Fault::Down)
    }

    async fn more(&mut self, by: &mut u32) -> Result<u32, Fault> {
        turn().await;
        self.calls += *by;
        Ok(self.calls)
    }
}

fn double(n: &mut u32) {
    *n *= 2;
}

#[tokio::test]
async fn a_body_may_move_its_receiver_about() {
    let (mut taken, mut by) = (Taken::default(), 1);
    assert_eq!(send(taken.block(&mut by)).await.ok(), Some(3));
    assert_eq!(taken.block(&mut by).await.ok(), Some(5));
    assert_eq!(taken.closure(&mut by).ok(), Some(17));
    assert_eq!((taken.calls, by), (17, 3));
}
