//! The example `service_pool` tells its story, and as a server says how it is while its services are killed.

mod program;
mod servers;
#[allow(dead_code, reason = "of a real PostgreSQL, nobody says what it finds")]
#[path = "../service_pool/services.rs"]
mod services;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::Context;
use axum::{Router, http::StatusCode, response::IntoResponse, routing::get};
use cb_examples::{postgres::PostgresServer, redis::RedisServer};
use program::server::Server;
use reqwest::Response;
use serde_json::{Value, json};
use servers::{HttpServer, until};
use tokio_postgres::NoTls;

/// With outages of seconds.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/service_pool/circuit-breakers.toml");

#[test]
fn it_tells_its_story_with_real_servers_and_with_stand_ins() -> anyhow::Result<()> {
    program::check_both_stories(
        "service_pool",
        &[
            "1. All is well",
            "model: the moon  the model on \"the moon\"",
            "customer 1       Ada",
            "agent planner    the planner on",
            "agent critic     the critic on",
            "API rates        0.92",
            "API weather      dry",
            "2. An agent and an API fail",
            "==> agents[planner] opened: 5 failures in a row",
            "==> apis[rates] opened: 5 failures in a row",
            "agent planner    This service is temporarily unavailable.",
            "agent critic     the critic on",
            "API rates        0.92",
            "3. The model fails",
            "==> llm opened: 5 failures in a row",
            "model: the moon  the model on",
            "model: the sun   This service is temporarily unavailable.",
            "4. Redis and PostgreSQL are killed",
            "==> redis opened: 5 failures in a row",
            "==> postgres opened: 5 failures in a row",
            "customer 1       Ada",
            "customer 2       This service is temporarily unavailable.",
            "/health: failed",
            "postgres         open ",
            "5. They come back",
            "model: the moon  the model on",
            "customer 1       Ada",
            "agent planner    the planner on",
            "/health: healthy, score 1.00",
            "postgres         closed ",
            "What next",
        ],
    )
}

/// A pool with all that it calls.
struct Pool {
    server: Server,
    redis: RedisServer,
    postgres: PostgresServer,
    llm: HttpServer,
    planner: HttpServer,
    _others: [HttpServer; 2],
    /// Whether the API has too much to do.
    is_busy: Arc<AtomicBool>,
}

impl Pool {
    async fn start(settings: Option<&str>) -> anyhow::Result<Option<Self>> {
        let Some((redis, postgres)) = servers::redis_and_postgres()? else { return Ok(None) };
        let (client, connection) = tokio_postgres::connect(&postgres.url(), NoTls).await?;
        tokio::spawn(connection);
        let customers = "CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT NOT NULL); \
                         INSERT INTO customers VALUES ('1', 'Ada'), ('2', 'Grace')";
        client.batch_execute(customers).await?;

        let llm = HttpServer::start(services::texts("the model"))?;
        let planner = HttpServer::start(services::texts("the planner"))?;
        let critic = HttpServer::start(services::texts("the critic"))?;
        let is_busy = Arc::new(AtomicBool::new(false));
        let api = HttpServer::start(limited(Arc::clone(&is_busy)))?;

        let mut command = program::command("service_pool")?;
        command
            .args(["--port", "0", "--llm", &llm.url(), "--redis", &redis.url()])
            .args(["--postgres", &postgres.url()])
            .arg(format!("--agent=planner={}", planner.url()))
            .arg(format!("--agent=critic={}", critic.url()))
            .arg(format!("--api=rates={}", api.url()));
        if let Some(settings) = settings {
            command.env("CIRCUIT_BREAKER_CONFIG", settings);
        }
        let server = Server::start(&mut command)?;
        let pool = Self { server, redis, postgres, llm, planner, _others: [critic, api], is_busy };
        Ok(Some(pool))
    }

    async fn answer(&self, prompt: &str) -> anyhow::Result<Response> {
        self.server.post("/answers", &json!(prompt)).await
    }

    async fn agent(&self, name: &str) -> anyhow::Result<Response> {
        self.server.post(&format!("/agents/{name}"), &json!("a plan")).await
    }

    /// One of each kind of service gives its answer.
    async fn everything_answers(&self) -> anyhow::Result<()> {
        let model = self.answer("the moon").await?.error_for_status()?.text().await?;
        assert!(model.starts_with("the model on "), "{model}");
        for name in ["planner", "critic"] {
            let agent = self.agent(name).await?.error_for_status()?.text().await?;
            assert!(agent.starts_with(&format!("the {name} on ")), "{agent}");
        }
        for (path, answer) in [("/customers/1", "Ada"), ("/apis/rates/EUR", "0.92")] {
            let text = self.server.get(path).await?.error_for_status()?.text().await?;
            assert_eq!(text, answer);
        }
        Ok(())
    }

    async fn health(&self) -> anyhow::Result<(StatusCode, Value)> {
        let answer = self.server.get("/health").await?;
        Ok((answer.status(), answer.json().await?))
    }
}

/// An API that asks for a minute of rest when it has too much to do.
fn limited(is_busy: Arc<AtomicBool>) -> Router {
    let answer = async move || {
        if is_busy.load(Ordering::Relaxed) {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")]).into_response()
        } else {
            "0.92".into_response()
        }
    };
    Router::new().route("/{what}", get(answer))
}

