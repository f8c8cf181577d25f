//! The management API of the program's own registry: what annotated functions declare is there before any
//! call. The only test of its program, whose registry it shares with nobody.
#![cfg(feature = "admin")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use cb_runtime::{
    admin::{self, Auth},
    circuit_breaker, registry,
};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const WRITE: &str = "write";

async fn ping() -> Result<(), std::io::Error> {
    Ok(())
}

#[circuit_breaker(name = "shop/database", failure_threshold = 1, health_check = ping)]
async fn stock(article: u32) -> anyhow::Result<u32> {
    anyhow::bail!("no connection for article {article}")
}

#[circuit_breaker(name = "shop/database", failure_threshold = 2)]
async fn price(article: u32) -> anyhow::Result<u32> {
    Ok(article)
}

#[circuit_breaker(name = "tenants", key = tenant, failure_threshold = 1, fallback = |_, _| Ok(0))]
async fn balance(tenant: &str, fails: bool) -> Result<u32, String> {
    if fails { Err("down".to_owned()) } else { Ok(7) }
}

struct Api {
    url: String,
    client: reqwest::Client,
}

impl Api {
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request =
            self.client.request(method, format!("{}{path}", self.url)).bearer_auth(WRITE);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.ask(Method::POST, path, Some(body)).await
    }
}

fn names(rows: &Value) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_declared_is_seen_and_steered_before_and_after_its_first_call() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(admin::serve_on(listener, registry(), Auth::tokens("", WRITE)));
    let api = Api { url, client: reqwest::Client::new() };

    // No call so far.
    assert_eq!(names(&api.get("/status").await["breakers"]), ["shop/database"]);
    let one = api.get("/status/shop%2Fdatabase").await;
    assert_eq!(names(&one["functions"]), ["shop/database", "shop/database"]);
    assert_eq!(one["functions"][0]["function"], "admin_declared::stock");
    let settings = one["settings"].as_array().unwrap();
    let threshold = settings.iter().find(|one| one["setting"] == "failure_threshold").unwrap();
    assert_eq!(threshold["origin"]["layer"], "attribute");
    let keyed = api.get("/status/tenants").await;
    assert_eq!((&keyed["keyed"], &keyed["total_keys"]), (&json!(true), &json!(0)));
    assert_eq!(keyed["config"]["failure_threshold"], 1);

    let declared = api.get("/declarations").await;
    assert_eq!(names(&declared["declarations"]), ["shop/database", "shop/database", "tenants"]);
    assert!(declared["declarations"][0]["file"].as_str().unwrap().ends_with("admin_declared.rs"));
    let conflict = &declared["conflicts"][0];
    assert_eq!(
        (&conflict["name"], &conflict["setting"]),
        (&json!("shop/database"), &json!("failure_threshold"))
    );
    assert_eq!(conflict["ignored"]["function"], "admin_declared::price");

    let (status, tested) =
        api.post("/test-service", json!({"service_name": "shop/database"})).await;
    assert_eq!((status, &tested["healthy"]), (StatusCode::OK, &json!(true)));

    // A mode that was set before the first call holds for it.
    api.post("/mode/shop%2Fdatabase", json!({"mode": "forced_open"})).await;
    assert!(price(1).await.is_err());
    let (_, done) = api.post("/reset/shop/database", json!({})).await;
    assert_eq!(done["breakers"], json!(["shop/database"]));
    assert_eq!(price(1).await.unwrap(), 1);
    assert!(stock(1).await.is_err());
    assert!(price(1).await.is_err(), "it is open");

    // Keys may be anything.
    for tenant in ["a/b?c=[d]", "plain", ""] {
        assert_eq!(balance(tenant, false).await, Ok(7));
    }
    assert_eq!(balance("plain", true).await, Ok(0));
    let keyed = api.get("/status/tenants").await;
    assert_eq!(names(&keyed["keys"]), ["tenants[]", "tenants[a/b?c=[d]]", "tenants[plain]"]);
    assert_eq!(keyed["total_keys"], 3);
    let one = api.get("/status/tenants?key=a%2Fb%3Fc%3D%5Bd%5D").await;
    assert_eq!((&one["parent"], &one["key"]), (&json!("tenants"), &json!("a/b?c=[d]")));
    assert_eq!(api.get("/status/tenants?key=").await["name"], "tenants[]");
    assert_eq!(api.get("/status/tenants%5Bplain%5D").await["state"], "open");
    assert_eq!(
        names(&api.get("/status?state=open").await["breakers"]),
        ["shop/database", "tenants[plain]"]
    );

    let (status, problem) = api.ask(Method::GET, "/status/tenants?key=plan", None).await;
    assert_eq!((status, &problem["did_you_mean"]), (StatusCode::NOT_FOUND, &json!(["plain"])));
    let (status, problem) = api.post("/mode/tenants", json!({"mode": "disabled"})).await;
    assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("key")));
    let settings = json!({"failure_threshold": 3});
    let (status, problem) = api.ask(Method::PUT, "/config/tenants", Some(settings)).await;
    assert_eq!((status, &problem["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("key")));

    let (_, row) =
        api.post("/mode/tenants?key=a%2Fb%3Fc%3D%5Bd%5D", json!({"mode": "forced_open"})).await;
    assert_eq!(row["name"], "tenants[a/b?c=[d]]");
    assert_eq!(balance("a/b?c=[d]", false).await, Ok(0));
    let (_, done) = api.post("/reset/tenants?key=plain", json!({})).await;
    assert_eq!(done["breakers"], json!(["tenants[plain]"]));
    let (_, done) = api.post("/reset/tenants", json!({})).await;
    assert_eq!(done["breakers"].as_array().unwrap().len(), 3);
    assert_eq!(balance("a/b?c=[d]", false).await, Ok(7));
    server.abort();
}
