//! Bounds, defaults and what follows from what.

use super::*;

#[test]
fn the_defaults_keep_their_own_bounds() {
    assert_eq!(Config::builder().build(), Ok(Config::default()));
}

#[test]
fn a_probe_may_take_as_long_as_the_breaker_stays_open() {
    let config = Config::builder().recovery_timeout(Duration::from_secs(7)).build();
    assert_eq!(config.map(|config| config.probe_timeout()), Ok(Duration::from_secs(7)));
}

#[test]
fn an_error_names_field_bound_and_value() {
    let error = Config::builder().failure_threshold(0).build().map_err(|e| e.to_string());
    assert_eq!(error, Err("`failure_threshold` must be at least 1, but is 0".to_owned()));
    let error = Config::builder().probe_timeout(Duration::ZERO).build().map_err(|e| e.to_string());
    assert_eq!(error, Err("`probe_timeout` must be longer than zero, but is 0s".to_owned()));
}

#[test]
fn extremes_are_accepted() {
    let config = Config::builder()
        .failure_threshold(u32::MAX)
        .recovery_timeout(Duration::MAX)
        .half_open_max_calls(u32::MAX)
        .build();
    assert!(config.is_ok());
}

#[test]
fn only_what_both_give_can_conflict() {
    let one = Config::builder().failure_threshold(3).critical(true);
    let two = Config::builder().failure_threshold(4).recovery_timeout(Duration::from_secs(1));
    assert_eq!(one.conflicts(&two), [("failure_threshold", "3".to_owned(), "4".to_owned())]);
    assert_eq!(
        one.or(two).build(),
        Config::builder()
            .failure_threshold(3)
            .critical(true)
            .recovery_timeout(Duration::from_secs(1))
            .build()
    );
}

/// The settings' error, or nothing.
fn error(settings: ConfigBuilder) -> Option<String> {
    settings.build().err().map(|error| error.to_string())
}

#[test]
fn a_service_type_is_not_blank() {
    for blank in ["", " ", "\t\n"] {
        let told = format!("`service_type` must be a text that is not empty, but is {blank:?}");
        assert_eq!(error(Config::builder().service_type(blank)), Some(told));
    }
    assert_eq!(error(Config::builder().service_type(" x ")), None);
}

