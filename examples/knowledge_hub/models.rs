//! Embeddings and topics of texts, from models behind HTTP.
//!
//! While they give no answer, what they answered in the last hour stands in, and for texts that they have
//! not seen, the small model of this program. A text or many at once: each model has one breaker for both.

use std::time::Duration;

use cb_examples::service;
use cb_runtime::{MemoryStore, circuit_breaker};
use serde::de::DeserializeOwned;

use crate::local;

/// A text does not change its meaning, but models are replaced.
const HOUR: Duration = Duration::from_secs(3_600);

const MOST_KEPT: u32 = 10_000;

pub(crate) type Embedding = Vec<f32>;

pub(crate) struct Models {
    http: reqwest::Client,
    url: String,
    embeddings: MemoryStore<String, Embedding>,
    topics: MemoryStore<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelError {
    #[error("the model gave no answer")]
    NoAnswer(#[from] reqwest::Error),
    #[error("the model gave {answers} answers for {texts} texts")]
    Incomplete { answers: usize, texts: usize },
}

impl Models {
    pub(crate) fn new(url: String) -> reqwest::Result<Self> {
        Ok(Self {
            http: service::client()?,
            url,
            embeddings: MemoryStore::new(MOST_KEPT),
            topics: MemoryStore::new(MOST_KEPT),
        })
    }

    #[circuit_breaker(
        name = "embeddings",
        service_type = "ml_model",
        call_timeout = "2s",
        stale_if_error(max_age = HOUR, key = text, store = &self.embeddings),
        fallback = |text| Ok(local::embed(text))
    )]
    pub(crate) async fn embed(&self, text: &str) -> Result<Embedding, ModelError> {
        self.ask_one("embed", text).await
    }

    /// In one request. What fails together is done one by one: from memory, or by the small model.
    #[circuit_breaker(
        name = "embeddings",
        service_type = "ml_model",
        call_timeout = "5s",
        fallback = Self::embed_each
    )]
    pub(crate) async fn embed_all(&self, texts: &[String]) -> Result<Vec<Embedding>, ModelError> {
        let embeddings: Vec<Embedding> = self.ask("embed", texts).await?;
        for (text, embedding) in texts.iter().zip(&embeddings) {
            self.embeddings.keep(text.clone(), embedding.clone());
        }
        Ok(embeddings)
    }

    async fn embed_each(&self, texts: &[String]) -> Result<Vec<Embedding>, ModelError> {
        let mut embeddings = Vec::with_capacity(texts.len());
        for text in texts {
            embeddings.push(self.embed(text).await?);
        }
        Ok(embeddings)
    }

    #[circuit_breaker(
        name = "topics",
        service_type = "ml_model",
        call_timeout = "2s",
        stale_if_error(max_age = HOUR, key = text, store = &self.topics),
        fallback = |text| Ok(local::classify(text))
    )]
    pub(crate) async fn classify(&self, text: &str) -> Result<String, ModelError> {
        self.ask_one("classify", text).await
    }

    #[circuit_breaker(
        name = "topics",
        service_type = "ml_model",
        call_timeout = "5s",
        fallback = Self::classify_each
    )]
    pub(crate) async fn classify_all(&self, texts: &[String]) -> Result<Vec<String>, ModelError> {
        let topics: Vec<String> = self.ask("classify", texts).await?;
        for (text, topic) in texts.iter().zip(&topics) {
            self.topics.keep(text.clone(), topic.clone());
        }
        Ok(topics)
    }

    async fn classify_each(&self, texts: &[String]) -> Result<Vec<String>, ModelError> {
        let mut topics = Vec::with_capacity(texts.len());
        for text in texts {
            topics.push(self.classify(text).await?);
        }
        Ok(topics)
    }

    async fn ask_one<A: DeserializeOwned>(&self, what: &str, text: &str) -> Result<A, ModelError> {
        let mut answers = self.ask(what, &[text.to_owned()]).await?;
        answers.pop().ok_or(ModelError::Incomplete { answers: 0, texts: 1 })
    }

    /// As many answers as there are texts.
    async fn ask<A: DeserializeOwned>(
        &self,
        what: &str,
        texts: &[String],
    ) -> Result<Vec<A>, ModelError> {
        let request = self.http.post(format!("{}/{what}", self.url)).json(texts);
        let answers: Vec<A> = request.send().await?.error_for_status()?.json().await?;
        if answers.len() == texts.len() {
            Ok(answers)
        } else {
            Err(ModelError::Incomplete { answers: answers.len(), texts: texts.len() })
        }
    }
}
