//! Who is singing? A model says so; a lighter one where it cannot, and at last the pitch.

use std::sync::atomic::{AtomicUsize, Ordering};

use cb_runtime::{CircuitError, circuit_breaker};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

/// So many clips at a time, while the model has memory for them.
const LARGEST_BATCH: usize = 8;

/// The pitch of a song, in kHz.
pub(crate) type Clip = f64;

/// Who has named the birds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    Model,
    LightModel,
    Pitch,
}

/// Birds, one for each clip.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) birds: Vec<String>,
    /// The least of those who have named one.
    pub(crate) by: By,
}

pub(crate) struct Model {
    http: reqwest::Client,
    url: String,
    light: String,
    batch: AtomicUsize,
}

impl Model {
    pub(crate) fn new(http: reqwest::Client, url: String, light: String) -> Self {
        Self { http, url, light, batch: AtomicUsize::new(LARGEST_BATCH) }
    }

    /// How many clips it is given at a time.
    pub(crate) fn batch(&self) -> usize {
        self.batch.load(Ordering::Relaxed)
    }

    /// Names the birds of all clips. Batches are halved when memory is short, and grow again by one with each
    /// recording.
    pub(crate) async fn identify(&self, clips: &[Clip]) -> Result<Named, ModelError> {
        let mut named = Named { birds: Vec::new(), by: By::Model };
        let mut left = clips;
        while !left.is_empty() {
            let size = self.batch().min(left.len());
            match self.identify_batch(&left[..size]).await {
                Ok(some) => {
                    named.birds.extend(some.birds);
                    named.by = named.by.max(some.by);
                    left = &left[size..];
                }
                Err(ModelError::OutOfMemory) if size > 1 => {
                    self.batch.store(size / 2, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
        self.batch.store((self.batch() + 1).min(LARGEST_BATCH), Ordering::Relaxed);
        Ok(named)
    }

    #[circuit_breaker(
        name = "model",
        service_type = "ml_model",
        call_timeout = "5s",
        max_concurrent = 2,
        // That says something of the batch, and nothing of the model.
        ignore_errors = ModelError::OutOfMemory,
        fallback = [Self::identify_lightly, |clips| Ok(by_pitch(clips))]
    )]
    async fn identify_batch(&self, clips: &[Clip]) -> Result<Named, ModelError> {
        let birds = self.ask(&self.url, clips).await?;
        Ok(Named { birds, by: By::Model })
    }

    #[circuit_breaker(
        name = "model/light",
        service_type = "ml_model",
        call_timeout = "1s",
        ignore_errors = ModelError::OutOfMemory
    )]
    async fn identify_lightly(&self, clips: &[Clip]) -> Result<Named, ModelError> {
        let birds = self.ask(&self.light, clips).await?;
        Ok(Named { birds, by: By::LightModel })
    }

    async fn ask(&self, url: &str, clips: &[Clip]) -> Result<Vec<String>, ModelError> {
        let response = self.http.post(url).json(clips).send().await?;
        if response.status() == StatusCode::INSUFFICIENT_STORAGE {
            return Err(ModelError::OutOfMemory);
        }
        Ok(response.error_for_status()?.json().await?)
    }

    /// The health check, which may take as long as the breaker's `probe_timeout`. A model that has just been
    /// started loads itself with the first question, which takes longer than any call may: so users' calls come
    /// back to a model that is warm. It is asked for a clip of silence, as what that is said to be is of no
    /// interest.
    pub(crate) async fn warm_up(&self) -> Result<(), ModelError> {
        self.ask(&self.url, &[0.0]).await.map(drop)
    }
}

/// What can be said without any model.
fn by_pitch(clips: &[Clip]) -> Named {
    let bird = |pitch: &Clip| if *pitch < 3.0 { "a large bird" } else { "a small bird" }.to_owned();
    Named { birds: clips.iter().map(bird).collect(), by: By::Pitch }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ModelError {
    #[error("the model has no memory for so many clips")]
    OutOfMemory,
    #[error("the model gave no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}
