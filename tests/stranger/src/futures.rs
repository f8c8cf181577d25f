//! Functions that return a future, and what is asked of any protected one: that it can be sent, and
//! is not much bigger.

use std::{cell::Cell, error::Error, future::Future, pin::Pin};

use cb_runtime::circuit_breaker;

use crate::support::{Fault, counts, send, turn};

#[circuit_breaker(name = "futures.opaque", failure_threshold = 1)]
fn opaque(n: u32) -> impl Future<Output = Result<u32, Fault>> + Send {
    let doubled = n * 2;
    async move {
        turn().await;
        if doubled == 0 { Err(Fault::Down) } else { Ok(doubled) }
    }
}

#[circuit_breaker(
    name = "futures.opaque_kept",
    fallback = |text: String, n| Ok(text + &n.to_string()),
)]
fn opaque_kept(
    text: String,
    mut n: u32,
) -> impl Future<Output = Result<String, Fault>> + Send + 'static {
    async move {
        n += 1;
        turn().await;
        if text.is_empty() { Err(Fault::Down) } else { Ok(format!("{text} {n}")) }
    }
}

#[circuit_breaker(name = "futures.changed_before", fallback = |n, text| Ok(format!("{text} {n}")))]
fn changed_before(
    mut n: u32,
    mut text: String,
) -> impl Future<Output = Result<String, Fault>> + Send {
    n += 1;
    text.push('!');
    async move {
        n += 1;
        text.push('?');
        turn().await;
        if n == 2 { Err(Fault::Down) } else { Ok(format!("{text} {n}")) }
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

struct Client(u32);

impl Client {
    #[circuit_breaker(name = "futures.boxed", fallback = Self::boxed_too)]
    fn boxed<'a>(
        &'a self,
        text: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<&'a str, Fault>> + Send + 'a>> {
        Box::pin(async move {
            turn().await;
            text.get(self.0 as usize..).ok_or(Fault::NotFound)
        })
    }

    fn boxed_too<'a>(&'a self, text: &'a str) -> Boxed<'a, Result<&'a str, Fault>> {
        Box::pin(async move {
            turn().await;
            Ok(text)
        })
    }

    #[circuit_breaker(name = "futures.boxed_mut", fallback = Self::boxed_mut_too)]
    fn boxed_mut(&mut self) -> Pin<Box<dyn Future<Output = Result<u32, Fault>> + Send + '_>> {
        Box::pin(async move {
            self.0 += 1;
            turn().await;
            if self.0 < 3 { Ok(self.0) } else { Err(Fault::Down) }
        })
    }

    async fn boxed_mut_too(&mut self) -> Result<u32, Fault> {
        self.0 += 10;
        Ok(self.0)
    }
}

#[circuit_breaker(name = "futures.named", failure_threshold = 1, fallback = |text, n| async move {
    turn().await;
    Ok(format!("{text}{n}"))
})]
fn named(text: &str, n: u32) -> Boxed<'_, Result<String, Fault>> {
    let doubled = n * 2;
    Box::pin(async move {
        turn().await;
        if doubled == 0 { Err(Fault::Down) } else { Ok(format!("{text} {doubled}")) }
    })
}

type Answer = Boxed<'static, Result<u32, Fault>>;

#[circuit_breaker(name = "futures.named_whole", failure_threshold = 1)]
fn named_whole(n: u32) -> Answer {
    Box::pin(async move {
        turn().await;
        if n == 0 { Err(Fault::Down) } else { Ok(n) }
    })
}

#[tokio::test]
async fn a_boxed_future_may_go_by_another_name() {
    assert_eq!(send(named("a", 1)).await.ok().as_deref(), Some("a 2"));
    assert_eq!(send(named("a", 0)).await.ok().as_deref(), Some("a0"));
    assert_eq!(send(named("a", 1)).await.ok().as_deref(), Some("a1"));
    assert_eq!(counts("futures.named"), [1, 1, 0, 1, 2]);
    drop(named_whole(0));
    assert_eq!(send(named_whole(1)).await.ok(), Some(1));
    assert!(matches!(named_whole(0).await, Err(Fault::Down)));
    assert!(named_whole(1).await.is_err_and(|fault| fault.is_rejection()));
}

