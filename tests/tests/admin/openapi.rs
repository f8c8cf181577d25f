//! The API's description, and that the API is as it says.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use cb_runtime::{Config, HealthCheck, HealthFuture};
use reqwest::Method;
use serde_json::json;

use crate::server::{Answer, Server, WRITE, loopback, server};

#[tokio::test]
async fn every_path_is_described_with_its_problems_and_its_authorization() {
    let server = server().await;
    let document = Answer::of(server.plain(Method::GET, "/openapi.json")).await.json();

    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let expected = [
        ("GET", "/status"),
        ("GET", "/status/{name}"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("GET", "/metrics.json"),
        ("GET", "/alerts"),
        ("GET", "/events"),
        ("GET", "/declarations"),
        ("POST", "/reset/{name}"),
        ("POST", "/reset-all"),
        ("POST", "/reset-by-type/{service_type}"),
        ("POST", "/mode/{name}"),
        ("PUT", "/config/{name}"),
        ("POST", "/test-service"),
        ("GET", "/openapi.json"),
    ];
    let owned = |(method, path): &(&str, &str)| ((*method).to_owned(), (*path).to_owned());
    assert_eq!(described, expected.iter().map(owned).collect());

    let change = &document["paths"]["/mode/{name}"]["post"];
    for status in ["400", "401", "403", "404", "408", "413", "415", "422", "500"] {
        let content = &change["responses"][status]["content"]["application/problem+json"];
        assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{status}");
    }
    assert_eq!(change["security"], json!([{"bearer": []}]));
    assert!(change["responses"]["401"]["headers"]["WWW-Authenticate"].is_object());
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[tokio::test]
async fn where_no_token_is_needed_the_description_says_so() {
    let server = loopback().await;
    let document = server.get("/openapi.json").await.json();
    assert_eq!(document["paths"]["/status"]["get"]["security"][0], json!({}));
}

#[tokio::test]
async fn answers_are_of_the_described_shapes() {
    let server = server().await;
    furnish(&server);
    let document = server.get("/openapi.json").await.json();
    for (path, of) in [
        ("/status", "/status"),
        ("/status/db", "/status/{name}"),
        ("/health", "/health"),
        ("/alerts", "/alerts"),
        ("/declarations", "/declarations"),
        ("/metrics.json", "/metrics.json"),
    ] {
        let answer = server.get(path).await.json();
        let content = &document["paths"][of]["get"]["responses"]["200"]["content"];
        let mut schema = content["application/json"]["schema"].clone();
        schema["components"] = document["components"].clone();
        let checked = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = checked
            .iter_errors(&answer)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{path}: {wrong:#?}");
    }
}

fn ping() -> HealthFuture {
    Box::pin(async { Ok(()) })
}

/// Breakers in many states.
fn furnish(server: &Server) {
    server.breaker("db", Config::builder().health_check(HealthCheck::new("ping", ping)));
    let busy = server
        .breaker("busy", Config::builder().failure_threshold(2).slow_call(Duration::from_secs(1)));
    for _ in 0..20 {
        busy.try_acquire().unwrap().success();
    }
    busy.try_acquire().unwrap().failure();
    server.opened("web_app/database");
    server.breaker("forced", Config::builder().service_type("database")).force_open();
    server.breaker("disabled", Config::builder()).disable_for(Duration::from_secs(600));
    server.breaker("dry", Config::builder().critical(true)).metrics_only();
    let changed = server.breaker("changed", Config::builder());
    changed.reconfigure(|settings| settings.failure_threshold(2)).unwrap();
    changed.reset();
}

/// With others that are not there, so that what is for all instances is tried out too.
#[cfg(feature = "redis")]
async fn share(server: &Server) {
    use cb_runtime::{Exchange, SharedOptions, SharedState};

    let state = SharedState::in_memory(&Exchange::new(), SharedOptions::new()).unwrap();
    let shared = server.registry.share(state).unwrap();
    while !shared.status().connected {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The program that tries out an API by its description, where it is installed: on the path, or in this
/// project's `target`.
fn schemathesis() -> Option<PathBuf> {
    let ours =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/schemathesis/bin/schemathesis");
    let on_path = std::env::var_os("PATH").into_iter().flat_map(|path| {
        std::env::split_paths(&path)
            .map(|directory| directory.join("schemathesis"))
            .collect::<Vec<_>>()
    });
    std::iter::once(ours).chain(on_path).find(|path| path.is_file())
}

/// By default some hundred requests for each operation; more with `SCHEMATHESIS_EXAMPLES=1000`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_is_as_it_is_described() {
    let Some(program) = schemathesis() else {
        let say = "schemathesis is not installed: `python3 -m venv target/schemathesis` and `target/schemathesis/bin/pip install schemathesis`";
        assert!(std::env::var_os("CI").is_none(), "{say}");
        eprintln!("{say}");
        return;
    };
    let server = server().await;
    furnish(&server);
    #[cfg(feature = "redis")]
    share(&server).await;
    let examples = std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "40".to_owned());
    let directory = tempfile::tempdir().unwrap();
    // Any names, and then those that there are.
    for (number, parameters) in ["", NAMES].into_iter().enumerate() {
        let settings = directory.path().join(format!("schemathesis-{number}.toml"));
        std::fs::write(&settings, format!("{parameters}{SETTINGS}")).unwrap();
        run(&program, &settings, &server, &examples).await;
    }
    // It is still there.
    let names = server.get("/status").await.json()["breakers"].as_array().unwrap().len();
    assert_eq!(names, 7, "none was made");
}

async fn run(program: &Path, settings: &Path, server: &Server, examples: &str) {
    let output = tokio::process::Command::new(program)
        .arg("--config-file")
        .arg(settings)
        .arg("run")
        .arg(format!("http://{}/openapi.json", server.address))
        .arg("--url")
        .arg(format!("http://{}", server.address))
        .args(["--header", &format!("Authorization: Bearer {WRITE}")])
        .args(["--max-examples", examples, "--seed", "1", "--workers", "2"])
        .args(["--checks", "all", "--request-timeout", "20"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        // It has no end.
        .args(["--exclude-path", "/events"])
        .current_dir(settings.parent().unwrap())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("Test cases:"), "it tried nothing: {said}");
    println!("{said}");
}

const NAMES: &str = r#"
[parameters]
"path.name" = "db"
"path.service_type" = "database"
"#;

/// What fits the description and cannot be all the same, because of a value elsewhere, is a 422; names
/// that there are none of are 404.
const SETTINGS: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "422"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "408", "409", "413", "415", "422"]
"#;
