//! The example `question_answering` tells its story, and people get answers or kind words while what it calls is
//! killed.

mod program;

mod servers;

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use cb_examples::postgres::PostgresServer;
use program::server::Server;
use reqwest::StatusCode;
use serde_json::{Value, json};
use servers::{HttpServer, until};

#[test]
fn people_read_what_it_means_for_them() -> anyhow::Result<()> {
    check_story(&program::said(program::command("question_answering")?.output()?)?)
}

#[test]
fn they_read_the_same_with_stand_ins() -> anyhow::Result<()> {
    let mut command = program::command("question_answering")?;
    check_story(&program::said(command.arg("--stand-ins").output()?)?)
}

fn check_story(text: &str) -> anyhow::Result<()> {
    assert!(!text.contains('\x1b'), "colour in a pipe:\n{text}");
    program::find_in_order(
        text,
        &[
            "1. All is well",
            "In short: Rain falls when",
            "Today: more on ",
            "2. The model is slower than its limit",
            "Our assistant needs too long, so you read our library's own words.",
            "Our assistant takes a break, so you read our library's own words.",
            "GET /health: 200 OK, \"degraded\", score 0.75",
            "\"llm\" is open for ",
            "3. The model is well again, the vector store fails",
            "We looked for the words of your question, not for its meaning.",
            "4. The crawler fails too",
            "Today: more on ",
            "5. The database is killed",
            "Something went wrong on our side.",
            "This service is temporarily unavailable. Please try again in a few moments.",
            "GET /health: 503 Service Unavailable, \"failed\", score 0.25",
            "\"database\" is open for ",
            "6. All are back",
            "In short: ",
            "GET /health: 200 OK, \"healthy\", score 1.0",
            "What next",
        ],
    )
}

/// All that the program calls, and that a test may kill.
struct Around {
    postgres: PostgresServer,
    llm: HttpServer,
    asked: Arc<AtomicU32>,
    vector_store: HttpServer,
    crawler: HttpServer,
}

const PASSAGE: &str = "Rain falls when drops have grown too heavy for the air.";

impl Around {
    fn start() -> anyhow::Result<Option<Self>> {
        let Some((_, postgres)) = servers::redis_and_postgres()? else { return Ok(None) };
        let asked = Arc::new(AtomicU32::new(0));
        let llm = Router::new().route("/v1/chat/completions", post(complete));
        let search = || async { Json([PASSAGE]) };
        let news = || async { "It rains today." };
        Ok(Some(Self {
            postgres,
            llm: HttpServer::start(llm.with_state(Arc::clone(&asked)))?,
            asked,
            vector_store: HttpServer::start(Router::new().route("/search", post(search)))?,
            crawler: HttpServer::start(Router::new().route("/news/{topic}", get(news)))?,
        }))
    }

    fn program(&self) -> anyhow::Result<Server> {
        Server::start(
            program::command("question_answering")?
                .args(["--database", &self.postgres.url(), "--llm", &self.llm.url()])
                .args(["--vector-store", &self.vector_store.url()])
                .args(["--crawler", &self.crawler.url()])
                .stderr(Stdio::null()),
        )
    }
}