/// Five times a failure, and then a user's words, and for how many seconds.
async fn is_left_alone(
    mut ask: impl AsyncFnMut() -> anyhow::Result<Response>,
) -> anyhow::Result<u64> {
    for _ in 0..5 {
        assert_eq!(ask().await?.status(), StatusCode::BAD_GATEWAY);
    }
    let answer = ask().await?;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let seconds = answer.headers().get("retry-after").context("it says when")?.to_str()?.parse()?;
    let text = answer.text().await?;
    assert!(text.starts_with("This service is temporarily unavailable."), "{text}");
    Ok(seconds)
}

fn names_in(health: &Value) -> anyhow::Result<Vec<&str>> {
    let breakers = health["breakers"].as_object().context("the breakers are there")?;
    Ok(breakers.keys().map(String::as_str).collect())
}

#[tokio::test]
async fn each_service_is_left_alone_after_five_failures_for_half_a_minute() -> anyhow::Result<()> {
    let Some(mut pool) = Pool::start(None).await? else { return Ok(()) };
    let (_, health) = pool.health().await?;
    assert_eq!(names_in(&health)?, ["llm", "postgres", "redis"], "before their first calls");
    pool.everything_answers().await?;
    let (status, health) = pool.health().await?;
    assert_eq!((status, &health["verdict"]), (StatusCode::OK, &json!("healthy")), "{health}");
    let breakers = health["breakers"].as_object().context("the breakers are there")?;
    let expected = ["agents[critic]", "agents[planner]", "apis[rates]", "llm", "postgres", "redis"];
    assert_eq!(names_in(&health)?, expected);
    for (name, breaker) in breakers {
        assert_eq!(breaker["failures"], json!([0, 5]), "{name}");
        assert_eq!(breaker["recovery_timeout"], 30, "{name}");
    }

    // One agent is down alone.
    pool.planner.kill();
    assert!(is_left_alone(async || pool.agent("planner").await).await? <= 31);
    assert_eq!(pool.agent("critic").await?.status(), StatusCode::OK);
    assert_eq!(pool.agent("stranger").await?.status(), StatusCode::NOT_FOUND);

    // Redis remembers what the model said.
    pool.llm.kill();
    assert!(is_left_alone(async || pool.answer("the sun").await).await? <= 31);
    assert_eq!(pool.answer("the moon").await?.status(), StatusCode::OK);

    // The API says itself how long it wants to be left alone; its last answer stands in.
    pool.is_busy.store(true, Ordering::Relaxed);
    assert_eq!(pool.server.get("/apis/rates/EUR").await?.text().await?, "0.92");
    let (status, health) = pool.health().await?;
    assert_eq!((status, &health["verdict"]), (StatusCode::OK, &json!("degraded")), "{health}");
    let api = &health["breakers"]["apis[rates]"];
    assert_eq!(api["state"], "open", "{health}");
    assert!(api["retry_in"].as_u64().is_some_and(|seconds| seconds > 31), "{health}");
    let unknown = pool.server.get("/apis/rates/CHF").await?;
    assert_eq!(unknown.status(), StatusCode::SERVICE_UNAVAILABLE);

    // Without Redis, nobody knows what the model said; nobody waits for that.
    pool.redis.kill();
    for _ in 0..5 {
        let answer = pool.answer("the moon").await?;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    // Names that were asked for are known for a while; without others the program has failed.
    pool.postgres.kill();
    assert_eq!(pool.server.get("/customers/1").await?.text().await?, "Ada");
    for _ in 0..4 {
        let other = pool.server.get("/customers/2").await?;
        assert_eq!(other.status(), StatusCode::BAD_GATEWAY);
    }
    assert_eq!(pool.server.get("/customers/1").await?.text().await?, "Ada");
    let other = pool.server.get("/customers/2").await?;
    assert_eq!(other.status(), StatusCode::SERVICE_UNAVAILABLE);
    let (status, health) = pool.health().await?;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{health}");
    assert_eq!(health["verdict"], "failed", "{health}");
    for name in ["agents[planner]", "apis[rates]", "llm", "postgres", "redis"] {
        assert_eq!(health["breakers"][name]["state"], "open", "{name} in {health}");
    }
    assert_eq!(health["breakers"]["agents[critic]"]["state"], "closed", "{health}");
    Ok(())
}

#[tokio::test]
async fn all_is_well_again_when_they_are_back() -> anyhow::Result<()> {
    let Some(mut pool) = Pool::start(Some(SETTINGS)).await? else { return Ok(()) };
    pool.everything_answers().await?;
    pool.redis.kill();
    pool.postgres.kill();
    pool.llm.kill();
    pool.planner.kill();
    until("a failed health", async || {
        pool.answer("the moon").await?;
        pool.agent("planner").await?;
        pool.server.get("/customers/2").await?;
        let (_, health) = pool.health().await?;
        let all = ["agents[planner]", "llm", "postgres", "redis"];
        let open = all.iter().all(|name| health["breakers"][name]["state"] != "closed");
        Ok(open.then_some(()))
    })
    .await?;

    pool.postgres.start_again()?;
    pool.redis.start_again()?;
    pool.llm.start_again()?;
    pool.planner.start_again()?;
    let mut asked = 0;
    until("a good health", async || {
        asked += 1;
        pool.answer(&format!("star {asked}")).await?;
        pool.agent("planner").await?;
        pool.server.get("/customers/2").await?;
        let (_, health) = pool.health().await?;
        Ok((health["verdict"] == "healthy").then_some(()))
    })
    .await?;
    pool.everything_answers().await
}
