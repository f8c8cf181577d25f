//! Settings: constants, switches, and breakers that several functions share.

use std::time::Duration;

use cb_runtime::{State, circuit_breaker, registry};

use crate::support::{Fault, breaker, counts, send, state, turn};

const THRESHOLD: u32 = 2;
const PAUSE: Duration = Duration::from_secs(7);

struct Defaults;

impl Defaults {
    const PROBES: u32 = 3;
    const TIMES: bool = false;

    const fn twice(n: u32) -> u32 {
        n * 2
    }
}

#[circuit_breaker(
    name = "settings.constants",
    service_type = "database",
    critical = true,
    failure_threshold = THRESHOLD + 1,
    recovery_timeout = PAUSE,
    probe_timeout = Duration::from_millis(1_500),
    half_open_max_calls = Defaults::PROBES,
    success_threshold = Defaults::twice(THRESHOLD),
    response_times = !Defaults::TIMES,
)]
fn constants() -> Result<u32, Fault> {
    Ok(1)
}

#[circuit_breaker(
    name = "settings.computed",
    failure_threshold = { let n = 1; n + 1 },
    success_threshold = (3 - 1) + 1,
    recovery_timeout = if THRESHOLD > 1 { PAUSE } else { Duration::MAX },
    half_open_max_calls = 0x10_u32,
)]
fn computed() -> Result<u32, Fault> {
    Ok(1)
}

#[circuit_breaker(name = "settings.defaults")]
fn defaults() -> Result<u32, Fault> {
    Ok(1)
}

#[test]
fn constants_and_defaults() {
    assert!(constants().is_ok() && computed().is_ok() && defaults().is_ok());
    let config = breaker("settings.constants").config();
    assert_eq!(config.service_type(), Some("database"));
    assert!(config.critical() && config.response_times());
    assert_eq!((config.failure_threshold(), config.half_open_max_calls()), (3, 3));
    assert_eq!((config.success_threshold(), config.recovery_timeout()), (4, PAUSE));
    assert_eq!(config.probe_timeout(), Duration::from_millis(1500));
    assert_eq!(registry().by_service_type("database").count(), 1);
    let config = breaker("settings.computed").config();
    assert_eq!((config.failure_threshold(), config.half_open_max_calls()), (2, 16));
    assert_eq!((config.success_threshold(), config.recovery_timeout()), (3, PAUSE));
    assert_eq!(breaker("settings.defaults").config(), cb_runtime::Config::default());
}

const ON: bool = true;

fn is_on(text: &str) -> bool {
    text != "off"
}

#[circuit_breaker(
    name = "settings.enabled",
    failure_threshold = 1,
    call_timeout = "1s",
    enabled = ON && is_on(text),
    fallback = |_, _| Ok("reserve".into()),
)]
async fn enabled(text: &str, seconds: u64) -> Result<String, Fault> {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    if seconds == 0 { Err(Fault::Down) } else { Ok(text.to_owned()) }
}

#[tokio::test(start_paused = true)]
async fn off_is_the_plain_function() {
    assert!(matches!(send(enabled("off", 0)).await, Err(Fault::Down)));
    assert_eq!(enabled("off", 100).await.ok().as_deref(), Some("off"));
    assert_eq!(
        registry().get("settings.enabled").map_or([0; 5], |_| counts("settings.enabled")),
        [0; 5]
    );
    assert_eq!(enabled("on", 0).await.ok().as_deref(), Some("reserve"));
    assert_eq!(state("settings.enabled"), State::Open);
    assert_eq!(enabled("on", 0).await.ok().as_deref(), Some("reserve"));
    assert_eq!(enabled("off", 100).await.ok().as_deref(), Some("off"));
    assert_eq!(counts("settings.enabled"), [0, 1, 0, 1, 2]);
}

struct Client {
    on: bool,
    owned: String,
}

impl Client {
    #[circuit_breaker(name = "settings.enabled_field", failure_threshold = 1, enabled = self.on)]
    fn field(&self, down: bool) -> Result<u32, Fault> {
        if down { Err(Fault::Down) } else { Ok(1) }
    }

