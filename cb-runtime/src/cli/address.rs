//! Where the management API is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Uri;

/// Where `cbctl` looks unless told otherwise: the port of axum's examples, and the path of ours.
pub(super) const DEFAULT: &str = "http://127.0.0.1:3000/api/circuit-breaker";

/// All but what a URL need not escape.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The URL that the API is at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Address {
    /// With no slash at its end.
    base: String,
    origin: String,
    pub(super) is_loopback: bool,
}

impl Address {
    /// Reads what somebody wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let written = written.trim();
        let with_scheme =
            if written.contains("://") { written.to_owned() } else { format!("http://{written}") };
        let uri: Uri = with_scheme
            .parse()
            .map_err(|_| format!("`{}` is no URL: {MEND}", super::text::plain(written)))?;
        let wrong = |why: &str| Err(format!("`{}` {why}: {MEND}", super::text::plain(written)));
        let Some(scheme @ ("http" | "https")) = uri.scheme_str() else {
            return wrong("is neither http nor https");
        };
        let Some(authority) = uri.authority() else { return wrong("names no host") };
        if authority.as_str().contains('@') {
            // Not repeated: it may be a password.
            return Err("the URL has a user in it: give the token in CBCTL_TOKEN".to_owned());
        }
        if authority.host().is_empty() {
            return wrong("names no host");
        }
        if uri.query().is_some() || written.contains('#') {
            return wrong("goes on after its path");
        }
        let host = authority.host().to_ascii_lowercase();
        let default = if scheme == "http" { 80 } else { 443 };
        let port = authority.port_u16().filter(|port| *port != default);
        let origin = port.map_or_else(
            || format!("{scheme}://{host}"),
            |port| format!("{scheme}://{host}:{port}"),
        );
        let path = uri.path().trim_end_matches('/');
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_loopback = bare == "localhost"
            || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        Ok(Self { base: format!("{scheme}://{authority}{path}"), origin, is_loopback })
    }

    /// What a browser would call the place that a page of the API comes from.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The URL of a part of the API.
    pub(super) fn of(&self, path: &[&str], query: &[(&str, &str)]) -> String {
        let mut url = self.base.clone();
        for part in path {
            url.push('/');
            url.extend(utf8_percent_encode(part, ESCAPED));
        }
        for (number, (name, value)) in query.iter().enumerate() {
            url.push(if number == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.extend(utf8_percent_encode(value, ESCAPED));
        }
        url
    }
}

const MEND: &str = "write one like http://127.0.0.1:3000/api/circuit-breaker";

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::text::plain(&self.base))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_makes_no_difference() {
        for written in ["http://h:1/api/cb", "http://h:1/api/cb/", " h:1/api/cb// "] {
            let address = Address::parse(written).unwrap();
            assert_eq!(address.of(&["status"], &[]), "http://h:1/api/cb/status", "{written}");
            assert_eq!(address.origin(), "http://h:1");
        }
        for written in ["http://h:1", "h:1/"] {
            assert_eq!(Address::parse(written).unwrap().of(&["health"], &[]), "http://h:1/health");
        }
    }

    #[test]
    fn names_are_escaped() {
        let address = Address::parse("http://[::1]:9").unwrap();
        assert_eq!(
            address.of(&["status", "web/db?"], &[("key", "a&b c"), ("limit", "3")]),
            "http://[::1]:9/status/web%2Fdb%3F?key=a%26b%20c&limit=3"
        );
        assert!(address.is_loopback);
    }

    #[test]
    fn the_origin_has_no_port_that_goes_without_saying() {
        let origin = |url| Address::parse(url).unwrap().origin().to_owned();
        assert_eq!(origin("http://Ops.example:80/x"), "http://ops.example");
        assert_eq!(origin("https://ops.example:443"), "https://ops.example");
        assert_eq!(origin("https://ops.example:80"), "https://ops.example:80");
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for wrong in ["", "ftp://h", "http://", "http://h/?a=1", "http://h/#x", "http://a b"] {
            assert!(Address::parse(wrong).is_err(), "{wrong:?}");
        }
        let user = Address::parse("http://me:secret@h/").unwrap_err();
        assert!(!user.contains("secret"), "{user}");
    }
}
