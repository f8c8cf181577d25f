//! The status of gRPC, where it is in the head of an answer: so does a server answer that has no
//! message to send ("Trailers-Only" in the protocol's description). One that comes after messages is in
//! the trailers, which are read by the caller later.

use http::HeaderMap;

/// Those that `google.rpc.Code` maps to 5xx and to 429 of HTTP.
const FAILURES: [(&str, u8); 7] = [
    ("2", 2),   // UNKNOWN
    ("4", 4),   // DEADLINE_EXCEEDED
    ("8", 8),   // RESOURCE_EXHAUSTED
    ("12", 12), // UNIMPLEMENTED
    ("13", 13), // INTERNAL
    ("14", 14), // UNAVAILABLE
    ("15", 15), // DATA_LOSS
];

/// The number of the status, if it is a failure of the service.
#[inline]
pub(super) fn failure(headers: &HeaderMap) -> Option<u8> {
    let status = headers.get("grpc-status")?.as_bytes();
    FAILURES.iter().find(|(code, _)| code.as_bytes() == status).map(|&(_, number)| number)
}
