//! `GET metrics` and `GET metrics.json`: the breakers' figures.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{Shared, problem::Problem, schemas::Series, thread::apart};
use crate::prometheus::{self, Format};

/// The figures as text, in the format that the request likes best: Prometheus' own, or `OpenMetrics` for
/// those who name it.
#[utoipa::path(
    get, path = "/metrics", tag = "see",
    responses((
        status = 200,
        description = "The breakers' figures, in the format that `Accept` likes best.",
        content(
            (String = "text/plain; version=0.0.4; charset=utf-8"),
            (String = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ),
    )),
)]
pub(super) async fn metrics(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = liked(&headers);
    let text = apart(move || prometheus::encode(&shared.registry, format)).await?;
    let kind = HeaderValue::from_static(format.content_type());
    let vary = HeaderValue::from_static("accept");
    Ok(([(header::CONTENT_TYPE, kind), (header::VARY, vary)], text).into_response())
}

/// The same for people with `jq`.
#[utoipa::path(
    get, path = "/metrics.json", tag = "see",
    responses((
        status = 200,
        description = "The series of each metric.",
        body = std::collections::BTreeMap<String, Vec<Series>>,
    )),
)]
pub(super) async fn metrics_json(State(shared): State<Arc<Shared>>) -> Result<Response, Problem> {
    apart(move || Json(prometheus::json(&shared.registry)).into_response()).await
}

/// Prometheus' own format, unless the other is liked better. Who likes neither gets it too: most often it
/// is a browser.
fn liked(headers: &HeaderMap) -> Format {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (mut text, mut open) = (0.0_f32, 0.0_f32);
    for range in accepted.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let kind = parts.next().unwrap_or_default();
        let parameters: Vec<String> = parts.collect();
        let value = |name: &str| {
            let of_name =
                |part: &String| part.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
            parameters.iter().find_map(of_name)
        };
        let quality: f32 = value("q").map_or(Ok(1.0), |quality| quality.parse()).unwrap_or(0.0);
        match kind.as_str() {
            "application/openmetrics-text" if is_one(value("version").as_deref()) => {
                open = quality.max(open);
            }
            "text/plain" | "text/*" | "*/*" => text = quality.max(text),
            _ => {}
        }
    }
    if open > text { Format::OpenMetrics } else { Format::Prometheus }
}

fn is_one(version: Option<&str>) -> bool {
    version.is_none_or(|version| version.trim_matches('"').starts_with("1."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accept: &'static str) -> Format {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        liked(&headers)
    }

    #[test]
    fn the_format_is_that_which_is_liked_best() {
        assert_eq!(liked(&HeaderMap::new()), Format::Prometheus);
        for accept in [
            "*/*",
            "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
            "text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;version=2.0.0",
            "application/json",
            ";;q=,,",
        ] {
            assert_eq!(of(accept), Format::Prometheus, "{accept}");
        }
        for accept in [
            "application/openmetrics-text",
            "application/openmetrics-text; version=1.0.0",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.2",
            "Application/OpenMetrics-Text;version=\"1.0.0\";Q=0.7, */*;q=0.1",
        ] {
            assert_eq!(of(accept), Format::OpenMetrics, "{accept}");
        }
    }
}
