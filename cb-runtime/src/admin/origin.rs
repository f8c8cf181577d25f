//! Where a request says that it was sent to, and from what page.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, Uri, header, request::Parts, uri::Authority},
};

/// Where a request comes from, as the server tells it.
pub(super) fn peer(request: &Parts) -> Option<SocketAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer)
}

/// The one header of this name; an error where there are several, or one that is no text.
fn only(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, ()> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => one.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

/// The server as the request names it: its `Host`, which of HTTP/2 is in the address itself. `None` where
/// there is none or where two are at odds.
fn host(request: &Parts) -> Option<Authority> {
    let named = only(&request.headers, header::HOST).ok()?;
    let named = match named {
        Some(named) => Some(named.parse::<Authority>().ok()?),
        None => None,
    };
    match (named, request.uri.authority()) {
        (Some(named), Some(in_address)) if named != *in_address => None,
        (Some(host), _) => Some(host),
        (None, in_address) => in_address.cloned(),
    }
}

/// Whether the request was sent to a name of this machine's own loopback.
pub(super) fn is_for_loopback(request: &Parts) -> bool {
    host(request).is_some_and(|host| !host.as_str().contains('@') && is_loopback(host.host()))
}

fn is_loopback(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether the request comes from another machine.
pub(super) fn is_from_elsewhere(request: &Parts) -> bool {
    peer(request).is_some_and(|peer| !peer.ip().to_canonical().is_loopback())
}

/// What the request says of the page that it was sent by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Page {
    /// Nothing: it was sent by a program.
    None,
    /// One of this server.
    Own,
    /// One of another, or one that has no address.
    Foreign,
}

pub(super) fn page(request: &Parts) -> Page {
    match only(&request.headers, header::ORIGIN) {
        Ok(None) => Page::None,
        Ok(Some(origin)) if is_own(origin, request) => Page::Own,
        Ok(Some(_)) | Err(()) => Page::Foreign,
    }
}

/// Whether an origin is the server that the request was sent to, whatever the scheme: the server may be
/// behind one that speaks TLS for it.
fn is_own(origin: &str, request: &Parts) -> bool {
    let Some((host, origin)) = host(request).zip(origin.parse::<Uri>().ok()) else { return false };
    let standard = match origin.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        _ => return false,
    };
    let is_bare = matches!(origin.path(), "" | "/") && origin.query().is_none();
    let Some(origin) = origin.authority().filter(|_| is_bare) else { return false };
    let port = |at: &Authority| at.port_u16().unwrap_or(standard);
    let has_user = |at: &Authority| at.as_str().contains('@');
    !has_user(&host)
        && !has_user(origin)
        && host.host().eq_ignore_ascii_case(origin.host())
        && port(&host) == port(origin)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, Request};

    use super::*;

    fn request(host: &[&str], origin: &[&str]) -> Parts {
        let mut request = Request::new(());
        for (name, values) in [(header::HOST, host), (header::ORIGIN, origin)] {
            for value in values {
                let value = HeaderValue::from_str(value).expect("the header can be sent");
                request.headers_mut().append(&name, value);
            }
        }
        request.into_parts().0
    }

    #[test]
    fn loopback_has_several_names() {
        for host in [
            "localhost",
            "LocalHost:8080",
            "localhost.:80",
            "127.0.0.1",
            "127.0.0.1:9090",
            "127.8.7.6:1",
            "[::1]",
            "[::1]:9090",
            "[::ffff:127.0.0.1]:80",
        ] {
            assert!(is_for_loopback(&request(&[host], &[])), "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "127.0.0.1@example.com",
            "localhost@example.com",
            "user@localhost",
            "192.168.0.1",
            "0.0.0.0:80",
            "[::]:80",
            "[::2]",
            "2130706433",
            "0x7f.1",
            "",
        ] {
            assert!(!is_for_loopback(&request(&[host], &[])), "{host}");
        }
        assert!(!is_for_loopback(&request(&[], &[])), "none");
        assert!(!is_for_loopback(&request(&["localhost", "localhost"], &[])), "two");
        let mut at_odds = request(&["localhost"], &[]);
        at_odds.uri = "http://example.com/status".parse().expect("it is an address");
        assert!(!is_for_loopback(&at_odds));
    }

    #[test]
    fn a_page_is_the_servers_own_if_its_origin_is_what_the_request_was_sent_to() {
        let table: [(&[&str], &[&str], Page); 15] = [
            (&["localhost:9090"], &[], Page::None),
            (&["localhost:9090"], &["http://localhost:9090"], Page::Own),
            (&["localhost:9090"], &["https://LOCALHOST:9090"], Page::Own),
            (&["localhost"], &["http://localhost"], Page::Own),
            (&["localhost:80"], &["http://localhost"], Page::Own),
            (&["example.com"], &["https://example.com:443"], Page::Own),
            (&["[::1]:9"], &["http://[::1]:9"], Page::Own),
            (&["localhost:9090"], &["http://localhost:9091"], Page::Foreign),
            (&["localhost:9090"], &["http://127.0.0.1:9090"], Page::Foreign),
            (&["localhost:9090"], &["null"], Page::Foreign),
            (&["localhost:9090"], &["http://evil.example"], Page::Foreign),
            (&["localhost:9090"], &["http://localhost:9090@evil.example"], Page::Foreign),
            (&["localhost:9090"], &["http://localhost:9090", "http://evil.example"], Page::Foreign),
            (&["localhost:9090"], &["ftp://localhost:9090"], Page::Foreign),
            (&[], &["http://localhost:9090"], Page::Foreign),
        ];
        for (host, origin, expected) in table {
            assert_eq!(page(&request(host, origin)), expected, "{host:?} {origin:?}");
        }
    }

    #[test]
    fn who_is_not_on_this_machine_comes_from_elsewhere() {
        let from = |peer: &str| {
            let mut request = request(&["localhost"], &[]);
            let peer: SocketAddr = peer.parse().expect("it is an address");
            request.extensions.insert(ConnectInfo(peer));
            is_from_elsewhere(&request)
        };
        assert!(!is_from_elsewhere(&request(&["localhost"], &[])), "not known");
        assert!(!from("127.0.0.1:1234") && !from("[::1]:1") && !from("[::ffff:127.0.0.1]:1"));
        assert!(from("192.168.0.7:1234") && from("[2001:db8::1]:1"));
    }
}
