//! Whether an answer is a failure of the service.

use http::{HeaderMap, StatusCode};

use super::{grpc, retry_after::retry_after};
use crate::{breaker::call::Verdict, observe::text::cut};

/// Judges an answer by its head.
#[inline]
pub(crate) fn judge(status: StatusCode, headers: &HeaderMap) -> Verdict {
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return failure(status, headers);
    }
    match grpc::failure(headers) {
        Some(code) => Verdict::Failure(Some(cut(&format_args!("gRPC status {code}")))),
        None => Verdict::Success,
    }
}

#[cold]
fn failure(status: StatusCode, headers: &HeaderMap) -> Verdict {
    let names_a_time =
        matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let time = if names_a_time { retry_after(headers) } else { None };
    Verdict::failure_for(Some(cut(&status)), time)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::header::RETRY_AFTER;

    use super::*;

    fn judged(status: u16, headers: &[(&'static str, &'static str)]) -> Verdict {
        let headers = headers
            .iter()
            .map(|&(name, value)| (name.parse().unwrap(), http::HeaderValue::from_static(value)))
            .collect();
        judge(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn a_server_that_failed_is_told_from_one_that_answered() {
        for answer in [100, 200, 204, 301, 304, 400, 401, 403, 404, 408, 409, 422, 499] {
            assert!(matches!(judged(answer, &[]), Verdict::Success), "{answer}");
        }
        for failure in [429, 500, 501, 502, 503, 504, 599] {
            assert!(matches!(judged(failure, &[]), Verdict::Failure(Some(_))), "{failure}");
        }
        let Verdict::Failure(Some(text)) = judged(502, &[]) else { panic!("a failure") };
        assert_eq!(&*text, "502 Bad Gateway");
    }

    #[test]
    fn only_too_many_requests_and_unavailable_say_how_long_to_stay_away() {
        let busy = [(RETRY_AFTER.as_str(), "120")];
        for status in [429, 503] {
            let Verdict::StayAway(failure) = judged(status, &busy) else { panic!("{status}") };
            assert_eq!(failure.time, Duration::from_secs(120));
        }
        assert!(matches!(judged(500, &busy), Verdict::Failure(_)));
        assert!(
            matches!(judged(301, &busy), Verdict::Success),
            "of a redirection, it is no failure"
        );
        let at_once = [(RETRY_AFTER.as_str(), "0")];
        assert!(matches!(judged(503, &at_once), Verdict::Failure(_)), "counts as any other");
    }

    #[test]
    fn an_answer_of_grpc_that_is_a_status_alone_is_judged_by_it() {
        for (code, failed) in [("0", false), ("5", false), ("14", true), ("13", true), ("x", false)]
        {
            assert_eq!(judged(200, &[("grpc-status", code)]).is_failure(), failed, "{code}");
        }
        let Verdict::Failure(Some(text)) = judged(200, &[("grpc-status", "14")]) else {
            panic!("a failure")
        };
        assert_eq!(&*text, "gRPC status 14");
    }
}