#[tokio::test]
async fn a_returned_future_is_protected_when_it_is_polled() {
    drop(opaque(1));
    assert_eq!(send(opaque(1)).await.ok(), Some(2));
    assert!(matches!(opaque(0).await, Err(Fault::Down)));
    assert!(opaque(1).await.is_err_and(|fault| fault.is_rejection()));
    assert_eq!(counts("futures.opaque"), [1, 1, 0, 1, 0]);
    assert_eq!(send(opaque_kept("a".into(), 1)).await.ok().as_deref(), Some("a 2"));
    assert_eq!(send(opaque_kept(String::new(), 1)).await.ok().as_deref(), Some("1"));
    assert_eq!(send(changed_before(1, "a".into())).await.ok().as_deref(), Some("a!? 3"));
    assert_eq!(changed_before(0, "a".into()).await.ok().as_deref(), Some("a! 1"));
    let mut client = Client(2);
    assert_eq!(send(client.boxed("abc")).await.ok(), Some("c"));
    assert_eq!(client.boxed("a").await.ok(), Some("a"));
    assert_eq!(send(client.boxed_mut()).await.ok(), Some(13));
}

#[circuit_breaker(name = "futures.cell", fallback = |cell| Ok(cell.get()))]
async fn cell(cell: Cell<u32>) -> Result<u32, Fault> {
    cell.set(cell.get() + 1);
    turn().await;
    if cell.get() == 1 { Err(Fault::Down) } else { Ok(cell.get()) }
}

struct Counter(Cell<u32>);

impl Counter {
    #[circuit_breaker(name = "futures.counter", fallback = Self::more)]
    async fn count(&mut self, by: &mut Cell<u32>, fail: Cell<bool>) -> Result<u32, Fault> {
        turn().await;
        self.0.set(self.0.get() + by.get());
        by.set(0);
        turn().await;
        if fail.get() { Err(Fault::Down) } else { Ok(self.0.get()) }
    }

    async fn more(&mut self, by: &mut Cell<u32>, fail: Cell<bool>) -> Result<u32, Fault> {
        turn().await;
        self.0.set(self.0.get() + 100);
        fail.set(true);
        Ok(self.0.get() + by.get())
    }

    #[circuit_breaker(name = "futures.part")]
    async fn part(&mut self, by: &mut Counter) -> Result<u32, Fault> {
        by.0.set(self.0.get());
        turn().await;
        self.0.set(by.0.get());
        Ok(self.0.get())
    }

    #[circuit_breaker(name = "futures.part_kept", fallback = |by, cause| {
        self.0.set(9);
        by.0.set(9);
        Err(cause.into_inner().unwrap_or(Fault::NotFound))
    })]
    async fn part_kept(&mut self, by: &mut Counter) -> Result<u32, Fault> {
        by.0.set(self.0.get());
        turn().await;
        self.0.set(by.0.get());
        Err(Fault::Down)
    }
}

#[tokio::test]
async fn what_can_be_sent_unprotected_can_be_sent_protected() {
    assert_eq!(send(cell(Cell::new(0))).await.ok(), Some(0));
    assert_eq!(send(cell(Cell::new(1))).await.ok(), Some(2));
    let mut counter = Counter(Cell::new(1));
    let mut by = Cell::new(2);
    assert_eq!(send(counter.count(&mut by, Cell::new(false))).await.ok(), Some(3));
    assert_eq!(send(counter.count(&mut by, Cell::new(true))).await.ok(), Some(103));
    let mut other = Counter(Cell::new(0));
    assert_eq!(send(counter.part(&mut other)).await.ok(), Some(103));
    assert!(matches!(send(counter.part_kept(&mut other)).await, Err(Fault::Down)));
    assert_eq!((counter.0.get(), other.0.get()), (9, 9));
}