/// Fails at the second request, and then answers again.
async fn complete(State(asked): State<Arc<AtomicU32>>) -> Result<Json<Value>, StatusCode> {
    if asked.fetch_add(1, Ordering::Relaxed) == 1 {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let message = json!({ "role": "assistant", "content": "Because it is heavy." });
    Ok(Json(json!({ "choices": [{ "message": message }] })))
}

async fn ask(program: &Server, question: &str) -> anyhow::Result<Value> {
    let asked = json!({ "question": question });
    Ok(program.post("/ask", &asked).await?.error_for_status()?.json().await?)
}

const RAIN: &str = "When does the rain fall?";

#[tokio::test]
async fn the_model_is_asked_again_and_replaced_by_the_library() -> anyhow::Result<()> {
    let Some(mut around) = Around::start()? else { return Ok(()) };
    let program = around.program()?;
    let well = json!({ "text": "Because it is heavy.", "news": "It rains today.", "notes": [] });
    assert_eq!(ask(&program, RAIN).await?, well);

    assert_eq!(ask(&program, RAIN).await?, well, "its failure is not seen");
    assert_eq!(around.asked.load(Ordering::Relaxed), 3, "it was asked again");

    around.llm.kill();
    let quoted = ask(&program, RAIN).await?;
    assert_eq!(quoted["text"], PASSAGE);
    let note = "Our assistant could not answer, so you read our library's own words.";
    assert_eq!(quoted["notes"], json!([note]));
    let health = program.json("/health").await?;
    assert_eq!(health["open_breakers"][0]["name"], "llm", "{health}");
    let declined = ask(&program, RAIN).await?;
    let note = "Our assistant takes a break, so you read our library's own words.";
    assert_eq!(declined["notes"], json!([note]));

    around.llm.start_again()?;
    let found = until("somebody asks, and the model is found well", async || {
        let answer = ask(&program, RAIN).await?;
        Ok((answer["text"] != PASSAGE).then_some(answer))
    });
    assert_eq!(found.await?, well);
    assert_eq!(program.json("/health").await?["open_breakers"], json!([]));
    Ok(())
}

#[tokio::test]
async fn passages_and_news_come_from_elsewhere() -> anyhow::Result<()> {
    let Some(mut around) = Around::start()? else { return Ok(()) };
    let program = around.program()?;
    ask(&program, RAIN).await?;

    around.vector_store.kill();
    around.crawler.kill();
    let answer = ask(&program, RAIN).await?;
    let note = "We looked for the words of your question, not for its meaning.";
    assert_eq!(answer["notes"], json!([note]), "found by PostgreSQL");
    assert_eq!(answer["news"], "It rains today.", "from before");

    let answer = ask(&program, "Why do tides rise?").await?;
    let no_news = "We have no news on this at the moment.";
    assert_eq!((&answer["news"], &answer["notes"]), (&Value::Null, &json!([note, no_news])));
    Ok(())
}

#[tokio::test]
async fn without_any_passage_people_are_told_so() -> anyhow::Result<()> {
    let Some(mut around) = Around::start()? else { return Ok(()) };
    let program = around.program()?;
    around.postgres.kill();
    let answer = ask(&program, RAIN).await?;
    assert_eq!(answer["notes"], json!([]), "nobody waits for what is only to be remembered");

    around.vector_store.kill();
    let rain = json!({ "question": RAIN });
    let told = until("the breaker of the database opens", async || {
        let answer = program.post("/ask", &rain).await?;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        // Once it is open, it says when to ask again.
        let is_open = answer.headers().contains_key("retry-after");
        Ok(if is_open { Some(answer.json::<Value>().await?) } else { None })
    })
    .await?;
    let message = told["message"].as_str().context("a message")?;
    assert!(message.starts_with("This service is temporarily unavailable."), "{told}");

    around.postgres.start_again()?;
    let answer = until("the database is found well", async || {
        let answer = program.post("/ask", &rain).await?;
        let is_answered = answer.status() == StatusCode::OK;
        Ok(if is_answered { Some(answer.json::<Value>().await?) } else { None })
    })
    .await?;
    assert_eq!(answer["text"], "Because it is heavy.");
    Ok(())
}

/// The story is quick; a program at work is patient, and the attributes say how patient.
#[tokio::test]
async fn each_part_has_a_limit_of_its_own() -> anyhow::Result<()> {
    let Some(around) = Around::start()? else { return Ok(()) };
    let program = around.program()?;
    let declared = program.json("/api/circuit-breaker/declarations").await?;
    let all = declared["declarations"].as_array().context("a list")?;
    let limit = |function: &str| {
        let is_it =
            |one: &&Value| one["function"].as_str().is_some_and(|it| it.ends_with(function));
        all.iter().find(is_it).map(|one| &one["call_settings"]["call_timeout"])
    };
    for (function, expected) in [
        ("Llm::complete", "30s"),
        ("Library::similar", "3s"),
        ("Library::with_words", "2s"),
        ("Library::news", "10s"),
    ] {
        assert_eq!(limit(function), Some(&json!(expected)), "{function} in {declared}");
    }
    Ok(())
}
