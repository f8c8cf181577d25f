//! The host that a request is for, as the key of a breaker.

use std::fmt::{self, Display, Write as _};

/// A host with its port. Its letters are shown small, since a host is the same however it is written.
pub(crate) struct Host<'a> {
    name: &'a str,
    port: Option<u16>,
}

impl<'a> Host<'a> {
    pub(crate) fn new(name: &'a str, port: Option<u16>) -> Self {
        Self { name, port }
    }

    /// The host that a request is for: of its URI, as clients write it, or of its header `Host`, as
    /// servers of HTTP/1.1 get it.
    #[cfg(feature = "tower")]
    pub(crate) fn of<B>(request: &'a http::Request<B>) -> Self {
        let uri = request.uri();
        if let Some(name) = uri.host() {
            return Self::new(name, uri.port_u16().or_else(|| default_port(uri.scheme_str())));
        }
        let header = request.headers().get(http::header::HOST);
        Self::new(header.and_then(|value| value.to_str().ok()).unwrap_or_default(), None)
    }
}

#[cfg(feature = "tower")]
fn default_port(scheme: Option<&str>) -> Option<u16> {
    match scheme? {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    }
}

impl Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In one piece as a rule: pieces are copied one by one into the key.
        if self.name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            self.name.chars().try_for_each(|c| f.write_char(c.to_ascii_lowercase()))?;
        } else {
            f.write_str(self.name)?;
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
#[cfg(feature = "tower")]
mod tests {
    use super::*;

    fn host(uri: &str, header: Option<&str>) -> String {
        let mut request = http::Request::builder().uri(uri);
        if let Some(header) = header {
            request = request.header("host", header);
        }
        Host::of(&request.body(()).unwrap()).to_string()
    }

    #[test]
    fn a_host_comes_with_its_port() {
        assert_eq!(host("http://api.example/orders", None), "api.example:80");
        assert_eq!(host("https://api.example", None), "api.example:443");
        assert_eq!(host("https://API.Example:8443/", None), "api.example:8443");
        assert_eq!(host("http://[::1]:3000/", None), "[::1]:3000");
        assert_eq!(host("https://user:secret@api.example/", None), "api.example:443");
    }

    #[test]
    fn a_server_finds_it_in_the_header() {
        assert_eq!(host("/orders", Some("Shop.example:8080")), "shop.example:8080");
        assert_eq!(host("/orders", None), "");
    }
}
