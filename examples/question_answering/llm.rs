//! The language model: slow on a good day, and down on a bad one.

use std::time::Duration;

use cb_runtime::{CallError, CircuitError, circuit_breaker, integrations::retry_after};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

pub(crate) struct Llm {
    http: reqwest::Client,
    url: String,
}

/// What somebody reads who has asked.
pub(crate) struct Reply {
    pub(crate) text: String,
    /// Why it is not as good as usual.
    pub(crate) note: Option<&'static str>,
}

impl Llm {
    pub(crate) fn new(http: reqwest::Client, url: String) -> Self {
        Self { http, url }
    }

    /// Answers a question from passages. Nobody waits longer than half a minute for one attempt; a model that is
    /// overloaded says for how long it wants to be left alone. Without it, the best passage is the answer.
    #[circuit_breaker(
        name = "llm",
        service_type = "llm",
        call_timeout = "30s",
        max_concurrent = 16,
        retry(max_attempts = 2, delay = "1s", max_delay = "5s", jitter, when = LlmError::is_transient),
        open_for = LlmError::retry_after,
        ignore_errors = LlmError::Refused,
        fallback = |_, passages, cause| quote(passages, &cause)
    )]
    pub(crate) async fn complete(
        &self,
        question: &str,
        passages: &[String],
    ) -> Result<Reply, LlmError> {
        let prompt = format!("Answer from these passages:\n{}", passages.join("\n"));
        let request = json!({ "model": "small", "messages": [
            { "role": "system", "content": prompt },
            { "role": "user", "content": question },
        ]});
        let url = format!("{}/v1/chat/completions", self.url);
        let response = self.http.post(url).json(&request).send().await?;
        match response.status() {
            StatusCode::BAD_REQUEST => return Err(LlmError::Refused),
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(LlmError::Overloaded { retry_after: retry_after(response.headers()) });
            }
            _ => {}
        }
        let mut completion: Completion = response.error_for_status()?.json().await?;
        let choice = completion.choices.pop().ok_or(LlmError::Empty)?;
        Ok(Reply { text: choice.message.content, note: None })
    }
}

/// What a person can do something with: no names, no numbers, no blame.
fn quote(passages: &[String], cause: &CallError<LlmError>) -> Result<Reply, LlmError> {
    let text = passages.first().ok_or(LlmError::NothingToQuote)?.clone();
    let note = match cause {
        CallError::Rejected(_) => {
            "Our assistant takes a break, so you read our library's own words."
        }
        CallError::TimedOut(_) => {
            "Our assistant needs too long, so you read our library's own words."
        }
        CallError::Failed(_) => {
            "Our assistant could not answer, so you read our library's own words."
        }
    };
    Ok(Reply { text, note: Some(note) })
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum LlmError {
    /// The question breaks its rules: that is an answer, and no failure.
    #[error("the model does not answer such questions")]
    Refused,
    #[error("the model has too much to do")]
    Overloaded { retry_after: Option<Duration> },
    #[error("the model's answer is empty")]
    Empty,
    #[error("the model gave no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error("the model is down, and there is no passage to quote")]
    NothingToQuote,
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}

impl LlmError {
    /// Whether the same question may have an answer in a second.
    fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.status().is_none_or(|status| status.is_server_error()),
            Self::Empty => true,
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Overloaded { retry_after } => *retry_after,
            _ => None,
        }
    }
}
