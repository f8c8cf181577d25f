//! Requests, as bytes.

use cb_runtime::admin::axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

/// What a program's server would hand on.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) target: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What can be read as requests; of the rest no server would hand anything on.
pub(crate) fn all(bytes: &[u8]) -> impl Iterator<Item = Request> {
    let mut requests = vec![Vec::new()];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match requests.last_mut() {
            Some(request) if line != b"%%\n" => request.extend_from_slice(line),
            _ => requests.push(Vec::new()),
        }
    }
    requests.into_iter().filter_map(|request| one(&request))
}

fn one(bytes: &[u8]) -> Option<Request> {
    let (first, mut rest) = line(bytes);
    let mut words = first.split(|byte| *byte == b' ');
    let method = Method::from_bytes(words.next()?).ok()?;
    let target = Uri::try_from(words.next()?).ok()?;
    // As from a client: a path, and perhaps a query.
    target.path().starts_with('/').then_some(())?;
    let mut headers = HeaderMap::new();
    while !rest.is_empty() {
        let (header, after) = line(rest);
        rest = after;
        if header.is_empty() {
            break;
        }
        let colon = header.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&header[..colon]).ok()?;
        let value = HeaderValue::from_bytes(header[colon + 1..].trim_ascii()).ok()?;
        headers.append(name, value);
    }
    Some(Request { method, target, headers, body: rest.to_vec() })
}

/// A line, and what comes after it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[]),
    }
}
