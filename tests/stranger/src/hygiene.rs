//! Names of the user's own that an expansion might use too.
#![allow(non_upper_case_globals, dead_code, unused_macros, clippy::module_inception)]

use cb_runtime::circuit_breaker;

use crate::support::{Fault, send, turn};

mod items {
    use super::*;

    /// Constants, where an expansion has constants and statics of its own.
    const SITE: u32 = 2;
    const DECLARATION: u32 = 3;
    const CHECKED: u32 = 4;
    const LIMIT: Duration = Duration::from_secs(5);
    use std::time::Duration;

    const fn here() -> u32 {
        6
    }

    #[circuit_breaker(
        name = "hygiene.constants",
        failure_threshold = SITE,
        half_open_max_calls = DECLARATION,
        success_threshold = CHECKED,
        call_timeout = LIMIT,
        recovery_timeout = LIMIT,
    )]
    async fn constants() -> Result<u32, Fault> {
        turn().await;
        Ok(SITE + DECLARATION + CHECKED + here())
    }

    #[circuit_breaker(name = "hygiene.here", failure_threshold = here(), response_times = SITE > 1)]
    fn from_here() -> Result<u32, Fault> {
        Ok(here() + SITE + DECLARATION + CHECKED)
    }

    #[tokio::test]
    async fn constants_keep_their_values() {
        assert_eq!(send(constants()).await.ok(), Some(15));
        assert_eq!(from_here().ok(), Some(15));
        let config = crate::support::breaker("hygiene.constants").config();
        assert_eq!(config.failure_threshold(), 2);
        assert_eq!(config.half_open_max_calls(), 3);
        assert_eq!(config.success_threshold(), 4);
        assert_eq!(config.recovery_timeout(), LIMIT);
        let config = crate::support::breaker("hygiene.here").config();
        assert_eq!(config.failure_threshold(), 6);
        assert!(config.response_times());
    }
}

mod functions {
    use super::*;

    fn fallback(n: u32) -> Result<u32, Fault> {
        Ok(n + 100)
    }

    async fn answer(n: u32) -> Result<u32, Fault> {
        fallback(n)
    }

    fn circuit_breaker_fallback(n: u32) -> Result<u32, Fault> {
        fallback(n)
    }

    fn is_failure(answer: &Result<u32, Fault>) -> bool {
        answer.is_err()
    }

    fn keep(n: u32) -> u32 {
        n
    }

    fn guard(site: u32, held: u32, cause: u32) -> u32 {
        site + held + cause
    }

    fn run(n: u32) -> u32 {
        n
    }

    #[circuit_breaker(name = "hygiene.function_fallback", fallback = fallback)]
    async fn one(n: u32) -> Result<u32, Fault> {
        Err(Fault::Status(u16::try_from(guard(keep(n), run(0), 0)).unwrap_or(0)))
    }

    #[circuit_breaker(name = "hygiene.function_answer", fallback = [|_| Err(Fault::Down), answer])]
    async fn two(n: u32) -> Result<u32, Fault> {
        Err(Fault::Status(u16::try_from(n).unwrap_or(0)))
    }

    #[circuit_breaker(
        name = "hygiene.function_adapter",
        fallback = circuit_breaker_fallback,
        failure_if = is_failure,
    )]
    async fn three(n: u32) -> Result<u32, Fault> {
        Err(Fault::Status(u16::try_from(n).unwrap_or(0)))
    }

    #[circuit_breaker(name = "hygiene.function_here", fallback = here)]
    fn four(n: u32) -> Result<u32, Fault> {
        here(here(n).map_err(|_| Fault::Down)?)?;
        Err(Fault::Down)
    }

    fn here(n: u32) -> Result<u32, Fault> {
        fallback(n)
    }

    #[tokio::test]
    async fn functions_are_the_users() {
        assert_eq!(send(one(1)).await.ok(), Some(101));
        assert_eq!(send(two(1)).await.ok(), Some(101));
        assert_eq!(send(three(1)).await.ok(), Some(101));
        assert_eq!(four(1).ok(), Some(101));
    }
}

mod variables {
    use super::*;

    #[circuit_breaker(
        name = "hygiene.variables",
        enabled = site + held + cause != 0,
        failure_if = |answer| { let verdict = answer.as_ref().err(); verdict.is_some() },
        fallback = |site, held, cause, answer, error, this, limit, refusal| {
            let never = refusal.is_rejection();
            Ok((site + held + cause + answer + error + this + limit.len(), never))
        }
    )]
    async fn variables(
        site: usize,
        held: usize,
        cause: usize,
        answer: usize,
        error: usize,
        this: usize,
        limit: String,
        refusal: Refusal,
    ) -> Result<(usize, bool), Fault> {
        turn().await;
        let kept_limit = limit;
        Err(Fault::Status(u16::try_from(site + held + cause + kept_limit.len()).unwrap_or(0)))
    }

    #[derive(Clone, Copy)]
    struct Refusal;

    impl Refusal {
        fn is_rejection(self) -> bool {
            true
        }
    }

    #[circuit_breaker(name = "hygiene.kept", fallback = |kept, kept_kept| Ok(kept + &kept_kept))]
    async fn kept(kept: String, kept_kept: String) -> Result<String, Fault> {
        drop((kept, kept_kept));
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(
        name = "hygiene.place",
        fallback = |argument_1, pair| Ok(argument_1 + pair.0),
    )]
    fn place(argument_1: u32, (argument_0, _): (u32, u32)) -> Result<u32, Fault> {
        if argument_0 == argument_1 { Ok(0) } else { Err(Fault::Down) }
    }

    #[tokio::test]
    async fn variables_are_the_users() {
        let answer = send(variables(1, 2, 3, 4, 5, 6, "seven".into(), Refusal)).await.ok();
        assert_eq!(answer, Some((26, true)));
        assert_eq!(send(kept("a".into(), "b".into())).await.ok().as_deref(), Some("ab"));
        assert_eq!(place(1, (2, 3)).ok(), Some(3));
        assert_eq!(place(2, (2, 3)).ok(), Some(0));
    }

    #[circuit_breaker(name = "hygiene.this", fallback = |this, _| Ok(this))]
    fn this(this: u32, n: u32) -> Result<u32, Fault> {
        Err(Fault::Status(u16::try_from(this + n).unwrap_or(0)))
    }

    #[circuit_breaker(name = "hygiene.this_cause", fallback = |this, n, cause| {
        Ok(this * 10 + n + u32::from(matches!(cause.into_inner(), Some(Fault::Down))))
    })]
    async fn this_cause(this: u32, n: u32) -> Result<u32, Fault> {
        turn().await;
        Err(Fault::Down)
    }

    #[tokio::test]
    async fn an_argument_called_this_is_an_argument() {
        assert_eq!(this(1, 2).ok(), Some(1));
        assert_eq!(send(this_cause(1, 2)).await.ok(), Some(13));
    }
}