#[test]
fn rates_are_above_zero_and_at_most_one() {
    for rate in [f64::MIN_POSITIVE, 0.5, 1.0] {
        assert_eq!(error(Config::builder().failure_rate(rate)), None, "{rate}");
        let slow = Config::builder().slow_call(Duration::MAX).slow_call_rate(rate);
        assert_eq!(error(slow), None, "{rate}");
    }
    for (rate, shown) in [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (-0.5, "-0.5"),
        (1.5, "1.5"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        let expected = format!("must be above 0 and at most 1, but is {shown}");
        assert_eq!(
            error(Config::builder().failure_rate(rate)),
            Some(format!("`failure_rate` {expected}"))
        );
        let slow = Config::builder().slow_call(Duration::MAX).slow_call_rate(rate);
        assert_eq!(error(slow), Some(format!("`slow_call_rate` {expected}")));
    }
}

#[test]
fn shed_is_finite_and_above_one() {
    assert_eq!(error(Config::builder().shed(1.000_001)), None);
    assert_eq!(error(Config::builder().shed(f64::MAX)), None);
    for (shed, shown) in
        [(1.0, "1.0"), (0.0, "0.0"), (-2.0, "-2.0"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")]
    {
        let expected = format!("`shed` must be a finite number above 1, but is {shown}");
        assert_eq!(error(Config::builder().shed(shed)), Some(expected));
    }
}

#[test]
fn times_are_longer_than_zero() {
    assert_eq!(error(Config::builder().slow_call(Duration::MAX)), None);
    assert_eq!(error(Config::builder().reset_timeout(Duration::MAX)), None);
    assert_eq!(error(Config::builder().reset_timeout(Duration::from_nanos(1))), None);
    assert_eq!(
        error(Config::builder().slow_call(Duration::ZERO)).as_deref(),
        Some("`slow_call` must be longer than zero, but is 0s")
    );
    assert_eq!(
        error(Config::builder().reset_timeout(Duration::ZERO)).as_deref(),
        Some("`reset_timeout` must be longer than zero, but is 0s")
    );
}

#[test]
fn a_window_holds_calls_or_a_time() {
    let window = |window| error(Config::builder().min_calls(1).window(window));
    for good in [
        Window::calls(1),
        Window::calls(1_000_000),
        Window::time(Duration::from_millis(1)),
        Window::time(Duration::MAX),
    ] {
        assert_eq!(window(good), None, "{good:?}");
    }
    for (bad, expected) in [
        (Window::calls(0), "from 1 to 1000000 calls, or a time, but is 0"),
        (Window::calls(1_000_001), "from 1 to 1000000 calls, or a time, but is 1000001"),
        (Window::time(Duration::ZERO), "at least 1ms, or a number of calls, but is 0s"),
        (
            Window::time(Duration::from_micros(999)),
            "at least 1ms, or a number of calls, but is 999us",
        ),
    ] {
        assert_eq!(window(bad), Some(format!("`window` must be {expected}")));
    }
}

#[test]
fn each_part_of_a_backoff_has_its_bound() {
    const MAX: Duration = Duration::from_secs(600);
    let backoff = |backoff| error(Config::builder().backoff(backoff));
    for good in [
        Backoff::new(1.0, Duration::from_nanos(1)),
        Backoff::new(f64::MAX, Duration::MAX).jitter(1.0),
        Backoff::new(2.0, MAX).jitter(-0.0),
    ] {
        assert_eq!(backoff(good), None, "{good:?}");
    }
    for factor in [0.999, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        let expected =
            format!("`backoff.factor` must be a finite number of at least 1, but is {factor:?}");
        assert_eq!(backoff(Backoff::new(factor, MAX)), Some(expected));
    }
    assert_eq!(
        backoff(Backoff::new(2.0, Duration::ZERO)).as_deref(),
        Some("`backoff.max` must be longer than zero, but is 0s")
    );
    for jitter in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let expected = format!("`backoff.jitter` must be from 0 to 1, but is {jitter:?}");
        assert_eq!(backoff(Backoff::new(2.0, MAX).jitter(jitter)), Some(expected));
    }
}

#[test]
fn numbers_are_at_least_one() {
    assert_eq!(error(Config::builder().max_keys(1).min_calls(1)), None);
    assert_eq!(error(Config::builder().max_keys(u32::MAX)), None);
    assert_eq!(
        error(Config::builder().max_keys(0)).as_deref(),
        Some("`max_keys` must be at least 1, but is 0")
    );
    assert_eq!(
        error(Config::builder().min_calls(0)).as_deref(),
        Some("`min_calls` must be at least 1, but is 0")
    );
}

#[test]
fn the_rate_of_slow_calls_follows_the_slow_call() {
    let rate = |settings: ConfigBuilder| settings.build().map(|config| config.slow_call_rate());
    assert_eq!(rate(Config::builder()), Ok(None));
    let slow = Config::builder().slow_call(Duration::from_secs(1));
    assert_eq!(rate(slow), Ok(Some(1.0)));
    assert_eq!(rate(slow.slow_call_rate(0.5)), Ok(Some(0.5)));
    assert_eq!(
        error(Config::builder().slow_call_rate(0.5)).as_deref(),
        Some(
            "`slow_call_rate` must be given together with `slow_call`, which says what is slow, \
             but is given alone"
        )
    );
}

#[test]
fn the_fewest_calls_fit_in_the_window() {
    let min = |settings: ConfigBuilder| settings.build().map(|config| config.min_calls());
    assert_eq!(min(Config::builder()), Ok(10));
    assert_eq!(min(Config::builder().window(Window::calls(4))), Ok(4));
    assert_eq!(min(Config::builder().window(Window::calls(11))), Ok(10));
    assert_eq!(min(Config::builder().window(Window::time(Duration::from_secs(1)))), Ok(10));
    assert_eq!(min(Config::builder().window(Window::calls(20)).min_calls(20)), Ok(20));
    let timed = Config::builder().window(Window::time(Duration::from_secs(1))).min_calls(u32::MAX);
    assert_eq!(min(timed), Ok(u32::MAX));
    assert_eq!(
        error(Config::builder().window(Window::calls(20)).min_calls(21)).as_deref(),
        Some("`min_calls` must be at most the `window`, which is 20 calls, but is 21")
    );
    assert_eq!(
        error(Config::builder().min_calls(101)).as_deref(),
        Some("`min_calls` must be at most the `window`, which is 100 calls, but is 101")
    );
}

#[test]
fn given_settings_come_back_and_defaults_still_follow() -> Result<(), ConfigError> {
    let settings = Config::builder()
        .service_type("payments")
        .recovery_timeout(Duration::from_secs(7))
        .window(Window::calls(4))
        .slow_call(Duration::from_secs(1));
    let config = settings.build()?;
    assert_eq!(config.to_builder(), settings);
    assert_eq!((config.min_calls(), config.slow_call_rate()), (4, Some(1.0)));

    let changed = config
        .to_builder()
        .recovery_timeout(Duration::from_secs(9))
        .window(Window::calls(6))
        .build()?;
    assert_eq!(changed.probe_timeout(), Duration::from_secs(9));
    assert_eq!(changed.min_calls(), 6);
    assert_eq!(Config::default().to_builder(), ConfigBuilder::new());
    Ok(())
}

fn ping() -> HealthFuture {
    Box::pin(async { Ok(()) })
}

#[test]
fn every_setting_comes_back() {
    let settings = Config::builder()
        .service_type("payments")
        .critical(true)
        .failure_threshold(1)
        .recovery_timeout(Duration::from_secs(1))
        .half_open_max_calls(2)
        .success_threshold(3)
        .probe_timeout(Duration::from_secs(2))
        .response_times(false)
        .failure_rate(0.25)
        .slow_call(Duration::from_secs(3))
        .slow_call_rate(0.75)
        .window(Window::time(Duration::from_secs(10)))
        .min_calls(4)
        .backoff(Backoff::new(2.0, Duration::from_secs(600)).jitter(0.1))
        .reset_timeout(Duration::from_secs(5))
        .shed(2.0)
        .health_check(HealthCheck::new("ping", ping))
        .max_keys(6);
    assert_eq!(settings.build().map(|config| config.to_builder()), Ok(settings));
    let shown: Vec<_> = settings.given();
    let shown: Vec<_> = shown.iter().map(|(name, value)| (*name, value.as_str())).skip(8).collect();
    assert_eq!(
        shown,
        [
            ("failure_rate", "0.25"),
            ("slow_call", "3s"),
            ("slow_call_rate", "0.75"),
            ("window", "10s"),
            ("min_calls", "4"),
            ("backoff", "(factor = 2.0, max = 10m, jitter = 0.1)"),
            ("reset_timeout", "5s"),
            ("shed", "2.0"),
            ("health_check", "ping"),
            ("max_keys", "6"),
        ]
    );
}

#[test]
fn checks_of_one_name_are_one_setting() {
    let here = Config::builder().health_check(HealthCheck::new("ping", ping));
    let there =
        Config::builder().health_check(HealthCheck::new("ping", || Box::pin(async { Ok(()) })));
    let other = Config::builder().health_check(HealthCheck::new("pong", ping));
    assert_eq!(here.conflicts(&there), []);
    assert_eq!(here.conflicts(&other), [("health_check", "ping".to_owned(), "pong".to_owned())]);
}

#[test]
fn a_default_given_is_no_difference() -> Result<(), ConfigError> {
    let given = Config::builder().window(Window::calls(100)).failure_threshold(5).build()?;
    assert_eq!(given, Config::default());
    assert_eq!(given.differences(&Config::default()), []);
    let other = Config::builder().window(Window::calls(50)).build()?;
    assert_eq!(
        other.differences(&Config::default()),
        [("window", "50".to_owned(), "100".to_owned())]
    );
    Ok(())
}

#[test]
fn settings_take_little_room() {
    assert!(size_of::<Config>() <= 96, "{}", size_of::<Config>());
}

/// One in a static is checked when the program is built.
const CONSTANT: ConfigBuilder = Config::builder()
    .failure_rate(0.5)
    .window(Window::time(Duration::from_secs(10)))
    .backoff(Backoff::new(2.0, Duration::from_secs(60)).jitter(0.1))
    .health_check(HealthCheck::new("ping", ping));

#[test]
fn every_setter_can_stand_in_a_constant() {
    assert_eq!(CONSTANT.build().map(|config| config.failure_rate()), Ok(Some(0.5)));
}

#[test]
fn a_constant_of_each_type_is_a_window() {
    const TIME: Duration = Duration::from_secs(3);
    const WINDOWS: [Window; 3] =
        [WindowOf(7).window(), WindowOf(TIME).window(), WindowOf(Window::Time(TIME)).window()];
    assert_eq!(WINDOWS, [Window::Calls(7), Window::Time(TIME), Window::Time(TIME)]);
}

#[tokio::test]
async fn a_check_tells_what_it_knows_of_the_error() {
    assert_eq!(checked(async { Ok(()) }).await, Ok(()));
    assert_eq!(checked(async { Err(Some("down".into())) }).await, Err("down".to_owned()));
    assert_eq!(checked(async { Err(None) }).await, Err(String::new()));
}

/// As the documentation of `service_type` has them: service types, failures in a row, seconds open,
/// probes at once, probes to close.
const PRESETS: &[(&[&str], u32, u64, u32, u32)] = &[
    (&["external_api", "rest_api"], 3, 30, 1, 2),
    (&["vector_search"], 5, 60, 2, 2),
    (&["ml_model"], 3, 120, 1, 2),
    (&["llm", "ai_provider", "thinking_engine"], 5, 60, 1, 1),
    (&["cache", "redis"], 10, 20, 3, 2),
    (&["database"], 3, 30, 1, 3),
    (&["knowledge_graph", "search"], 5, 60, 3, 2),
    (&["crawler"], 5, 90, 1, 1),
    (&["agent"], 5, 30, 1, 1),
    (&["notification"], 5, 60, 1, 1),
];

#[test]
fn a_service_type_is_a_preset() {
    for (service_types, failures, open, probes, successes) in PRESETS {
        for service_type in *service_types {
            let config = Config::builder().service_type(service_type).build().unwrap();
            let plain = Config::builder()
                .service_type(service_type)
                .failure_threshold(*failures)
                .recovery_timeout(Duration::from_secs(*open))
                .half_open_max_calls(*probes)
                .success_threshold(*successes);
            let plain = match *service_type {
                "knowledge_graph" | "search" => {
                    plain.failure_rate(0.5).min_calls(10).reset_timeout(Duration::from_secs(120))
                }
                _ => plain,
            };
            assert_eq!(config, plain.build().unwrap(), "{service_type}");
            assert_eq!(config.probe_timeout(), config.recovery_timeout(), "{service_type}");
        }
    }
    let of_ones_own = Config::builder().service_type("warehouse").build().unwrap();
    assert_eq!(of_ones_own.differences(&Config::default()).len(), 1, "the type and no more");
}

#[test]
fn what_is_given_stands_over_the_preset() {
    let search =
        Config::builder().service_type("search").failure_threshold(9).window(Window::calls(4));
    let config = search.build().unwrap();
    assert_eq!((config.failure_threshold(), config.half_open_max_calls()), (9, 3));
    assert_eq!(
        (config.failure_rate(), config.min_calls()),
        (Some(0.5), 4),
        "all of a small window"
    );
    assert_eq!(config.to_builder(), search, "the preset was not given");

    let cache = config.to_builder().service_type("cache").build().unwrap();
    assert_eq!((cache.failure_threshold(), cache.success_threshold()), (9, 2));
    assert_eq!((cache.failure_rate(), cache.reset_timeout()), (None, None));
}
