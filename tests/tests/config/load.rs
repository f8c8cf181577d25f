//! What loading does to breakers: to those that are there, and those that are not yet.

use std::time::Duration;

use cb_runtime::{
    AlertBounds, AlertKind, CircuitBreaker, Config, ConfigBuilder, Event, Mode, Origin, Registry,
    State, circuit_breaker, registry, testing,
};
use tokio::time::advance;

use super::{explained, refused, toml};

const SECOND: Duration = Duration::from_secs(1);

fn with(name: &str, settings: ConfigBuilder) -> (Registry, CircuitBreaker) {
    let registry = Registry::new();
    let breaker = registry.get_or_register(name, settings.build().unwrap()).unwrap();
    (registry, breaker)
}

async fn fail(breaker: &CircuitBreaker) {
    let answer = breaker.call(|| async { Err::<(), _>("refused") }).await;
    assert!(answer.is_err());
}

#[tokio::test(start_paused = true)]
async fn state_row_and_totals_stay() {
    let (registry, db) = with("db", Config::builder().failure_threshold(3));
    fail(&db).await;
    fail(&db).await;

    registry.load(toml("[breakers.db]\nfailure_threshold = 4")).unwrap();

    fail(&db).await;
    assert_eq!((db.state(), db.snapshot().consecutive_failures), (State::Closed, 3));
    fail(&db).await;
    assert_eq!((db.state(), db.snapshot().totals.failures), (State::Open, 4));
}

