//! Reports to those who run the station, over a line that is bad at times.

use std::time::Duration;

use cb_runtime::{CircuitError, circuit_breaker, integrations::retry_after};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};

use crate::queue::{Done, Full, Queue};

/// What headquarters want to know of a recording. By its name they know it again: a report that took too long
/// may have arrived, and is sent once more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) recording: String,
    pub(crate) microphone: String,
    pub(crate) birds: Vec<String>,
}

pub(crate) struct Headquarters {
    http: reqwest::Client,
    url: String,
    pub(crate) later: Queue<Report>,
}

impl Headquarters {
    pub(crate) fn new(http: reqwest::Client, url: String) -> Self {
        Self { http, url, later: Queue::with_room_for(10_000) }
    }

    /// Sends a report, now or when headquarters are back.
    #[circuit_breaker(
        name = "headquarters",
        service_type = "rest_api",
        call_timeout = "10s",
        retry(max_attempts = 3, delay = "500ms", max_delay = "5s", jitter),
        open_for = ReportError::retry_after,
        ignore_errors = ReportError::Refused(_),
        fallback = Self::put_by
    )]
    pub(crate) async fn report(&self, report: &Report) -> Result<Done, ReportError> {
        let url = format!("{}/reports", self.url);
        let response = self.http.post(url).json(report).send().await?;
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Err(ReportError::Busy { retry_after: retry_after(response.headers()) })
            }
            status if status.is_client_error() => Err(ReportError::Refused(status)),
            _ => response.error_for_status().map(|_| Done::Now).map_err(ReportError::from),
        }
    }

    fn put_by(&self, report: &Report) -> Result<Done, ReportError> {
        Ok(self.later.put_by(report.clone())?)
    }

    /// The health check: so no report has to find out that they are back, and it is found out when there is
    /// none.
    pub(crate) async fn knock(&self) -> Result<(), ReportError> {
        let url = format!("{}/health", self.url);
        self.http.get(url).send().await?.error_for_status()?;
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error("headquarters ask for patience")]
    Busy { retry_after: Option<Duration> },
    /// Something is wrong with the report. Sending it again would not mend that.
    #[error("headquarters refused the report with {0}")]
    Refused(StatusCode),
    #[error("headquarters gave no answer: {0}")]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Later(#[from] Full),
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}

impl ReportError {
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => *retry_after,
            _ => None,
        }
    }
}
