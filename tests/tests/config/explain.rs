//! What is told of where settings come from.

use cb_runtime::{Config, Registry, Source, circuit_breaker, declarations, registry, testing};

use super::{explained, toml};

#[circuit_breaker(name = "explain/shared", failure_threshold = 3)]
fn one() -> anyhow::Result<()> {
    Ok(())
}

#[circuit_breaker(name = "explain/shared", recovery_timeout = "9s", call_timeout = "2s")]
async fn other() -> anyhow::Result<()> {
    Ok(())
}

#[test]
fn functions_that_share_a_breaker_each_give_what_they_say() {
    testing::isolated_blocking(|| {
        let explanation = registry().explain("explain/shared").unwrap();
        let line = |setting: &str| {
            let found = explanation.settings.iter().find(|found| found.setting == setting).unwrap();
            found.origin.to_string()
        };
        let (one, other) = (line("failure_threshold"), line("recovery_timeout"));
        assert!(one.starts_with("attribute at ") && one.contains("explain.rs:"), "{one}");
        assert_ne!(one, other);
        assert_eq!(line("success_threshold"), "default");
    });
    one().unwrap();
    drop(other());
}

#[circuit_breaker(name = "explain/in_both", failure_threshold = 3)]
fn in_both() -> anyhow::Result<()> {
    Ok(())
}

#[test]
fn what_code_says_of_a_function_s_breaker_stands_below_the_attribute() {
    testing::isolated_blocking(|| {
        let code = Config::builder().failure_threshold(9).success_threshold(2).build().unwrap();
        let refused = registry().register("explain/in_both", code.clone()).unwrap_err().to_string();
        let attribute = declarations().iter().find(|one| one.name() == "explain/in_both").unwrap();
        assert_eq!(
            refused,
            format!(
                "circuit breaker `explain/in_both` is registered with other settings: \
                 `failure_threshold` is 3 there (attribute at {}:{}) and 9 here",
                attribute.file(),
                attribute.line()
            )
        );
        assert!(registry().get("explain/in_both").is_none(), "nothing was made");

        let breaker = registry().get_or_register("explain/in_both", code).unwrap();
        assert_eq!(breaker.config().failure_threshold(), 3);
        assert_eq!(breaker.config().success_threshold(), 2, "of which the attribute says nothing");
        let [threshold, success] = ["failure_threshold", "success_threshold"]
            .map(|setting| explained(registry(), "explain/in_both", setting));
        assert!(threshold.origin.to_string().starts_with("attribute at "), "{}", threshold.origin);
        assert_eq!(threshold.overridden, []);
        assert!(success.origin.to_string().starts_with("code at "), "{}", success.origin);

        in_both().unwrap();
        assert_eq!(breaker.snapshot().totals.calls, 1, "it is the function's");
    });
}

#[test]
fn it_reads_as_a_table() {
    let registry = Registry::new();
    let settings = Config::builder().critical(true).service_type("database").build().unwrap();
    let line = line!() + 1;
    let db = registry.get_or_register("shop/db", settings).unwrap();
    let variables = [("CB_BREAKER__SHOP_DB__MIN_CALLS", "20")];
    let file = "[breakers.\"shop/*\"]\nfailure_rate = 0.25\n[defaults]\nreset_timeout = \"5m\"";
    registry.load(Source::toml(file).variables(variables)).unwrap();
    db.reconfigure(|settings| settings.half_open_max_calls(2)).unwrap();

    let text = registry.explain("shop/db").unwrap().to_string();

    let here = format!("code at {}:{line}", file!());
    let expected = format!(
        "circuit breaker `shop/db`
  service_type         \"database\"  {here}
  critical             true        {here}
  failure_threshold    3           preset of `database`
  recovery_timeout     30s         preset of `database`
  half_open_max_calls  2           changed while running
  success_threshold    3           preset of `database`
  probe_timeout        30s         default
  response_times       true        default
  failure_rate         0.25        <toml>:2, `breakers.\"shop/*\".failure_rate`
  slow_call            none        default
  slow_call_rate       none        default
  window               100         default
  min_calls            20          variable CB_BREAKER__SHOP_DB__MIN_CALLS
  backoff              none        default
  reset_timeout        5m          <toml>:4, `defaults.reset_timeout`
  shed                 none        default
  health_check         none        default
  max_keys             10000       default
"
    );
    assert_eq!(text, expected);
}

#[test]
fn it_can_be_written_as_json() {
    let registry = Registry::new();
    registry.get_or_register("db", Config::default()).unwrap();
    registry.load(toml("[breakers.db]\nmin_calls = 7\n[defaults]\nmin_calls = 8")).unwrap();
    let json = serde_json::to_value(registry.explain("db").unwrap()).unwrap();
    let settings = json["settings"].as_array().unwrap();
    let found = settings.iter().find(|found| found["setting"] == "min_calls").unwrap();
    let expected = serde_json::json!({
        "setting": "min_calls",
        "value": "7",
        "origin": { "layer": "file", "file": "<toml>", "line": 2, "key": "breakers.db.min_calls" },
        "overridden": [{
            "value": "8",
            "origin": { "layer": "file", "file": "<toml>", "line": 4, "key": "defaults.min_calls" },
        }],
    });
    assert_eq!(found, &expected);
    assert_eq!(json["registered"], true);
}
