//! What goes wrong, and what people read meanwhile.

use std::{
    io::{self, Write},
    time::Duration,
};

use anyhow::Context;
use cb_examples::{
    screen::{Clock, FAINT, GOOD, TITLE, UNSURE},
    service::Behaviour,
};
use cb_runtime::{State, registry};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::{fleet::Fleet, texts::QUESTIONS};

/// Between two questions.
const PACE: Duration = Duration::from_millis(300);

/// The longest scene takes two seconds; a busy computer may take more.
const AT_MOST: Duration = Duration::from_secs(20);

/// Tells the whole story, as somebody who asks the program at this address.
///
/// # Errors
/// Where it did not go as it should.
pub(crate) async fn tell(fleet: &Fleet, url: &str) -> anyhow::Result<()> {
    let http = cb_examples::service::client()?;
    let mut person =
        Person { http, url: url.to_owned(), clock: Clock::start(), scenes: 0, asked: 0 };

    person.scene("All is well")?;
    for _ in QUESTIONS {
        person.ask().await?;
    }

    person.scene("The model is slower than its limit (30 s, and 250 ms in this story)")?;
    fleet.llm.behave(Behaviour::Slow);
    person.until(|answer| answer.says("takes a break")).await?;
    person.health("degraded", "llm").await?;

    person.scene("The model is well again, the vector store fails")?;
    fleet.llm.behave(Behaviour::Healthy);
    fleet.vector_store.behave(Behaviour::Failing);
    person.until(|_| is("llm", State::Closed) && is("vector_store", State::Open)).await?;

    person.scene("The crawler fails too: old news will do")?;
    fleet.crawler.behave(Behaviour::Failing);
    person.until(|_| is("crawler", State::Open)).await?;

    person.scene("The database is killed: there is nothing left to answer from")?;
    fleet.database.kill().await?;
    person.until(|answer| answer.says("temporarily unavailable")).await?;
    person.health("failed", "database").await?;

    person.scene("All are back: people who ask find out")?;
    fleet.database.start_again().await?;
    fleet.vector_store.behave(Behaviour::Healthy);
    fleet.crawler.behave(Behaviour::Healthy);
    person.until(|_| registry().health().all_closed).await?;
    person.health("healthy", "").await
}

struct Person {
    http: reqwest::Client,
    url: String,
    clock: Clock,
    scenes: u32,
    asked: usize,
}

impl Person {
    fn scene(&mut self, title: &str) -> io::Result<()> {
        self.scenes += 1;
        writeln!(anstream::stdout().lock(), "\n{TITLE}{}. {title}{TITLE:#}", self.scenes)
    }

    /// Asks until something is the case.
    async fn until(&mut self, reached: impl Fn(&Read) -> bool) -> anyhow::Result<()> {
        let long_enough = async {
            while !reached(&self.ask().await?) {
                sleep(PACE).await;
            }
            Ok(())
        };
        timeout(AT_MOST, long_enough).await.context("what should happen next has not happened")?
    }

    async fn ask(&mut self) -> anyhow::Result<Read> {
        let question = QUESTIONS[self.asked % QUESTIONS.len()];
        self.asked += 1;
        let request = self.http.post(format!("{}/ask", self.url));
        let response = request.json(&serde_json::json!({ "question": question })).send().await?;
        let answer: Value = response.json().await?;

        let mut out = anstream::stdout().lock();
        writeln!(out, "{}  {question}", self.clock)?;
        if let Some(text) = answer["text"].as_str() {
            writeln!(out, "{:4}{GOOD}{text}{GOOD:#}", "")?;
        }
        if let Some(news) = answer["news"].as_str() {
            writeln!(out, "{:4}{FAINT}{news}{FAINT:#}", "")?;
        }
        let notes = answer["notes"].as_array().into_iter().flatten();
        for note in notes.chain(answer.get("message")).filter_map(Value::as_str) {
            writeln!(out, "{:4}{UNSURE}{note}{UNSURE:#}", "")?;
        }
        Ok(Read(answer))
    }

    /// Looks at the program as a load balancer does: it is in this state, and this breaker is open.
    async fn health(&mut self, verdict: &str, open: &str) -> anyhow::Result<()> {
        let (status, health) = loop {
            let response = self.http.get(format!("{}/health", self.url)).send().await?;
            let status = response.status();
            let health: Value = response.json().await?;
            let is_open = Read(health["open_breakers"].clone()).says(open);
            if health["verdict"] == verdict && (is_open || open.is_empty()) {
                break (status, health);
            }
            // On a busy computer it may have been tried again meanwhile: in vain.
            self.ask().await?;
        };
        let mut out = anstream::stdout().lock();
        let (verdict, score) = (&health["verdict"], &health["score"]);
        writeln!(out, "{}  GET /health: {status}, {verdict}, score {score}", self.clock)?;
        for open in health["open_breakers"].as_array().into_iter().flatten() {
            let seconds = open["next_try_in"].as_f64().unwrap_or_default();
            writeln!(out, "{:4}{} is open for {seconds:.1} s more", "", open["name"])?;
        }
        Ok(())
    }
}

/// What somebody reads.
struct Read(Value);

impl Read {
    fn says(&self, part: &str) -> bool {
        self.0.to_string().contains(part)
    }
}

fn is(breaker: &str, state: State) -> bool {
    registry().get(breaker).is_some_and(|breaker| breaker.state() == state)
}
