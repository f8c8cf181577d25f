//! `CIRCUIT_BREAKERS_ENABLED`.

use cb_runtime::{
    CircuitBreaker, Config, Mode, Registry, State, circuit_breaker, registry, testing,
};

use super::toml;

const OFF: [(&str, &str); 1] = [("CIRCUIT_BREAKERS_ENABLED", "false")];

#[circuit_breaker(name = "off/calls", failure_threshold = 1)]
fn fail() -> anyhow::Result<()> {
    anyhow::bail!("refused")
}

#[circuit_breaker(name = "off/keyed", key = key, failure_threshold = 1)]
fn fail_with(key: u32) -> anyhow::Result<()> {
    anyhow::bail!("refused")
}

#[test]
fn no_breaker_is_in_force_whenever_it_is_made() {
    testing::isolated_blocking(|| {
        fail().unwrap_err();
        fail_with(1).unwrap_err();
        let there = registry().get("off/calls").unwrap();
        assert_eq!(there.state(), State::Open);

        registry().load(toml("").variables(OFF)).unwrap();

        let by_hand = registry().get_or_register("by_hand", Config::default()).unwrap();
        for key in [1, 2] {
            for _ in 0..3 {
                assert_eq!(fail_with(key).unwrap_err().to_string(), "refused");
                assert_eq!(fail().unwrap_err().to_string(), "refused");
            }
        }
        let modes: Vec<Mode> = registry().iter().map(|breaker| breaker.mode()).collect();
        assert_eq!(modes, [Mode::Disabled; 4]);
        assert_eq!(by_hand.history(), [], "it was never in force");

        registry().load(toml("")).unwrap();
        let modes: Vec<Mode> = registry().iter().map(|breaker| breaker.mode()).collect();
        assert_eq!(modes, [Mode::Normal; 4]);
        assert_eq!(there.state(), State::Open, "as it was");
    });
}

#[test]
fn what_an_operator_resumes_stays_resumed() {
    let registry = Registry::new();
    let [one, other]: [CircuitBreaker; 2] =
        ["one", "other"].map(|name| registry.get_or_register(name, Config::default()).unwrap());
    other.force_open();
    registry.load(toml("").variables(OFF)).unwrap();
    one.resume();
    registry.load(toml("[defaults]\nmin_calls = 3").variables(OFF)).unwrap();
    assert_eq!((one.mode(), other.mode()), (Mode::Normal, Mode::Disabled));
    other.force_open();
    registry.load(toml("")).unwrap();
    assert_eq!((one.mode(), other.mode()), (Mode::Normal, Mode::ForcedOpen));
}
