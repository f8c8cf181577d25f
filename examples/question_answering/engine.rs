//! From a question to an answer, and to what somebody is told whose answer is not as good as usual.

use serde::Serialize;

use crate::{
    library::{By, Library, LibraryError},
    llm::{Llm, LlmError, Reply},
    texts::topic,
};

pub(crate) struct Engine {
    pub(crate) llm: Llm,
    pub(crate) library: Library,
}

/// What the person reads who has asked.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) text: String,
    /// What is new on the matter.
    pub(crate) news: Option<String>,
    /// In which way it is not as good as usual; empty on a good day.
    pub(crate) notes: Vec<&'static str>,
}

impl Engine {
    pub(crate) async fn ask(&self, question: &str) -> Result<Answer, EngineError> {
        let (found, news) =
            tokio::join!(self.library.similar(question), self.library.news(topic(question)));
        let (passages, by) = found?;
        let news = news?;
        if passages.is_empty() {
            return Err(EngineError::Unknown);
        }
        let Reply { text, note } = self.llm.complete(question, &passages).await?;
        self.library.remember(question, &text).await?;

        let mut notes = Vec::from_iter(note);
        if by == By::Words {
            notes.push("We looked for the words of your question, not for its meaning.");
        }
        if news.is_none() {
            notes.push("We have no news on this at the moment.");
        }
        Ok(Answer { text, news, notes })
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error("nobody has written about this")]
    Unknown,
    #[error(transparent)]
    Llm(#[from] LlmError),
    #[error(transparent)]
    Library(#[from] LibraryError),
}
