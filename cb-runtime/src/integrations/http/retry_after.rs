//! How long a service asks to be left alone.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap,
    header::{DATE, HeaderName, RETRY_AFTER},
};

/// The most that is believed. A service that is wrong by a digit, or means harm, could else keep itself
/// out of use until somebody resets its breaker.
pub(crate) const LONGEST: Duration = Duration::from_secs(3600);

/// How long an answer of HTTP asks to be left alone: `Retry-After` (RFC 9110, section 10.2.3), which is a
/// number of seconds or a date. A date is taken against the answer's own `Date` where there is one, so
/// that only the service's clock is read. At most an hour, however long the service asks for; `None`
/// where it does not ask, or cannot be understood.
///
/// The layer and the middleware read it by themselves. This is for the errors of annotated functions:
///
/// ```
/// use std::time::Duration;
///
/// use cb_runtime::{CircuitError, circuit_breaker, integrations::retry_after};
/// use http::{Response, StatusCode};
///
/// #[derive(Debug, thiserror::Error)]
/// enum ApiError {
///     #[error("too many requests")]
///     Busy { retry_after: Option<Duration> },
///     #[error(transparent)]
///     Unavailable(#[from] CircuitError),
/// }
///
/// impl ApiError {
///     fn retry_after(&self) -> Option<Duration> {
///         match self {
///             Self::Busy { retry_after } => *retry_after,
///             Self::Unavailable(_) => None,
///         }
///     }
/// }
///
/// # async fn get(_: &str) -> Response<String> { Response::default() }
/// #[circuit_breaker(name = "api", open_for = ApiError::retry_after)]
/// async fn fetch(url: &str) -> Result<String, ApiError> {
///     let response = get(url).await;
///     if response.status() == StatusCode::TOO_MANY_REQUESTS {
///         return Err(ApiError::Busy { retry_after: retry_after(response.headers()) });
///     }
///     Ok(response.into_body())
/// }
/// ```
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let time = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is more than is believed.
        text.parse().map_or(LONGEST, Duration::from_secs)
    } else {
        let until = httpdate::parse_http_date(text).ok()?;
        let now = date(headers, DATE).unwrap_or_else(SystemTime::now);
        until.duration_since(now).ok()?
    };
    Some(time.min(LONGEST))
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NOW: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn asked(retry_after_text: &str, date: Option<&str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after_text).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_str(date).unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds() {
        assert_eq!(asked("120", None), Some(Duration::from_secs(120)));
        assert_eq!(asked(" 7 ", None), Some(Duration::from_secs(7)));
        assert_eq!(asked("0", None), Some(Duration::ZERO));
    }

    #[test]
    fn a_date_is_taken_against_the_date_of_the_answer() {
        let half_a_minute = Some(Duration::from_secs(30));
        assert_eq!(asked("Sun, 06 Nov 1994 08:50:07 GMT", Some(NOW)), half_a_minute);
        // The obsolete forms, which RFC 9110 asks to be read.
        assert_eq!(asked("Sunday, 06-Nov-94 08:50:07 GMT", Some(NOW)), half_a_minute);
        assert_eq!(asked("Sun Nov  6 08:50:07 1994", Some(NOW)), half_a_minute);
    }

    #[test]
    fn a_date_is_taken_against_our_clock_where_the_answer_has_none() {
        let in_ten_minutes = SystemTime::now() + Duration::from_secs(600);
        let asked = asked(&httpdate::fmt_http_date(in_ten_minutes), None).unwrap();
        assert!(
            (Duration::from_secs(500)..=Duration::from_secs(600)).contains(&asked),
            "{asked:?}"
        );
    }

    #[test]
    fn what_is_past_or_senseless_says_nothing() {
        for text in ["", "-1", "1.5", "soon", "1e3", "+5", "Sun, 06 Nov 1994"] {
            assert_eq!(asked(text, Some(NOW)), None, "{text}");
        }
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:36 GMT", Some(NOW)), None);
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT", None), None);
    }

    #[test]
    fn no_service_stays_away_for_longer_than_an_hour() {
        for text in ["3601", "99999999999999999999999999", "Sat, 06 Nov 2094 08:49:37 GMT"] {
            assert_eq!(asked(text, Some(NOW)), Some(LONGEST), "{text}");
        }
    }
}
