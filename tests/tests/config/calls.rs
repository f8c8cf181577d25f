//! Settings of one function's calls.

use std::future::pending;

use cb_runtime::{CircuitError, Origin, circuit_breaker, registry, testing};
use tokio::time::Instant;

use super::{refused, toml};

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Unavailable(#[from] CircuitError),
    #[error("refused")]
    Refused,
}

#[circuit_breaker(name = "calls/slow", call_timeout = "2s")]
async fn hang() -> Result<(), Problem> {
    pending().await
}

#[circuit_breaker(name = "calls/slow", call_timeout = "2s", retry(max_attempts = 3, delay = "1s"))]
async fn refuse() -> Result<(), Problem> {
    Err(Problem::Refused)
}

#[circuit_breaker(name = "calls/llm", service_type = "llm")]
async fn preset() -> Result<(), Problem> {
    pending().await
}

#[circuit_breaker(name = "calls/llm/written", service_type = "llm", call_timeout = "5s")]
async fn written() -> Result<(), Problem> {
    pending().await
}

struct Shop;

impl Shop {
    #[circuit_breaker(name = "calls/twice", call_timeout = "1s")]
    async fn stock(&self) -> Result<(), Problem> {
        pending().await
    }
}

struct Warehouse;

impl Warehouse {
    #[circuit_breaker(name = "calls/twice", call_timeout = "1s")]
    async fn stock(&self) -> Result<(), Problem> {
        pending().await
    }
}

async fn seconds<T>(call: impl Future<Output = T>) -> f64 {
    let start = Instant::now();
    call.await;
    start.elapsed().as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn each_function_has_its_own() {
    testing::isolated(async {
        assert!((seconds(hang()).await - 2.0).abs() < 0.01);
        assert!((seconds(refuse()).await - 3.0).abs() < 0.01, "1 s and 2 s");
        let file = "
            [breakers.\"calls/slow\".calls.hang]
            call_timeout = \"500ms\"
            [breakers.\"calls/slow\".calls.refuse]
            retry = { max_attempts = 2 }
        ";
        registry().load(toml(file)).unwrap();
        registry().reset_all();
        assert!((seconds(hang()).await - 0.5).abs() < 0.01);
        assert!((seconds(refuse()).await - 1.0).abs() < 0.01);

        registry().load(toml("")).unwrap();
        assert!((seconds(hang()).await - 2.0).abs() < 0.01);
    })
    .await;
}

#[test]
fn they_are_explained() {
    testing::isolated_blocking(|| {
        let file = "[breakers.\"calls/slow\".calls.refuse]\nretry = { max_attempts = 2 }\n";
        registry().load(toml(file)).unwrap();

        let explanation = registry().explain("calls/slow").unwrap();

        let [hang, refuse] = &explanation.calls[..] else { panic!("{explanation}") };
        assert!(hang.function.ends_with("calls::hang"), "{}", hang.function);
        assert!(matches!(hang.settings[0].origin, Origin::Attribute { .. }));
        let [timeout, retry] = &refuse.settings[..] else { panic!("{explanation}") };
        assert_eq!((timeout.setting, &*timeout.value), ("call_timeout", "2s"));
        assert!(retry.value.starts_with("(max_attempts = 2, delay = 1s"), "{}", retry.value);
        assert!(matches!(retry.origin, Origin::File { line: 2, .. }), "{}", retry.origin);
        assert!(retry.overridden[0].value.starts_with("(max_attempts = 3"), "{explanation}");

        let explanation = registry().explain("calls/llm").unwrap();
        let found = &explanation.calls[0].settings[0];
        assert_eq!((found.setting, &*found.value), ("call_timeout", "30s"));
        assert_eq!(found.origin.to_string(), "preset of `llm`");
    });
    // Their types are looked at, and none is called.
    drop((preset(), Shop.stock(), Warehouse.stock()));
}

#[tokio::test(start_paused = true)]
async fn a_service_type_says_how_long_the_calls_may_take_that_take_that_from_its_preset() {
    testing::isolated(async {
        let file = "
            [service_types.llm]
            call_timeout = \"45s\"
            [environments.night.service_types.llm]
            call_timeout = \"2m\"
        ";
        registry().load(toml(file)).unwrap();
        assert!((seconds(preset()).await - 45.0).abs() < 0.01);
        assert!((seconds(written()).await - 5.0).abs() < 0.01, "the attribute stands over it");
        registry().load(toml(file).environment("night")).unwrap();
        assert!((seconds(preset()).await - 120.0).abs() < 0.01);

        let one = "[breakers.\"calls/llm\".calls.preset]\ncall_timeout = \"1s\"\n";
        registry().load(toml(&format!("{one}{file}"))).unwrap();
        assert!((seconds(preset()).await - 1.0).abs() < 0.01, "one function over its kind");
        let explanation = registry().explain("calls/llm").unwrap();
        let setting = &explanation.calls[0].settings[0];
        assert_eq!((setting.setting, &*setting.value), ("call_timeout", "1s"));
        let below: Vec<_> = setting.overridden.iter().map(|below| &*below.value).collect();
        assert_eq!(below, ["45s", "30s"]);
        assert_eq!(
            setting.overridden[0].origin.to_string(),
            "<toml>:5, `service_types.llm.call_timeout`"
        );

        registry().load(toml("")).unwrap();
        assert!((seconds(preset()).await - 30.0).abs() < 0.01);
    })
    .await;
}

#[test]
fn a_service_type_without_a_limit_in_its_preset_is_given_none() {
    testing::isolated_blocking(|| {
        let file = "[service_types.billing]\ncall_timeout = \"45s\"";
        let problems = refused(registry(), toml(file));
        assert_eq!(
            problems,
            [
                "line 2, `service_types.billing.call_timeout`: the preset of this service type has none \
              to change, and only those of `ml_model`, `llm`, `ai_provider`, `thinking_engine` have one: \
              write it in the attribute of each function"
            ]
        );
        let problems = refused(registry(), toml("[service_types.llm]\ncall_timeout = \"0s\""));
        assert_eq!(
            problems,
            ["line 2, `service_types.llm.call_timeout`: must be longer than zero, but is 0s"]
        );
    });
}

#[test]
fn what_cannot_be_changed_is_refused() {
    testing::isolated_blocking(|| {
        let file = "
            [breakers.\"calls/slow\".calls.refsue]
            call_timeout = \"1s\"
            [breakers.\"calls/twice\".calls.stock]
            call_timeout = \"1s\"
        ";
        let problems = refused(registry(), toml(file));
        let [unknown, several] = &problems[..] else { panic!("{problems:#?}") };
        assert!(unknown.contains("unknown function: "), "{unknown}");
        assert!(several.contains("may be several functions"), "{several}");

        let file = "[breakers.\"calls/slow\".calls.hang]\nmax_concurrent = 3";
        let problems = refused(registry(), toml(file));
        let [absent] = &problems[..] else { panic!("{problems:#?}") };
        assert!(absent.starts_with("line 2, ") && absent.contains("`max_concurrent`"), "{absent}");
    });
}

#[test]
fn more_of_the_path_tells_functions_of_one_name_apart() {
    testing::isolated_blocking(|| {
        let file = "[breakers.\"calls/twice\".calls.\"Shop::stock\"]\ncall_timeout = \"9s\"";
        registry().load(toml(file)).unwrap();
        let explanation = registry().explain("calls/twice").unwrap();
        let [shop, warehouse] = &explanation.calls[..] else { panic!("{explanation}") };
        assert_eq!((&*shop.settings[0].value, &*warehouse.settings[0].value), ("9s", "1s"));
    });
}
