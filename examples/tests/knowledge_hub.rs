//! The example `knowledge_hub` tells its story, and as a server answers while what it asks is killed.

#[path = "../knowledge_hub/local.rs"]
mod local;
mod program;
mod servers;
#[allow(dead_code, reason = "of a real PostgreSQL, nobody says what it finds")]
#[path = "../knowledge_hub/services.rs"]
mod services;

use program::server::Server;
use serde_json::{Value, json};
use servers::{HttpServer, until};

/// With outages of a second.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge_hub/circuit-breakers.toml");

#[test]
fn it_tells_its_story_with_real_servers_and_with_stand_ins() -> anyhow::Result<()> {
    program::check_both_stories(
        "knowledge_hub",
        &[
            "1. All is well",
            "6 put in, found by meaning: 3 on animals, 3 on weather",
            "kittens   vector search  Cats sleep",
            "kittens   cache          Cats sleep",
            "storm     vector search  The wind",
            "2. Redis is killed",
            "kittens   vector search  Cats sleep",
            "==> search_cache opened: 10 failures in a row",
            "3. The models fail",
            "kittens   vector search  Cats sleep",
            "felines   vector search  nothing found",
            "cats      vector search  Cats sleep",
            "1 put in, found by meaning: 1 on animals",
            "4. The vector search hangs",
            "kittens   database       nothing found",
            "cats      database       Cats ",
            "==> vector_search opened: 5 failures in a row",
            "5. PostgreSQL is killed",
            "cats      nobody         the database gave no answer",
            "==> database opened: 3 failures in a row",
            "cats      nobody         This service is temporarily unavailable.",
            "6. They come back",
            "==> database closed: 3 probes succeeded",
            "==> vector_search closed: 2 probes succeeded",
            "kittens   vector search  Cats sleep",
            "kittens   cache          Cats sleep",
            "health: healthy, score 1.00",
            "What next",
        ],
    )
}

#[tokio::test]
async fn each_level_answers_in_the_place_of_the_one_before() -> anyhow::Result<()> {
    let Some((mut redis, mut postgres)) = servers::redis_and_postgres()? else { return Ok(()) };
    let mut vectors = HttpServer::start(services::vectors())?;
    let mut models = HttpServer::start(services::models())?;
    let hub = Server::start(
        program::command("knowledge_hub")?
            .args(["--port", "0", "--redis", &redis.url(), "--database", &postgres.url()])
            .args(["--vectors", &vectors.url(), "--models", &models.url()])
            .env("CIRCUIT_BREAKER_CONFIG", SETTINGS),
    )?;

    let texts = json!(["Cats sleep all day.", "The wind turns.", "Owls see in the dark."]);
    let added: Value = hub.post("/texts", &texts).await?.error_for_status()?.json().await?;
    assert_eq!(added, json!({ "topics": ["animals", "weather", "animals"], "by_meaning": true }));
    let cats = |level| json!({ "texts": ["Cats sleep all day."], "level": level });
    assert_eq!(hub.json("/search?q=kittens").await?, cats("vectors"));
    assert_eq!(hub.json("/search?q=kittens").await?, cats("cache"));

    redis.kill();
    assert_eq!(hub.json("/search?q=kittens").await?, cats("vectors"));

    models.kill();
    // What the model said of kittens an hour ago at the most; of cats, the small one knows enough.
    assert_eq!(hub.json("/search?q=kittens").await?, cats("vectors"));
    assert_eq!(hub.json("/search?q=cats").await?, cats("vectors"));

    vectors.kill();
    assert_eq!(hub.json("/search?q=cats").await?, cats("database"));
    let added = hub.post("/texts", &json!(["Whales sing."])).await?.error_for_status()?;
    assert_eq!(added.json::<Value>().await?, json!({ "topics": ["animals"], "by_meaning": false }));
    let counts = hub.json("/counts").await?;
    assert_eq!(counts["cache_hits"]["search"], 1, "{counts}");
    for breaker in ["embeddings", "search_cache", "topics", "vector_search"] {
        assert_ne!(counts["fallbacks"][breaker], 0, "{breaker} in {counts}");
    }
    assert_eq!(counts["cache_hits"]["embeddings"], 1, "{counts}");

    postgres.kill();
    let told = until("an answer in a user's words", async || {
        let answer = hub.get("/search?q=cats").await?;
        let seconds = answer.headers().get("retry-after").cloned();
        Ok(match answer.status().as_u16() {
            503 => Some((seconds, answer.text().await?)),
            502 => None,
            status => anyhow::bail!("{status}: {}", answer.text().await?),
        })
    });
    let (seconds, text) = told.await?;
    assert!(seconds.is_some(), "it should say when to come back");
    assert!(text.starts_with("This service is temporarily unavailable."), "{text}");
    let status = hub.json("/api/circuit-breaker/status/database").await?;
    assert!(
        ["open", "half_open"].iter().any(|state| status.to_string().contains(state)),
        "{status}"
    );

    postgres.start_again()?;
    vectors.start_again()?;
    models.start_again()?;
    redis.start_again()?;
    let mut asked = 0;
    until("all breakers closed", async || {
        asked += 1;
        // Work of all kinds, in the course of which breakers find out.
        hub.get(&format!("/search?q=owls+{asked}")).await?;
        hub.post("/texts", &json!([format!("Owls were seen on day {asked}.")])).await?;
        let health = hub.json("/api/circuit-breaker/health").await?;
        Ok((health["all_closed"] == true).then_some(()))
    })
    .await?;
    until("the cache again", async || {
        let found = hub.json("/search?q=kittens").await?;
        Ok((found == cats("cache")).then_some(()))
    })
    .await
}
