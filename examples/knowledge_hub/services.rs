//! What stands in for the services on this computer: a vector search, models, and, where there is no
//! PostgreSQL, what it would find.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Json, Router, extract::State, routing::post};

use crate::local;

/// Keeps texts with their embeddings, and finds those nearest to another.
pub(crate) fn vectors() -> Router {
    type Kept = Arc<Mutex<Vec<(Vec<f32>, String)>>>;

    async fn keep(State(kept): State<Kept>, Json(texts): Json<Vec<(Vec<f32>, String)>>) {
        kept.lock().unwrap_or_else(PoisonError::into_inner).extend(texts);
    }

    async fn find(State(kept): State<Kept>, Json(near): Json<Vec<f32>>) -> Json<Vec<String>> {
        let product =
            |one: &[f32]| -> f32 { one.iter().zip(&near).map(|(one, other)| one * other).sum() };
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        Json(
            kept.iter()
                .filter(|(one, _)| product(one) > 0.5)
                .map(|(_, text)| text.clone())
                .collect(),
        )
    }

    let (keep, find) = (post(keep), post(find));
    Router::new().route("/texts", keep).route("/search", find).with_state(Kept::default())
}

/// A large model: it knows what words mean.
pub(crate) fn models() -> Router {
    async fn embed(Json(texts): Json<Vec<String>>) -> Json<Vec<Vec<f32>>> {
        Json(texts.iter().map(|text| local::embed(&understood(text))).collect())
    }

    async fn classify(Json(texts): Json<Vec<String>>) -> Json<Vec<String>> {
        Json(texts.iter().map(|text| local::classify(&understood(text))).collect())
    }

    Router::new().route("/embed", post(embed)).route("/classify", post(classify))
}

fn understood(text: &str) -> String {
    let words = local::words(text).map(|word| match &*word {
        "kitten" | "feline" => "cat".to_owned(),
        "storm" | "breeze" => "wind".to_owned(),
        "shower" => "rain".to_owned(),
        _ => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What PostgreSQL would answer.
pub(crate) fn rows(statement: &str, parameters: &[String]) -> Vec<String> {
    static TEXTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    let Some(parameter) = parameters.first() else { return Vec::new() };
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if statement.starts_with("INSERT") {
        if !texts.contains(parameter) {
            texts.push(parameter.clone());
        }
        return Vec::new();
    }
    let has_all = |text: &String| {
        local::words(parameter).all(|wanted| local::words(text).any(|word| word == wanted))
    };
    texts.iter().filter(|text| has_all(text)).cloned().collect()
}
