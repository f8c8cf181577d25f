//! What is answered where something is wrong: RFC 9457 problem details.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::{ConfigError, ConfigProblem};

/// What is wrong with a request.
#[derive(Debug)]
pub(super) struct Problem(Box<Body>);

/// The same as it is answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body {
    /// Says no more than the status: always `about:blank`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong, and how to mend it.
    detail: String,
    /// The setting, member or parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<String>,
    /// Names that there are, and that may have been meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<Vec<String>>,
    /// All that is wrong, where it is several things.
    #[serde(skip_serializing_if = "Option::is_none")]
    problems: Option<Vec<Fault>>,
    #[serde(skip)]
    header: Option<(HeaderName, HeaderValue)>,
}

/// One of several things that are wrong.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Fault {
    /// The setting.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What it must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<String>,
    /// What is wrong, and how to mend it.
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(Box::new(Body {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            field: None,
            bound: None,
            did_you_mean: None,
            problems: None,
            header: None,
        }))
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>, did_you_mean: Vec<String>) -> Self {
        let mut problem = Self::new(StatusCode::NOT_FOUND, detail);
        problem.0.did_you_mean = Some(did_you_mean);
        problem
    }

    /// Of a value that is understood and cannot be.
    pub(super) fn unfit(field: &str, bound: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_field(field).with_bound(bound)
    }

    /// Of settings: the first that is wrong, and all where there are several.
    pub(super) fn of_settings(problems: &[ConfigProblem]) -> Self {
        let faults: Vec<Fault> = problems.iter().map(Fault::of).collect();
        let sentences: Vec<String> = faults.iter().map(Fault::sentence).collect();
        let detail = format!("nothing was changed: {}", sentences.join("; "));
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        if let Some(first) = faults.first().cloned() {
            (problem.0.field, problem.0.bound) = (first.field, first.bound);
        }
        problem.0.problems = (faults.len() > 1).then_some(faults);
        problem
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    pub(super) fn with_field(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    pub(super) fn with_bound(mut self, bound: impl Into<String>) -> Self {
        self.0.bound = Some(bound.into());
        self
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl Fault {
    fn of(problem: &ConfigProblem) -> Self {
        Self {
            field: problem.key().map(ToOwned::to_owned),
            bound: problem.bound().map(ToOwned::to_owned),
            detail: problem.message().to_owned(),
        }
    }

    fn sentence(&self) -> String {
        match &self.field {
            Some(field) => format!("`{field}` {}", self.detail),
            None => self.detail.clone(),
        }
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        let detail = format!("nothing was changed: {error}");
        Self::unfit(error.field(), error.bound(), detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // What cannot become JSON is a map with keys that are no text, and there is none.
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = Response::new(body.into());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some((name, value)) = self.0.header {
            headers.insert(name, value);
        }
        response
    }
}
