//! `cbctl` over https, with certificates that the test makes.

use std::{
    env, fs,
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Command,
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tempfile::TempDir;

use crate::{
    run::{Ended, cbctl, end},
    server::Server,
};

/// What each request is answered with.
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\nup 1\n";

/// An authority, and two servers' certificates: `server` of it, and `self`, as `openssl req -x509` makes one.
struct Certificates(TempDir);

impl Certificates {
    /// `None` where there is no `openssl`.
    fn make() -> Option<Self> {
        match Command::new("openssl").arg("version").output() {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound && env::var_os("CI").is_none() => {
                eprintln!("skipped: `openssl` is not installed");
                return None;
            }
            Err(error) => panic!("`openssl` cannot be started: {error}"),
        }
        let all = Self(TempDir::new().unwrap());
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        all.openssl(&format!(
            "req -x509 -subj /CN=authority -days 2 -keyout ca.key -out ca.pem {key}"
        ));
        all.openssl(&format!("req -x509 -subj /CN=self -addext subjectAltName=IP:127.0.0.1 -days 2 -keyout self.key -out self.pem {key}"));
        all.openssl(&format!("req -subj /CN=server -keyout server.key -out server.csr {key}"));
        fs::write(all.file("names"), "subjectAltName=IP:127.0.0.1").unwrap();
        all.openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem");
        Some(all)
    }

    fn openssl(&self, arguments: &str) {
        let done = Command::new("openssl").current_dir(&self.0).args(arguments.split(' ')).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Speaks TLS with this certificate. Returns the port.
    fn serve(&self, name: &str) -> u16 {
        let certificate = CertificateDer::from_pem_file(self.file(&format!("{name}.pem"))).unwrap();
        let key = PrivateKeyDer::from_pem_file(self.file(&format!("{name}.key"))).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                // Who does not trust the certificate goes away without a word.
                if matches!(stream.read(&mut [0; 4096]), Ok(read) if read > 0) {
                    let _ = stream.write_all(ANSWER.as_bytes());
                    stream.conn.send_close_notify();
                    let _ = stream.flush();
                }
            }
        });
        port
    }
}

/// `cbctl metrics`, trusting these authorities alone.
fn metrics(url: &str, authorities: Option<&Path>) -> Ended {
    let mut command = cbctl(&["metrics"]);
    command.env("CBCTL_URL", url).env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    end(command.envs(authorities.map(|file| ("SSL_CERT_FILE", file))))
}

#[test]
fn a_server_is_trusted_whose_authority_is_named() {
    let Some(certificates) = Certificates::make() else { return };
    let port = certificates.serve("server");
    let authority = certificates.file("ca.pem");
    let url = format!("https://127.0.0.1:{port}");
    assert_eq!(metrics(&url, Some(authority.as_ref())).with(0).out, "up 1\n");
}

#[test]
fn why_a_certificate_is_not_trusted_is_said_in_words() {
    let Some(certificates) = Certificates::make() else { return };
    let (port, own) = (certificates.serve("server"), certificates.serve("self"));
    let (authority, self_made) = (certificates.file("ca.pem"), certificates.file("self.pem"));
    let key = certificates.file("ca.key");
    for (host, port, authorities, told) in [
        ("127.0.0.1", port, None, "in the variable SSL_CERT_FILE"),
        ("127.0.0.1", port, Some(&self_made), "self.pem`: is its certificate in there"),
        ("127.0.0.1", port, Some(&key), "ca.key`"),
        ("localhost", port, Some(&authority), "another name"),
        ("127.0.0.1", own, Some(&self_made), "CA:FALSE"),
    ] {
        let url = format!("https://{host}:{port}");
        let ended = metrics(&url, authorities.map(Path::new)).with(3);
        assert!(ended.err.contains(told) && ended.err.contains(&url), "{told}: {ended:?}");
    }
}

#[test]
fn who_speaks_no_tls_is_told_apart() {
    let server = Server::start();
    let url = server.url().replace("http:", "https:");
    let ended = metrics(&url, None).with(3);
    assert!(ended.err.contains("perhaps http is meant"), "{ended:?}");
}
