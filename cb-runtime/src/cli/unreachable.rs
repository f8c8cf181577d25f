//! Why a server gave no answer, and what to try.

use std::io::ErrorKind;

use ureq::{Error, Timeout};

use super::{address::Address, text::plain};

const NO_HOST: &str = "there is no host of this name; is it spelled right?";

pub(super) fn why(error: &Error, address: &Address) -> String {
    match error {
        Error::Io(io) => match io.kind() {
            ErrorKind::ConnectionRefused => {
                "nothing listens there; does the program run, and is this its port?".to_owned()
            }
            ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                "the connection was cut; is this the port of the program, and http or https as it is meant?"
                    .to_owned()
            }
            ErrorKind::UnexpectedEof => {
                "the connection ended before the answer did; was the program restarted?".to_owned()
            }
            ErrorKind::TimedOut => "it took too long; --timeout waits longer".to_owned(),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                "there is no way to this host from here".to_owned()
            }
            _ if io.to_string().starts_with("failed to lookup address") => NO_HOST.to_owned(),
            _ => plain(&io.to_string()).into_owned(),
        },
        Error::HostNotFound => NO_HOST.to_owned(),
        Error::Timeout(Timeout::Connect) => {
            "nobody takes the connection; is there a firewall in between?".to_owned()
        }
        Error::Timeout(_) => "it took too long; --timeout waits longer".to_owned(),
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => {
            let error = error.to_string();
            format!("its certificate is not trusted, or it speaks no TLS: {}", plain(&error))
        }
        Error::ConnectionFailed => "there is no connection".to_owned(),
        Error::InvalidProxyUrl => {
            "a proxy is set in the environment, and is no URL: see ALL_PROXY and HTTP_PROXY".to_owned()
        }
        Error::Protocol(error) => {
            let is_tls = address.origin().starts_with("https:");
            let other = if is_tls { "" } else { "; perhaps https is meant" };
            let error = error.to_string();
            format!("the answer is not as HTTP has it ({}){other}", plain(&error))
        }
        Error::BodyExceedsLimit(limit) => format!("the answer is larger than {limit} bytes"),
        other => plain(&other.to_string()).into_owned(),
    }
}
