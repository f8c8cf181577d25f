//! What a request brings along: bodies and parameters, each mistake with its problem.

use std::time::Duration;

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::config::shown;

/// The largest body that is read.
pub(super) const LARGEST: usize = 64 * 1024;

/// So long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A name at the end of a path, percent-decoded. It may have slashes, as they are or as `%2F`.
pub(super) struct Named(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(Problem::bad_request(
                "the name in the path is no text: percent-encode its characters as UTF-8",
            )),
        }
    }
}

/// Parameters behind the `?`.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(parameters)| Self(parameters)).map_err(|error| {
            let why = std::error::Error::source(&error)
                .map_or_else(|| error.to_string(), ToString::to_string);
            Problem::bad_request(format!(
                "the parameters behind the `?` are wrong: {}",
                shown(&in_words(&why))
            ))
        })
    }
}

/// What the standard library says of a text that is no number, as one who wrote it would.
fn in_words(why: &str) -> String {
    let whole = "a whole number is wanted";
    let number = "a number is wanted";
    [
        ("invalid digit found in string", whole),
        ("cannot parse integer from empty string", whole),
        ("number too large to fit in target type", "the number is too large"),
        ("invalid float literal", number),
        ("cannot parse float from empty string", number),
    ]
    .iter()
    .fold(why.to_owned(), |why, (said, meant)| why.replace(said, meant))
}

/// A body of JSON, as text that is known to be JSON.
pub(super) struct JsonText(pub(super) String);

impl<S: Send + Sync> FromRequest<S> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let is_json = is_json(&parts.headers);
        let bytes = read(&parts.headers, body).await?;
        if !is_json {
            return Err(not_json());
        }
        Ok(Self(json_text(bytes)?))
    }
}

/// A body of JSON of this shape.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let JsonText(text) = JsonText::from_request(request, state).await?;
        shaped(&text).map(Self)
    }
}

/// The same, or no body at all.
pub(super) struct OptionalJson<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json(&parts.headers) {
            return Err(not_json());
        }
        let text = json_text(bytes)?;
        if text.trim() == "null" {
            return Ok(Self(T::default()));
        }
        shaped(&text).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn not_json() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the body is to be JSON: send it with `Content-Type: application/json`",
    )
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("a body has at most {LARGEST} bytes"))
}

async fn read(headers: &HeaderMap, body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if told
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| length > LARGEST as u64)
    {
        return Err(too_large());
    }
    let reading = async {
        let (mut bytes, mut pieces) = (Vec::new(), body.into_data_stream());
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Problem::bad_request("the body ended too early"))?;
            if bytes.len() + piece.len() > LARGEST {
                return Err(too_large());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    };
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body did not come within {} seconds", PATIENCE.as_secs()),
        )),
    }
}

fn json_text(bytes: Vec<u8>) -> Result<String, Problem> {
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::bad_request("the body is no JSON: it is no UTF-8"))?;
    // A value and not only a look at the syntax: half of a surrogate pair is found here, and not there.
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            Err(Problem::bad_request(format!("the body is no JSON: {}", shown(&error.to_string()))))
        }
    }
}

/// Whether JSON is an object. Serde would take the values of a list for its fields, one after the other.
pub(super) fn is_object(json: &str) -> bool {
    json.trim_start().starts_with('{')
}

fn shaped<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    if !is_object(text) {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "nothing was done: the body is to be an object, `{ … }`",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let field = error.path().to_string();
        let why = error.inner().to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        // Said of a name that is no text.
        let why = if why == "expected value" { "expected a text" } else { why };
        let problem = |detail| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        if field == "." {
            let missing = why.strip_prefix("missing field `").and_then(|why| why.strip_suffix('`'));
            let problem = problem(format!("nothing was done: {}", shown(why)));
            match missing {
                Some(missing) => problem.with_field(shown(missing)).with_bound("given"),
                None => problem,
            }
        } else {
            problem(format!("nothing was done: `{}`: {}", shown(&field), shown(why)))
                .with_field(shown(&field))
                .with_bound(shown(why))
        }
    })
}