#[tokio::test(start_paused = true)]
async fn calls_under_way_end_under_the_settings_that_they_began_with() {
    let (registry, db) = with("db", Config::builder().slow_call(SECOND));
    let before = db.try_acquire().unwrap();
    registry.load(toml("[breakers.db]\nslow_call = \"10s\"")).unwrap();
    let after = db.try_acquire().unwrap();
    advance(2 * SECOND).await;

    before.success();
    assert_eq!(db.snapshot().totals.slow, 1);
    after.success();
    assert_eq!(db.snapshot().totals.slow, 1);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_stays_open_for_as_long_as_it_was_to() {
    let (registry, db) = with("db", Config::builder().failure_threshold(1));
    fail(&db).await;
    registry.load(toml("[breakers.db]\nrecovery_timeout = \"1s\"")).unwrap();
    advance(59 * SECOND).await;
    assert_eq!(db.state(), State::Open);
    advance(SECOND).await;
    assert_eq!(db.state(), State::HalfOpen);
    fail(&db).await;
    advance(SECOND).await;
    assert_eq!(db.state(), State::HalfOpen, "the second opening is a new one");
}

#[test]
fn what_is_loaded_takes_the_place_of_all_that_was_loaded_before() {
    let (registry, db) = with("db", Config::builder().failure_threshold(3));
    registry.load(toml("[breakers.db]\nfailure_threshold = 4\nshed = 2")).unwrap();
    assert_eq!((db.config().failure_threshold(), db.config().shed()), (4, Some(2.0)));

    registry.load(toml("[defaults]\nmin_calls = 7")).unwrap();

    let config = db.config();
    assert_eq!((config.failure_threshold(), config.shed(), config.min_calls()), (3, None, 7));
    registry.load(toml("")).unwrap();
    let own = Config::builder().failure_threshold(3).build().unwrap();
    assert_eq!(db.config(), own, "as if nothing had been loaded");
}

#[test]
fn each_change_is_told_and_what_stays_is_not() {
    let (registry, db) = with("db", Config::builder());
    let (_, mut other) =
        (registry.get_or_register("other", Config::default()), registry.subscribe());
    let file = "[breakers.db]\nfailure_threshold = 4";
    registry.load(toml(file)).unwrap();
    registry.load(toml(file)).unwrap();

    let told = other.try_recv().unwrap().unwrap();
    let Event::ConfigChanged { name, changes, .. } = &told else { panic!("{told:?}") };
    assert_eq!((name.as_str(), changes.len()), ("db", 1));
    assert_eq!((&*changes[0].from, &*changes[0].to), ("5", "4"));
    assert!(other.try_recv().unwrap().is_none());
    assert_eq!(db.history(), [told]);
    let alerts = registry.alerts();
    assert_eq!(
        alerts.iter().map(|alert| alert.kind).collect::<Vec<_>>(),
        [AlertKind::ConfigChanged]
    );
}

#[test]
fn changes_made_while_running_outlive_what_is_loaded() {
    let (registry, db) = with("db", Config::builder().failure_threshold(3));
    db.reconfigure(|settings| settings.failure_threshold(8)).unwrap();
    registry.load(toml("[breakers.db]\nfailure_threshold = 4\nshed = 2")).unwrap();
    assert_eq!((db.config().failure_threshold(), db.config().shed()), (8, Some(2.0)));

    let found = explained(&registry, "db", "failure_threshold");
    assert_eq!(found.origin, Origin::Runtime);
    let below: Vec<_> = found.overridden.iter().map(|below| &*below.value).collect();
    assert_eq!(below, ["4", "3"]);

    // A default that follows another setting follows what is loaded.
    assert_eq!(db.config().probe_timeout(), Duration::from_secs(60));
    registry.load(toml("[defaults]\nrecovery_timeout = \"5s\"")).unwrap();
    assert_eq!(db.config().probe_timeout(), Duration::from_secs(5));
}

#[test]
fn another_service_type_has_its_preset_at_once_and_what_a_file_says_of_it_the_next_time() {
    let (registry, db) = with("db", Config::builder());
    let file = "[service_types.database]\nsuccess_threshold = 7";
    registry.load(toml(file)).unwrap();
    db.reconfigure(|settings| settings.service_type("database")).unwrap();
    assert_eq!((db.config().failure_threshold(), db.config().success_threshold()), (3, 3));
    registry.load(toml(file)).unwrap();
    assert_eq!((db.config().failure_threshold(), db.config().success_threshold()), (3, 7));
}

#[test]
fn what_is_taken_away_while_running_is_away_until_the_next_time() {
    let (registry, db) = with("db", Config::builder().shed(3.0));
    db.reconfigure(|_| Config::builder()).unwrap();
    assert_eq!(db.config().shed(), None);
    let found = explained(&registry, "db", "shed");
    assert_eq!((&*found.value, found.origin), ("none", Origin::Runtime));

    registry.load(toml("[defaults]\nmin_calls = 2")).unwrap();
    assert_eq!(db.config().shed(), Some(3.0));
}

#[test]
fn a_breaker_registered_again_is_compared_with_what_the_program_said() {
    let settings = Config::builder().failure_threshold(3).build().unwrap();
    let registry = Registry::new();
    registry.load(toml("[breakers.db]\nfailure_threshold = 4").breakers(["db"])).unwrap();
    let db = registry.register("db", settings.clone()).unwrap();
    db.reconfigure(|settings| settings.shed(2.0)).unwrap();

    assert!(registry.register("db", settings).is_ok());
    let refused = registry.register("db", Config::default()).unwrap_err().to_string();
    assert!(refused.ends_with("`failure_threshold` is 3 there and 5 here"), "{refused}");
}

#[test]
fn patterns_stand_by_their_exactness_and_not_by_their_place() {
    let registry = Registry::new();
    for name in ["web_app/db", "web_app/cache", "web", "batch"] {
        registry.get_or_register(name, Config::default()).unwrap();
    }
    let file = "
        [breakers.\"web_app/db\"]
        failure_threshold = 1
        [breakers.\"web*\"]
        failure_threshold = 3
        shed = 3
        [breakers.\"*\"]
        failure_threshold = 4
        shed = 4
        min_calls = 4
        [breakers.\"web_app/*\"]
        failure_threshold = 2
    ";
    registry.load(toml(file)).unwrap();
    let of = |name| {
        let config = registry.get(name).unwrap().config();
        (config.failure_threshold(), config.shed(), config.min_calls())
    };
    assert_eq!(of("web_app/db"), (1, Some(3.0), 4));
    assert_eq!(of("web_app/cache"), (2, Some(3.0), 4));
    assert_eq!(of("web"), (3, Some(3.0), 4));
    assert_eq!(of("batch"), (4, Some(4.0), 4));
}

#[test]
fn a_variable_is_of_every_breaker_whose_name_it_may_be() {
    let registry = Registry::new();
    let names = ["orders/db", "orders_db", "orders/cache"];
    let [one, same, other] =
        names.map(|name| registry.get_or_register(name, Config::default()).unwrap());
    let variables = [("CB_BREAKER__ORDERS_DB__FAILURE_THRESHOLD", "3")];
    registry.load(toml("").variables(variables)).unwrap();
    let thresholds = [one, same, other].map(|breaker| breaker.config().failure_threshold());
    assert_eq!(thresholds, [3, 3, 5]);
}

#[test]
fn an_environments_table_stands_over_the_same_table_and_no_other() {
    let file = "
        [defaults]
        failure_threshold = 1
        min_calls = 1
        [breakers.db]
        failure_threshold = 2
        [environments.production.defaults]
        failure_threshold = 3
        min_calls = 3
        [environments.production.breakers.\"d*\"]
        success_threshold = 3
    ";
    let (registry, db) = with("db", Config::builder());
    let of = || {
        let config = db.config();
        (config.failure_threshold(), config.min_calls(), config.success_threshold())
    };
    registry.load(toml(file)).unwrap();
    assert_eq!(of(), (2, 1, 1));
    registry.load(toml(file).environment("production")).unwrap();
    assert_eq!(of(), (2, 3, 3));
    let origin = explained(&registry, "db", "min_calls").origin.to_string();
    assert_eq!(origin, "<toml>:9, `environments.production.defaults.min_calls`");

    let variables = [("CIRCUIT_BREAKER_ENVIRONMENT", "production")];
    registry.load(toml(file)).unwrap();
    let loaded = registry.load(toml(file).variables(variables)).unwrap();
    assert_eq!((of(), loaded.environment.as_deref()), ((2, 3, 3), Some("production")));

    let loaded = registry.load(toml(file).environment("producton")).unwrap();
    assert_eq!(of(), (2, 1, 1));
    let [warning] = &loaded.warnings[..] else { panic!("{:?}", loaded.warnings) };
    assert!(warning.message().contains("did you mean `production`?"), "{warning}");
}

#[circuit_breaker(name = "load/called_never", failure_rate = 0.5, min_calls = 50)]
fn called_never() -> anyhow::Result<()> {
    Ok(())
}

#[circuit_breaker(name = "load/keyed", key = tenant, failure_threshold = 3)]
fn keyed(tenant: &str) -> anyhow::Result<()> {
    Ok(())
}

#[test]
fn what_was_never_called_is_checked_and_listed() {
    testing::isolated_blocking(|| {
        let problems = refused(
            registry(),
            toml("[defaults]\nwindow = 200\n[breakers.\"load/called_never\"]\nwindow = 20"),
        );
        assert_eq!(
            problems,
            ["line 4, `breakers.\"load/called_never\".window`: of circuit breaker \
                 `load/called_never`, `min_calls` must be at most the `window`, which is 20 calls, but is 50"]
        );
        registry().load(toml("[breakers.\"load/*\"]\nfailure_threshold = 9")).unwrap();
        let listed = registry().explain_all();
        let of = |name: &str| {
            let explanation = listed.iter().find(|explanation| explanation.name == name).unwrap();
            let found = &explanation.settings;
            let found = found.iter().find(|found| found.setting == "failure_threshold").unwrap();
            (explanation.registered, found.value.clone())
        };
        assert_eq!(of("load/called_never"), (false, "9".to_owned()));
        assert_eq!(of("load/keyed"), (false, "9".to_owned()));

        called_never().unwrap();
        assert_eq!(registry().get("load/called_never").unwrap().config().failure_threshold(), 9);
        assert!(registry().explain("load/called_never").unwrap().registered);
        assert!(registry().explain("load/nobody").is_none());
    });
}

#[test]
fn settings_go_to_breakers_of_all_keys() {
    testing::isolated_blocking(|| {
        keyed("early").unwrap();
        let of = |key| registry().get(&format!("load/keyed[{key}]")).unwrap().config();
        assert_eq!(of("early").failure_threshold(), 3);
        let early = registry().get("load/keyed[early]").unwrap();
        early.reconfigure(|settings| settings.success_threshold(2)).unwrap();

        registry()
            .load(toml("[breakers.\"load/keyed\"]\nfailure_threshold = 7\nmax_keys = 2"))
            .unwrap();
        keyed("late").unwrap();

        assert_eq!(of("early").failure_threshold(), 7);
        assert_eq!(of("early").success_threshold(), 2);
        assert_eq!(of("late").failure_threshold(), 7);
        assert_eq!(
            explained(registry(), "load/keyed[early]", "success_threshold").origin,
            Origin::Runtime
        );
        assert!(matches!(
            explained(registry(), "load/keyed", "failure_threshold").origin,
            Origin::File { line: 2, .. }
        ));
        keyed("third").unwrap();
        assert!(registry().get("load/keyed[early]").is_none(), "there is room for two");

        registry().load(toml("")).unwrap();
        assert_eq!(of("late").failure_threshold(), 3);
    });
}

#[test]
fn alerts_have_the_bounds_of_the_file_until_they_are_set_otherwise() {
    let registry = Registry::new();
    let own = AlertBounds::new().floor(0.7);
    registry.set_alert_bounds(own).unwrap();
    registry.load(toml("[alerts]\nerror_rate = 0.4\nopen_for = \"10m\"")).unwrap();
    let loaded = AlertBounds::new().error_rate(0.4).open_for(Duration::from_secs(600));
    assert_eq!(registry.alert_bounds(), loaded);

    registry.load(toml("")).unwrap();
    assert_eq!(registry.alert_bounds(), own);
    registry.load(toml("[alerts]\nerror_rate = 0.4")).unwrap();
    registry.set_alert_bounds(own).unwrap();
    assert_eq!(registry.alert_bounds(), own);
}

#[test]
fn a_breaker_that_was_removed_is_made_anew_from_all_layers() {
    let (registry, db) = with("db", Config::builder().failure_threshold(3));
    registry.load(toml("[breakers.db]\nmin_calls = 4")).unwrap();
    db.reconfigure(|settings| settings.shed(2.0)).unwrap();
    registry.remove("db").unwrap();
    let anew = registry.get_or_register("db", Config::default()).unwrap();
    assert_eq!(anew.config(), Config::builder().min_calls(4).build().unwrap());
    assert_eq!(anew.mode(), Mode::Normal);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_an_alert_until_something_is_loaded() {
    let (registry, _) = with("db", Config::builder());
    let found = || registry.alerts().into_iter().find(|alert| alert.kind == AlertKind::Load);
    assert_eq!(found(), None);
    refused(&registry, toml("[breakers.db]\nfailure_threshold = 0"));
    let first = found().unwrap();
    assert!(first.text.contains("must be at least 1, but is 0"), "{}", first.text);
    advance(SECOND).await;
    refused(&registry, toml("[breakers.db]\nfailure_treshold = 1"));
    let second = found().unwrap();
    assert!(second.since <= first.since, "since the first, a second of the paused clock ago");
    assert_ne!(second.text, first.text);
    registry.load(toml("")).unwrap();
    assert_eq!(found(), None);
}

#[test]
fn what_main_prints_of_a_refused_file_is_what_people_read() {
    let error = Registry::new().load(toml("[defaults]\nfailure_treshold = 3")).unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
}
