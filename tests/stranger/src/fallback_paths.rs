//! A fallback that is a function.

use cb_runtime::circuit_breaker;

use crate::support::{Fault, counts, send, turn};

type Answer = Result<u32, Fault>;

fn at_once(text: &str, n: u32) -> Answer {
    Ok(n + u32::from(text.is_empty()))
}

async fn later(text: &str, n: u32) -> Answer {
    turn().await;
    at_once(text, n)
}

fn opaque(text: &str, n: u32) -> impl Future<Output = Answer> + Send {
    later(text, n)
}

fn generic<T: AsRef<str> + ?Sized, N: Into<u32>>(text: &T, n: N) -> Answer {
    Ok(n.into() + u32::from(text.as_ref().is_empty()))
}

/// What many services have in common.
mod common {
    pub(super) struct Common;

    impl Common {
        pub(super) fn zero(_: &str, n: u32) -> super::Answer {
            Ok(n)
        }
    }
}

static POINTER: fn(&str, u32) -> Answer = at_once;

macro_rules! with {
    ($($name:ident $breaker:literal $fallback:path)*) => {$(
        #[circuit_breaker(name = $breaker, failure_threshold = 1, fallback = $fallback)]
        async fn $name(text: &str, n: u32) -> Answer {
            turn().await;
            if text.is_empty() { Err(Fault::Down) } else { Ok(n) }
        }
    )*};
}

with! {
    plain "paths.plain" at_once
    asynchronous "paths.async" later
    returning "paths.opaque" opaque
    generics "paths.generic" generic
    explicit "paths.explicit" generic::<str, u32>
    elsewhere "paths.elsewhere" common::Common::zero
    absolute "paths.absolute" crate::fallback_paths::later
    pointer "paths.pointer" POINTER
}

#[tokio::test]
async fn on_an_async_function() {
    macro_rules! check {
        ($($name:ident $breaker:literal $answer:literal)*) => {$(
            assert_eq!(send($name("a", 3)).await.ok(), Some(3));
            assert_eq!($name("", 5).await.ok(), Some($answer));
            assert_eq!($name("", 5).await.ok(), Some($answer));
            assert_eq!(counts($breaker), [1, 1, 0, 1, 2]);
        )*};
    }
    check! {
        plain "paths.plain" 6
        asynchronous "paths.async" 6
        returning "paths.opaque" 6
        generics "paths.generic" 6
        explicit "paths.explicit" 6
        elsewhere "paths.elsewhere" 5
        absolute "paths.absolute" 6
        pointer "paths.pointer" 6
    }
}

#[circuit_breaker(name = "paths.on_plain", failure_threshold = 1, fallback = at_once)]
fn on_plain(text: &str, n: u32) -> Answer {
    if text.is_empty() { Err(Fault::Down) } else { Ok(n) }
}

#[test]
fn on_a_plain_function() {
    assert_eq!(on_plain("a", 3).ok(), Some(3));
    assert_eq!(on_plain("", 5).ok(), Some(6));
    assert_eq!(on_plain("a", 5).ok(), Some(5));
    assert_eq!(counts("paths.on_plain"), [1, 1, 0, 1, 2]);
}

trait Reserve {
    async fn reserve(&self, text: &str) -> Answer;
}

struct Client;

impl Reserve for Client {
    async fn reserve(&self, text: &str) -> Answer {
        turn().await;
        Ok(u32::try_from(text.len()).unwrap_or(0) + 10)
    }
}

impl Client {
    #[circuit_breaker(name = "paths.trait_method", fallback = <Self as Reserve>::reserve)]
    async fn ask(&self, text: &str) -> Answer {
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "paths.trait_method_short", fallback = Reserve::reserve)]
    async fn ask_again(&self, text: &str) -> Answer {
        turn().await;
        Err(Fault::Down)
    }

    /// The fallback is itself protected, by a breaker of its own.
    #[circuit_breaker(name = "paths.chained", fallback = Self::ask)]
    async fn chained(&self, text: &str) -> Answer {
        turn().await;
        Err(Fault::NotFound)
    }
}

#[tokio::test]
async fn a_method_of_a_trait_and_a_protected_one() {
    assert_eq!(Client.ask("a").await.ok(), Some(11));
    assert_eq!(Client.ask_again("a").await.ok(), Some(11));
    assert_eq!(Client.chained("ab").await.ok(), Some(12));
    assert_eq!(counts("paths.trait_method"), [0, 2, 0, 0, 2]);
    assert_eq!(counts("paths.chained"), [0, 1, 0, 0, 1]);
}

#[circuit_breaker(name = "paths.failing", fallback = fails_too)]
async fn failing(n: u32) -> Answer {
    turn().await;
    if n == 0 { Err(Fault::Down) } else { Ok(n) }
}

fn fails_too(_: u32) -> Answer {
    Err(Fault::NotFound)
}

#[tokio::test]
async fn what_a_fallback_says_goes_to_the_caller_uncounted() {
    assert!(matches!(send(failing(0)).await, Err(Fault::NotFound)));
    assert_eq!(counts("paths.failing"), [0, 1, 0, 0, 1]);
}
