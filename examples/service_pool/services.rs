//! What stands in for the services on this computer.

use axum::{
    Router,
    routing::{get, post},
};

/// A model, an agent: answers to a text with a text.
pub(crate) fn texts(who: &'static str) -> Router {
    Router::new().route("/", post(move |text: String| async move { format!("{who} on {text:?}") }))
}

/// An API of somebody else's.
pub(crate) fn api(answer: &'static str) -> Router {
    Router::new().route("/{what}", get(async move || answer))
}

/// What PostgreSQL would answer.
pub(crate) fn rows(statement: &str, parameters: &[String]) -> Vec<String> {
    let Some(id) = parameters.first().filter(|_| statement.starts_with("SELECT")) else {
        return Vec::new();
    };
    let names = [("1", "Ada"), ("2", "Grace")];
    names.iter().filter(|(one, _)| one == id).map(|(_, name)| (*name).to_owned()).collect()
}
