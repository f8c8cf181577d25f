//! The services.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, Router, extract::State, routing::post};
use cb_examples::service::Service;

use crate::steps::{Digest, Question};

/// The three services of the workflow.
pub(crate) struct Fleet {
    pub(crate) vector_search: Service,
    pub(crate) llm: Service,
    pub(crate) database: Service,
    stored: Arc<Mutex<Vec<Digest>>>,
}

impl Fleet {
    /// Starts the services, each on a free port. They run until the program ends.
    pub(crate) async fn start() -> io::Result<Self> {
        let stored = Arc::<Mutex<Vec<Digest>>>::default();
        Ok(Self {
            vector_search: Service::start(Router::new().route("/", post(find))).await?,
            llm: Service::start(Router::new().route("/", post(sum_up))).await?,
            database: Service::start(
                Router::new().route("/", post(keep)).with_state(stored.clone()),
            )
            .await?,
            stored,
        })
    }

    /// What the database holds.
    pub(crate) fn stored(&self) -> Vec<Digest> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn find(Json(question): Json<Question>) -> Json<Vec<String>> {
    let Question { topic, most } = question;
    Json((1..=most).map(|number| format!("On {topic}, part {number}")).collect())
}

async fn sum_up(Json(titles): Json<Vec<String>>) -> Json<String> {
    Json(format!("{} articles, in short", titles.len()))
}

async fn keep(
    State(stored): State<Arc<Mutex<Vec<Digest>>>>,
    Json(digest): Json<Digest>,
) -> Json<()> {
    stored.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
    Json(())
}