/// Neither is `Send`.
type Unsendable = Result<Cell<u32>, Box<dyn Error>>;

#[circuit_breaker(name = "futures.unsendable", fallback = [
    async |n| {
        turn().await;
        if n == 1 { Err("one")? }
        Ok(Cell::new(n))
    },
    |n, cause| {
        drop(cause);
        if n == 1 { Err("one")? }
        Ok(Cell::new(n))
    },
    unsendable_too,
    |n| async move {
        turn().await;
        Ok(Cell::new(n + 1))
    },
])]
async fn unsendable(n: u32) -> Unsendable {
    turn().await;
    if n < 2 { Err("less than two".into()) } else { Ok(Cell::new(n)) }
}

async fn unsendable_too(_: u32) -> Unsendable {
    turn().await;
    Err("never".into())
}

#[circuit_breaker(name = "futures.unsendable_plain", crate = cb_runtime)]
async fn unsendable_without(n: u32) -> Result<std::rc::Rc<u32>, cb_runtime::CallError<Cell<u32>>> {
    turn().await;
    Ok(std::rc::Rc::new(n))
}

#[tokio::test]
async fn though_its_answer_cannot() {
    for n in [0, 2] {
        assert_eq!(send(unsendable(n)).await.ok(), Some(Cell::new(n)));
    }
    assert_eq!(send(unsendable(1)).await.ok(), Some(Cell::new(2)));
    assert_eq!(send(unsendable_without(1)).await.ok().as_deref(), Some(&1));
}

async fn bare(buffer: [u8; 1024]) -> Result<usize, Fault> {
    turn().await;
    Ok(buffer.len())
}

#[circuit_breaker(name = "futures.size")]
async fn alone(buffer: [u8; 1024]) -> Result<usize, Fault> {
    turn().await;
    Ok(buffer.len())
}

#[circuit_breaker(name = "futures.size_kept", fallback = bare)]
async fn kept(buffer: [u8; 1024]) -> Result<usize, Fault> {
    turn().await;
    Ok(buffer.len())
}

#[circuit_breaker(name = "futures.size_timed", call_timeout = "1s", fallback = |_| Ok(0))]
async fn timed(buffer: [u8; 1024]) -> Result<usize, Fault> {
    turn().await;
    Ok(buffer.len())
}

#[tokio::test]
async fn a_protected_future_is_not_much_bigger() {
    let buffer = [0; 1024];
    let unprotected = size_of_val(&send(bare(buffer)));
    assert!(size_of_val(&send(alone(buffer))) <= unprotected + 96);
    // The timer.
    assert!(size_of_val(&send(timed(buffer))) <= unprotected + 288);
    // The argument as the caller gave it, and another for the fallback.
    assert!(size_of_val(&send(kept(buffer))) <= unprotected + 2 * 1024 + 96);
    // The fallback's own future takes the place of the body's.
    assert!(size_of_val(&send(waits(&buffer))) <= size_of_val(&send(bare(buffer))) + 1024);
    assert_eq!(alone(buffer).await.ok(), kept(buffer).await.ok());
    assert_eq!(timed(buffer).await.ok(), Some(1024));
    assert_eq!(waits(&buffer).await.ok(), Some(1024));
}

#[circuit_breaker(name = "futures.size_waits", fallback = waits_too)]
async fn waits(buffer: &[u8; 1024]) -> Result<usize, Fault> {
    turn().await;
    Err(Fault::Status(u16::from(buffer[0])))
}

async fn waits_too(buffer: &[u8; 1024]) -> Result<usize, Fault> {
    let buffer = *buffer;
    turn().await;
    Ok(buffer.len())
}
