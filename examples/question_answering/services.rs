//! What stands in for a language model, a vector store and a crawler, and for what PostgreSQL would find.

use std::sync::{Mutex, PoisonError};

use axum::{
    Json, Router,
    extract::Path,
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::texts::{PASSAGES, topic};

/// A model that has understood the passage at the top.
pub(crate) fn llm() -> Router {
    async fn complete(Json(request): Json<Value>) -> Json<Value> {
        let passages = request["messages"][0]["content"].as_str().unwrap_or_default();
        let best = passages.lines().nth(1).unwrap_or("I do not know.");
        let content = format!("In short: {best}");
        Json(json!({ "choices": [{ "message": { "role": "assistant", "content": content } }] }))
    }
    Router::new().route("/v1/chat/completions", post(complete))
}

/// A store that knows what a question is about.
pub(crate) fn vector_store() -> Router {
    async fn search(Json(request): Json<Value>) -> Json<Vec<&'static str>> {
        let topic = topic(request["text"].as_str().unwrap_or_default());
        let is_near = |passage: &&str| passage.to_lowercase().contains(topic);
        Json(PASSAGES.into_iter().filter(is_near).collect())
    }
    Router::new().route("/search", post(search))
}

/// One that finds something new on every matter.
pub(crate) fn crawler() -> Router {
    async fn news(Path(topic): Path<String>) -> String {
        format!("Today: more on {topic}")
    }
    Router::new().route("/news/{topic}", get(news))
}

/// What PostgreSQL would answer, where there is none.
pub(crate) fn rows(statement: &str, parameters: &[String]) -> Vec<String> {
    static PASSAGES: Mutex<Vec<String>> = Mutex::new(Vec::new());

    let [parameter] = parameters else { return Vec::new() };
    let mut passages = PASSAGES.lock().unwrap_or_else(PoisonError::into_inner);
    if statement.starts_with("INSERT") {
        passages.push(parameter.clone());
        return Vec::new();
    }
    let word = parameter.to_lowercase();
    passages.iter().filter(|passage| passage.to_lowercase().contains(&word)).cloned().collect()
}
