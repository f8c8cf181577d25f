//! Types, variants, traits, macros and modules of the user's own that hide those of the prelude.
#![allow(
    dead_code,
    unused_macros,
    non_camel_case_types,
    clippy::enum_variant_names,
    reason = "what is here only has to be in the way"
)]

use cb_runtime::circuit_breaker;

use crate::support::{counts, send, turn};

mod types {
    use super::*;

    /// A result of the user's own, which the runtime does not know.
    #[derive(Clone, Debug, PartialEq)]
    pub(crate) enum Result {
        Ok(u32),
        Err,
    }
    use self::Result::{Err, Ok};

    pub(crate) enum Option {
        Some,
        None,
    }
    use self::Option::{None, Some};

    struct String;
    struct Box;
    struct Vec;
    struct Duration;
    struct Send;
    trait FnOnce {}
    trait Future {}
    trait Clone {}
    trait Drop {}
    struct Settled;
    struct Verdict;
    struct Site;
    struct Declaration;
    struct ConfigBuilder;
    type u32 = core::primitive::u32;
    mod core {
        pub(super) mod primitive {
            pub(crate) type u32 = ::core::primitive::u32;
        }
    }
    mod std {}
    mod cb_runtime {}

    #[circuit_breaker(
        name = "shadows.types",
        failure_threshold = 1,
        recovery_timeout = "3s",
        failure_if = |answer| *answer == Err,
        fallback = |n, _| Ok(n + 10),
    )]
    async fn asynchronous(n: u32, _: &str) -> Result {
        turn().await;
        if n == 0 { Err } else { Ok(n) }
    }

    #[circuit_breaker(
        name = "shadows.types_plain",
        failure_if = |answer| *answer == Err,
        fallback = [|_| Err, other],
    )]
    fn plain(n: u32) -> Result {
        let one = match n {
            0 => Some,
            _ => None,
        };
        match one {
            Some => Err,
            None => Ok(n),
        }
    }

    fn other(n: u32) -> Result {
        Ok(n + 20)
    }

    #[tokio::test]
    async fn types_are_the_users() {
        assert_eq!(send(asynchronous(1, "")).await, Ok(1));
        assert_eq!(asynchronous(0, "").await, Ok(10));
        assert_eq!(asynchronous(1, "").await, Ok(11));
        assert_eq!(counts("shadows.types"), [1, 1, 0, 1, 2]);
        assert_eq!((plain(1), plain(0)), (Ok(1), Ok(20)));
    }
}

mod primitives {
    use super::*;
    use crate::support::Fault;

    type Number = core::primitive::u32;
    type Text = &'static core::primitive::str;
    type bool = ();
    type str = ();
    type u32 = ();
    type u64 = ();
    type usize = ();
    type f64 = ();

    const THREE: Number = 3;

    #[circuit_breaker(
        name = "shadows.primitives",
        failure_threshold = THREE - 2,
        failure_rate = 1.0 / 2.0,
        open_for = |_| None,
        retry = (2, "1ms", when = |fault| fault.is_transient()),
        stale_if_error = ("1m", key = n),
        enabled = 1 < 2,
        fallback = |n, _| Ok(n + 10),
    )]
    async fn asynchronous(n: Number, _: Text) -> Result<Number, Fault> {
        turn().await;
        if n == 0 { Err(Fault::NotFound) } else { Ok(n) }
    }

    #[circuit_breaker(
        name = "shadows.primitives_plain",
        failure_if = |answer| *answer == 0,
        fallback = |n| n + 20,
    )]
    fn plain(n: Number) -> Number {
        n
    }

    #[tokio::test]
    async fn primitive_types_are_the_users() {
        assert_eq!(send(asynchronous(1, "")).await.ok(), Some(1));
        assert_eq!(asynchronous(0, "").await.ok(), Some(10));
        assert_eq!((plain(1), plain(0)), (1, 20));
    }
}

mod macros {
    use super::*;
    use crate::support::Fault;

    macro_rules! line {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! file {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! assert {
        ($($tokens:tt)*) => {
            compile_error!("not this one")
        };
    }
    macro_rules! module_path {
        () => {
            compile_error!("not this one")
        };
    }
    macro_rules! concat {
        ($($tokens:tt)*) => {
            compile_error!("not this one")
        };
    }
    macro_rules! submit {
        ($($tokens:tt)*) => {
            compile_error!("not this one")
        };
    }
    macro_rules! inventory {
        ($($tokens:tt)*) => {
            compile_error!("not this one")
        };
    }

    const ONE: u32 = 1;
    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

    #[circuit_breaker(
        name = "shadows.macros",
        failure_threshold = ONE,
        recovery_timeout = SECOND,
        call_timeout = SECOND,
        ignore_errors = Fault::NotFound,
        fallback = |n| Ok(n),
    )]
    async fn with_macros(n: u32) -> Result<u32, Fault> {
        turn().await;
        if n == 0 { Err(Fault::NotFound) } else { Err(Fault::Down) }
    }

    #[tokio::test]
    async fn macros_are_the_users() {
        assert_eq!(send(with_macros(0)).await.ok(), None);
        assert_eq!(send(with_macros(1)).await.ok(), Some(1));
        assert_eq!(counts("shadows.macros"), [0, 1, 1, 0, 1]);
    }
}

mod traits {
    use super::*;
    use crate::support::Fault;

    /// Methods on every type, with the names that an expansion calls.
    trait Everywhere: Sized {
        fn text(&self) -> u32 {
            1
        }
        fn admit(self) -> u32 {
            2
        }
        fn into_error(self) -> u32 {
            3
        }
        fn drop_is_failure(&self) -> u32 {
            4
        }
        fn within(&self, _: std::time::Duration) -> u32 {
            5
        }
        fn count_fallback(&self) -> u32 {
            6
        }
        fn failure_threshold(&self, _: u32) -> u32 {
            7
        }
        fn clone(&self) -> u32 {
            8
        }
        fn into(self) -> u32 {
            9
        }
    }
    impl<T> Everywhere for T {}

    #[circuit_breaker(
        name = "shadows.traits",
        failure_threshold = 1,
        call_timeout = "1s",
        cancelled = "failure",
        fallback = |list| Ok(list.text() + list.admit()),
    )]
    async fn with_traits(list: Vec<u32>) -> Result<u32, Fault> {
        turn().await;
        if list.is_empty() { Err(Fault::Down) } else { Ok(list.text()) }
    }

    #[circuit_breaker(name = "shadows.traits_plain", failure_threshold = 1)]
    fn with_traits_plain(down: bool) -> Result<u32, Fault> {
        if down { Err(Fault::Down) } else { Ok(1) }
    }

    #[tokio::test]
    async fn methods_are_the_users() {
        assert_eq!(send(with_traits(vec![1])).await.ok(), Some(1));
        assert_eq!(with_traits(vec![]).await.ok(), Some(3));
        assert_eq!(with_traits(vec![1]).await.ok(), Some(3));
        assert!(with_traits_plain(true).is_err());
        assert!(with_traits_plain(false).is_err_and(|fault| fault.is_rejection()));
        let last_error = crate::support::breaker("shadows.traits").snapshot().last_error;
        assert_eq!(last_error.as_deref(), Some("the service is down"));
    }
}
