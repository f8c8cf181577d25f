//! Functions that come out of a `macro_rules!`, with parts of them and of the attribute from
//! outside.

use std::time::Duration;

use cb_runtime::circuit_breaker;

use crate::support::{Fault, breaker, counts, send, turn};

macro_rules! whole {
    ($name:ident, $breaker:literal, $threshold:expr, $time:expr, $fallback:expr) => {
        #[circuit_breaker(
                                                                    name = $breaker,
                                                                    failure_threshold = $threshold,
                                                                    recovery_timeout = $time,
                                                                    fallback = $fallback,
                                                                )]
        async fn $name(text: &str, n: u32) -> Result<String, Fault> {
            turn().await;
            if n == 0 { Err(Fault::Down) } else { Ok(format!("{text} {n}")) }
        }
    };
}

async fn other(text: &str, _: u32) -> Result<String, Fault> {
    Ok(text.to_owned())
}

const THREE: u32 = 3;

whole!(one, "macros.one", 1, "5s", other);
whole!(two, "macros.two", THREE, Duration::from_secs(6), |text, n, cause| {
    Ok(format!("{text} {n} {cause}"))
});
whole!(
    three,
    "macros.three",
    THREE + 1,
    "1m 30s",
    [|_, _| Err(Fault::NotFound), async |text, _| other(text, 1).await]
);

#[tokio::test]
async fn values_from_a_macro() {
    assert_eq!(send(one("a", 1)).await.ok().as_deref(), Some("a 1"));
    assert_eq!(one("a", 0).await.ok().as_deref(), Some("a"));
    assert_eq!(send(two("a", 0)).await.ok().as_deref(), Some("a 0 the service is down"));
    assert_eq!(send(three("a", 0)).await.ok().as_deref(), Some("a"));
    assert_eq!(breaker("macros.one").config().failure_threshold(), 1);
    assert_eq!(breaker("macros.one").config().recovery_timeout(), Duration::from_secs(5));
    assert_eq!(breaker("macros.two").config().failure_threshold(), 3);
    assert_eq!(breaker("macros.two").config().recovery_timeout(), Duration::from_secs(6));
    assert_eq!(breaker("macros.three").config().failure_threshold(), 4);
    assert_eq!(counts("macros.two"), [0, 1, 0, 0, 1]);
}

macro_rules! parts {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident($($argument:ident: $kind:ty),*) -> $output:ty $body:block
    ) => {
        $(#[$attribute])*
        #[circuit_breaker(name = "macros.parts", failure_threshold = 1, fallback = |_, list, _| {
            list.push(10);
            Ok(list.len())
        })]
        $visibility async fn $name($($argument: $kind),*) -> $output $body
    };
}

parts! {
    /// Made of parts.
    #[inline]
    pub(crate) fn of_parts(text: &str, list: &mut Vec<u32>, more: Option<u32>) -> Result<usize, Fault> {
        list.push(1);
        turn().await;
        let n: usize = text.parse().map_err(|_| Fault::NotFound)?;
        list.extend(more);
        Ok(n)
    }
}

#[tokio::test]
async fn parts_from_a_macro() {
    let mut list = Vec::new();
    assert_eq!(send(of_parts("5", &mut list, Some(2))).await.ok(), Some(5));
    assert_eq!(of_parts("x", &mut list, Some(2)).await.ok(), Some(4));
    assert_eq!(list, [1, 2, 1, 10]);
}

macro_rules! around {
    ($(#[$attribute:meta])* => $item:item) => {
        $(#[$attribute])*
        $item
    };
}

around! {
    #[circuit_breaker(name = "macros.item", failure_threshold = 1)]
    =>
    fn item(down: bool) -> Result<u32, Fault> {
        if down { Err(Fault::Down) } else { Ok(1) }
    }
}

macro_rules! patterns {
    ($name:ident, $ignored:pat, $recorded:pat, $judge:expr, $on:literal, $output:ty) => {
        #[circuit_breaker(
                                                                    name = "macros.patterns",
                                                                    ignore_errors = $ignored,
                                                                    record_errors = $recorded,
                                                                    enabled = $judge,
                                                                    fallback_on = $on,
                                                                    fallback = |n| Ok(n),
                                                                )]
        fn $name(n: u16) -> $output {
            match n {
                0 => Err(Fault::NotFound),
                1 => Err(Fault::Down),
                n => Err(Fault::Status(n)),
            }
        }
    };
}

patterns!(
    judged,
    Fault::NotFound,
    Fault::Down | Fault::Status(500..),
    THREE > 2,
    "failed",
    Result<u16, Fault>
);

#[test]
fn an_item_and_patterns_from_a_macro() {
    assert_eq!(item(false).ok(), Some(1));
    assert!(item(true).is_err());
    assert!(item(false).is_err_and(|fault| fault.is_rejection()));
    assert!(matches!(judged(0), Err(Fault::NotFound)));
    assert_eq!(judged(1).ok(), Some(1));
    assert!(matches!(judged(400), Err(Fault::Status(400))));
    assert_eq!(judged(503).ok(), Some(503));
    assert_eq!(counts("macros.patterns"), [1, 2, 1, 0, 2]);
}

macro_rules! methods {
    ($type:ident { $($breaker:literal $name:ident)* }) => {
        struct $type(u32);

        impl $type {
            $(
                #[circuit_breaker(name = $breaker, fallback = Self::other)]
                async fn $name(&mut self, value: String) -> Result<usize, Fault> {
                    self.0 += 1;
                    turn().await;
                    drop(value);
                    Err(Fault::Down)
                }
            )*

            fn other(&mut self, value: String) -> Result<usize, Fault> {
                self.0 += 1;
                Ok(value.len())
            }
        }
    };
}

methods!(Client { "macros.first" first "macros.second" second });

#[tokio::test]
async fn methods_from_a_macro() {
    let mut client = Client(0);
    assert_eq!(send(client.first("a".into())).await.ok(), Some(1));
    assert_eq!(send(client.second("ab".into())).await.ok(), Some(2));
    assert_eq!(client.0, 4);
}

#[circuit_breaker(name = "macros.inside")]
async fn inside(list: &[u32]) -> Result<Vec<u32>, Fault> {
    macro_rules! checked {
        ($n:expr) => {
            if $n == 0 { Err(Fault::NotFound)? } else { $n }
        };
    }
    let mut found = vec![];
    for n in list {
        turn().await;
        found.push(checked!(*n));
    }
    Ok(found)
}

#[tokio::test]
async fn macros_in_the_body() {
    assert_eq!(send(inside(&[1, 2])).await.ok(), Some(vec![1, 2]));
    assert!(inside(&[1, 0]).await.is_err());
}
