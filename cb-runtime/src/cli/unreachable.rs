//! Why a server gave no answer, and what to try.

use std::{env, io::ErrorKind};

use rustls::CertificateError;
use ureq::{Error, Timeout};

use super::{address::Address, text::plain};

/// What names the authorities to be trusted in place of the system's, as with OpenSSL.
const AUTHORITIES: &str = "SSL_CERT_FILE";

const NO_HOST: &str = "there is no host of this name; is it spelled right?";

pub(super) fn why(error: &Error, address: &Address) -> String {
    match error {
        Error::Io(io) => match io.get_ref().and_then(|error| error.downcast_ref()) {
            Some(error) => no_tls(error),
            None => cut(io),
        },
        Error::Rustls(error) => no_tls(error),
        Error::HostNotFound => NO_HOST.to_owned(),
        Error::Timeout(Timeout::Connect) => {
            "nobody takes the connection; is there a firewall in between?".to_owned()
        }
        Error::Timeout(_) => "it took too long; --timeout waits longer".to_owned(),
        Error::ConnectionFailed => "there is no connection".to_owned(),
        Error::InvalidProxyUrl => {
            "a proxy is set in the environment, and is no URL: see ALL_PROXY and HTTP_PROXY"
                .to_owned()
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

/// What the system says of a connection.
fn cut(io: &std::io::Error) -> String {
    match io.kind() {
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
    }
}

/// Why there is no connection over TLS.
fn no_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => {
            "what answers there speaks no TLS; perhaps http is meant".to_owned()
        }
        rustls::Error::InvalidCertificate(why) => distrusted(why),
        rustls::Error::AlertReceived(alert) => {
            format!("it ends the connection over TLS, and says {alert:?}")
        }
        // Of the library that asks the system, which has no other shape for it.
        rustls::Error::General(why) if why.contains("No CA certificates") => {
            format!("no authority is trusted here, so not its own either; {}", mend())
        }
        other => format!("no connection over TLS: {}", plain(&other.to_string())),
    }
}

/// What is wrong with a server's certificate.
fn distrusted(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => {
            format!("its certificate is of an authority that is not trusted here; {}", mend())
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or this computer's clock is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or this computer's clock is wrong".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is for another name: {}", plain(&why.to_string()))
        }
        // What `openssl req -x509` makes. The reason is of a library below, and has no other shape here.
        CertificateError::Other(error) if error.to_string().contains("CaUsedAsEndEntity") => {
            "it shows an authority's certificate (`CA:TRUE`) as its own; sign one for the server with it, or make it with `basicConstraints=CA:FALSE`".to_owned()
        }
        other => format!("its certificate is not trusted: {}", plain(&other.to_string())),
    }
}

/// How an authority comes to be trusted.
fn mend() -> String {
    if cfg!(any(windows, target_vendor = "apple")) {
        return "add it to those that the system trusts".to_owned();
    }
    match env::var_os(AUTHORITIES).filter(|file| !file.is_empty()) {
        Some(file) => {
            let file = file.to_string_lossy().into_owned();
            format!("{AUTHORITIES} names `{}`: is its certificate in there, as PEM?", plain(&file))
        }
        None => format!("name a file with its certificate, as PEM, in the variable {AUTHORITIES}"),
    }
}
