//! Settings of rates, windows, slow calls and growing open times, in every form that they may have.

use std::time::Duration;

use cb_runtime::{Backoff, Window, circuit_breaker};

use crate::support::{Fault, breaker, counts, send, turn};

const RATE: f64 = 0.25;
const SLOW: Duration = Duration::from_millis(1_500);
const CALLS: u32 = 40;
const WINDOW: Window = Window::time(SLOW);
const GROWING: Backoff = Backoff::new(3.0, Duration::from_secs(300)).jitter(RATE);

struct Defaults;

impl Defaults {
    const FACTOR: f64 = 1.5;

    const fn half(rate: f64) -> f64 {
        rate / 2.0
    }
}

#[circuit_breaker(
    name = "rates.literals",
    failure_rate = 0.5,
    slow_call = "2s",
    slow_call_rate = 1,
    window = 1_000,
    min_calls = 20,
    backoff(factor = 2, max = "10m", jitter = 0.1),
    reset_timeout = "1h",
    shed = 2.0f64
)]
async fn literals(n: u32) -> Result<u32, Fault> {
    turn().await;
    Ok(n)
}

#[circuit_breaker(
    name = "rates.constants",
    failure_rate = RATE,
    slow_call = SLOW,
    slow_call_rate = Defaults::half(RATE) + RATE,
    window = CALLS * 2,
    min_calls = CALLS,
    backoff(factor = Defaults::FACTOR, max = Duration::from_secs(6), jitter = Defaults::half(RATE)),
    reset_timeout = SLOW,
    shed = -(-Defaults::FACTOR),
    fallback = |n| Ok(n + 10),
)]
fn constants(n: u32) -> Result<u32, Fault> {
    if n == 0 { Err(Fault::Down) } else { Ok(n) }
}

struct Client;

impl Client {
    #[circuit_breaker(name = "rates.times", window = "1m 30s", backoff = (2.0, "5m"))]
    async fn times(&self) -> Result<u32, Fault> {
        turn().await;
        Ok(1)
    }

    #[circuit_breaker(
        name = "rates.times_of_constants",
        window = if CALLS > 1 { SLOW } else { Duration::MAX },
        backoff = (Defaults::FACTOR, Duration::MAX, 0.5),
        fallback = Self::reserve,
    )]
    async fn times_of_constants(&mut self) -> Result<u32, Fault> {
        turn().await;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "rates.windows", window = WINDOW, backoff = GROWING)]
    fn windows(self) -> Result<Self, Fault> {
        Ok(self)
    }

    #[circuit_breaker(name = "rates.computed", window = { let n = 1; n + 1 }, failure_rate = 0.5)]
    fn computed(&self) -> Result<u32, Fault> {
        Ok(1)
    }

    fn reserve(&mut self) -> Result<u32, Fault> {
        Ok(2)
    }
}

#[tokio::test]
async fn what_is_written_is_set() {
    assert_eq!(send(literals(1)).await.ok(), Some(1));
    let config = breaker("rates.literals").config();
    assert_eq!((config.failure_rate(), config.slow_call_rate()), (Some(0.5), Some(1.0)));
    assert_eq!(config.slow_call(), Some(Duration::from_secs(2)));
    assert_eq!((config.window(), config.min_calls()), (Window::Calls(1000), 20));
    let growing = Backoff::new(2.0, Duration::from_secs(600)).jitter(0.1);
    assert_eq!(config.backoff(), Some(growing));
    assert_eq!(config.reset_timeout(), Some(Duration::from_secs(3600)));
    assert_eq!(config.shed(), Some(2.0));

    assert_eq!((constants(1).ok(), constants(0).ok()), (Some(1), Some(10)));
    assert_eq!(counts("rates.constants"), [1, 1, 0, 0, 1]);
    let config = breaker("rates.constants").config();
    assert_eq!((config.failure_rate(), config.slow_call_rate()), (Some(0.25), Some(0.375)));
    assert_eq!((config.slow_call(), config.reset_timeout()), (Some(SLOW), Some(SLOW)));
    assert_eq!((config.window(), config.min_calls()), (Window::Calls(80), 40));
    assert_eq!(config.backoff(), Some(Backoff::new(1.5, Duration::from_secs(6)).jitter(0.125)));
    assert_eq!(config.shed(), Some(1.5));
}

#[tokio::test]
async fn windows_of_every_type() {
    let mut client = Client;
    assert_eq!(client.times().await.ok(), Some(1));
    assert_eq!(send(client.times_of_constants()).await.ok(), Some(2));
    assert_eq!(client.computed().ok(), Some(1));
    assert!(client.windows().is_ok());
    let config = breaker("rates.times").config();
    assert_eq!(config.window(), Window::Time(Duration::from_secs(90)));
    assert_eq!(config.backoff(), Some(Backoff::new(2.0, Duration::from_secs(300))));
    let config = breaker("rates.times_of_constants").config();
    assert_eq!(config.window(), Window::Time(SLOW));
    assert_eq!(config.backoff(), Some(Backoff::new(1.5, Duration::MAX).jitter(0.5)));
    let config = breaker("rates.windows").config();
    assert_eq!((config.window(), config.backoff()), (WINDOW, Some(GROWING)));
    let config = breaker("rates.computed").config();
    assert_eq!((config.window(), config.failure_rate()), (Window::Calls(2), Some(0.5)));
}

macro_rules! protected {
    ($name:ident, $breaker:literal, $rate:expr, $window:expr, $factor:expr, $max:literal) => {
        #[circuit_breaker(
                                                                    name = $breaker,
                                                                    failure_rate = $rate,
                                                                    window = $window,
                                                                    min_calls = 1,
                                                                    backoff = ($factor, $max),
                                                                )]
        fn $name() -> Result<u32, Fault> {
            Ok(1)
        }
    };
}

protected!(from_a_macro, "rates.macro", 0.5, 20, 2.0, "5m");
protected!(from_a_macro_too, "rates.macro_too", RATE, "20s", Defaults::FACTOR, "5m");

#[test]
fn values_from_a_macro() {
    assert!(from_a_macro().is_ok() && from_a_macro_too().is_ok());
    let config = breaker("rates.macro").config();
    assert_eq!((config.failure_rate(), config.window()), (Some(0.5), Window::Calls(20)));
    let config = breaker("rates.macro_too").config();
    assert_eq!(config.window(), Window::Time(Duration::from_secs(20)));
    assert_eq!(config.backoff(), Some(Backoff::new(1.5, Duration::from_secs(300))));
}