    #[circuit_breaker(
        name = "settings.enabled_owned",
        enabled = !self.owned.is_empty() && list.len() > 1,
        fallback_on = "rejected",
        fallback = |this, _| Ok(this.owned),
    )]
    async fn owned(self, list: Vec<u32>) -> Result<String, Fault> {
        turn().await;
        drop(list);
        Ok(self.owned)
    }
}

#[tokio::test]
async fn a_switch_over_arguments_and_fields() {
    let mut client = Client { on: false, owned: "a".into() };
    assert!(client.field(true).is_err());
    assert_eq!(client.field(false).ok(), Some(1));
    client.on = true;
    assert!(client.field(true).is_err());
    assert!(client.field(false).is_err());
    client.on = false;
    assert!(client.field(false).is_ok());
    assert_eq!(counts("settings.enabled_field"), [0, 1, 0, 1, 0]);
    assert_eq!(send(client.owned(vec![1, 2])).await.ok().as_deref(), Some("a"));
    assert_eq!(counts("settings.enabled_owned"), [1, 0, 0, 0, 0]);
}

#[circuit_breaker(name = "settings.shared", failure_threshold = 2, fallback = |n| Ok(n))]
async fn reads(n: u32) -> Result<u32, Fault> {
    turn().await;
    if n == 0 { Err(Fault::Down) } else { Ok(n + 1) }
}

#[circuit_breaker(name = "settings.shared", recovery_timeout = "9s")]
fn writes(down: bool) -> Result<(), Fault> {
    if down { Err(Fault::Down) } else { Ok(()) }
}

mod elsewhere {
    use super::{Fault, circuit_breaker};

    #[circuit_breaker(name = "settings.shared", failure_threshold = super::THRESHOLD, critical)]
    pub(super) fn deletes() -> Result<(), Fault> {
        Ok(())
    }
}

#[tokio::test]
async fn functions_of_one_name_share_a_breaker_and_its_settings() {
    assert_eq!(send(reads(0)).await.ok(), Some(0));
    assert!(writes(true).is_err_and(|fault| !fault.is_rejection()));
    assert!(elsewhere::deletes().is_err_and(|fault| fault.is_rejection()));
    assert_eq!(reads(5).await.ok(), Some(5));
    assert_eq!(counts("settings.shared"), [0, 2, 0, 2, 2]);
    let config = breaker("settings.shared").config();
    assert_eq!((config.failure_threshold(), config.critical()), (2, true));
    assert_eq!(config.recovery_timeout(), Duration::from_secs(9));
}

#[circuit_breaker(name = "settings.llm", service_type = "llm", failure_threshold = 9)]
async fn llm() -> Result<u32, Fault> {
    std::future::pending().await
}

#[circuit_breaker(name = "settings.model", service_type = "ml_model", call_timeout = "61s")]
async fn model() -> Result<u32, Fault> {
    std::future::pending().await
}

#[circuit_breaker(name = "settings.ai", service_type = "ai_provider")]
fn plain_ai() -> Result<u32, Fault> {
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_service_type_brings_its_preset() {
    let elapsed = async |call: std::pin::Pin<Box<dyn Future<Output = Result<u32, Fault>>>>| {
        let begun = tokio::time::Instant::now();
        assert!(call.await.is_err());
        begun.elapsed()
    };
    assert_eq!(elapsed(Box::pin(llm())).await, Duration::from_secs(30));
    assert_eq!(elapsed(Box::pin(model())).await, Duration::from_secs(61));
    assert_eq!(plain_ai().ok(), Some(1));
    let config = |name: &str| registry().get(name).expect("it was called").config();
    assert_eq!(config("settings.llm").failure_threshold(), 9);
    let model = config("settings.model");
    assert_eq!((model.failure_threshold(), model.success_threshold()), (3, 2));
    assert_eq!(model.recovery_timeout(), Duration::from_secs(120));
}
