//! Redis over TLS, with certificates that the test makes.

#![cfg(feature = "redis-tls")]

use std::{fs, path::Path, process::Command};

use cb_runtime::{SharedOptions, SharedState, State};
use tempfile::TempDir;

use super::{node::Node, through_redis::*};

/// An authority, and what it has signed.
struct Certificates {
    dir: TempDir,
}

impl Certificates {
    /// `None` where there is no `openssl`.
    fn make() -> Option<Self> {
        if !is_there("openssl") {
            return None;
        }
        let dir = TempDir::new().unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let made = |arguments: &[&str]| openssl(dir.path(), arguments);
        made(
            &[
                &["req", "-x509", "-subj", "/CN=authority", "-days", "2"][..],
                &["-keyout", "ca.key", "-out", "ca.pem"],
                &key[..],
            ]
            .concat(),
        );
        for name in ["server", "client"] {
            let (key_file, asked) = (format!("{name}.key"), format!("{name}.csr"));
            let subject = format!("/CN={name}");
            made(
                &[&["req", "-subj", &subject, "-keyout", &key_file, "-out", &asked][..], &key[..]]
                    .concat(),
            );
            let (signed, names) = (format!("{name}.pem"), format!("{name}.names"));
            fs::write(dir.path().join(&names), "subjectAltName=IP:127.0.0.1").unwrap();
            made(
                &[
                    &["x509", "-req", "-in", &asked, "-CA", "ca.pem", "-CAkey", "ca.key"][..],
                    &["-CAcreateserial", "-days", "2", "-extfile", &names, "-out", &signed],
                ]
                .concat(),
            );
        }
        Some(Self { dir })
    }

    fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.dir.path().join(file)).unwrap()
    }

    fn file(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// `None` where there is no Redis. With `all`, instances must have a certificate, too.
    fn serve(&self, all: bool) -> Option<Node> {
        let all = if all { "yes" } else { "no" };
        self.serve_with("", &["--tls-auth-clients", all, "--save", ""])
    }

    fn serve_with(&self, settings: &str, arguments: &[&str]) -> Option<Node> {
        let [certificate, key, authority] =
            ["server.pem", "server.key", "ca.pem"].map(|name| self.file(name));
        let tls = [
            &["--port", "0", "--tls-port", "PORT", "--tls-cert-file", &certificate][..],
            &["--tls-key-file", &key, "--tls-ca-cert-file", &authority],
            arguments,
        ];
        Node::with_file(settings, &tls.concat())
    }

    /// What a server says to a command.
    fn ask(&self, server: &Node, command: &[&str]) -> String {
        let said = Command::new("redis-cli")
            .args(["--tls", "--cacert", &self.file("ca.pem"), "-p", &server.port.to_string()])
            .args(command)
            .output()
            .unwrap();
        String::from_utf8(said.stdout).unwrap()
    }

    fn options(&self) -> SharedOptions {
        // A handshake takes its time on a busy computer.
        options().timeout(PATIENCE).root_certificates(self.read("ca.pem"))
    }
}

fn openssl(dir: &Path, arguments: &[&str]) {
    let done = Command::new("openssl").current_dir(dir).args(arguments).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// What an instance says that cannot connect.
fn problem(url: &str, options: SharedOptions) -> String {
    let one = Instance::new(url, options, settings());
    within(PATIENCE, "it is told", || one.handle.status().problem.is_some());
    assert!(one.call(true), "calls go on");
    let problem = one.handle.status().problem.unwrap();
    println!("{problem}");
    problem
}

#[test]
fn given_redis_over_tls_when_one_opens_then_the_other_does() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = certificates.serve(false) else { return };
    let url = format!("rediss://{}", server.address());
    let one = Instance::connected(&url, certificates.options(), settings());
    // Whose certificate is not looked at.
    let careless = options().timeout(PATIENCE);
    let other = Instance::connected(&format!("{url}/#insecure"), careless, settings());

    one.trip();

    within(PATIENCE, "the other is open", || other.state() == State::Open);
}

#[test]
fn given_a_certificate_of_an_unknown_authority_when_an_instance_joins_then_it_says_what_to_do() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(others) = Certificates::make() else { return };
    let Some(server) = certificates.serve(false) else { return };
    let url = format!("rediss://{}", server.address());
    for options in [options().timeout(PATIENCE), others.options()] {
        let said = problem(&url, options);
        assert!(said.contains("SharedOptions::root_certificates"), "{said}");
    }
    let said = problem(&format!("redis://{}", server.address()), options());
    assert!(said.contains("rediss://"), "{said}");
}

#[test]
fn given_a_server_without_tls_when_it_is_asked_for_then_it_is_said() {
    let Some(server) = Node::start(&["--save", ""]) else { return };
    let said = problem(&format!("rediss://{}", server.address()), options());
    assert!(said.contains("TLS"), "{said}");
}

#[test]
fn given_redis_that_wants_a_certificate_when_it_is_shown_one_then_it_is_content() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = certificates.serve(true) else { return };
    let url = format!("rediss://{}", server.address());
    let said = problem(&url, certificates.options());
    assert!(said.contains("SharedOptions::client_certificate"), "{said}");

    let (certificate, key) = (certificates.read("client.pem"), certificates.read("client.key"));
    let options = certificates.options().client_certificate(certificate, key.clone());
    let shown = format!("{options:?}");
    let key = String::from_utf8(key).unwrap();
    assert!(key.lines().all(|line| !shown.contains(line)), "{shown}");
    Instance::connected(&url, options, settings());
}

#[test]
fn given_sentinels_over_tls_when_one_opens_then_the_other_does() {
    let Some(certificates) = Certificates::make() else { return };
    let tls = ["--tls-auth-clients", "no", "--tls-replication", "yes", "--save", ""];
    let Some(master) = certificates.serve_with("", &tls) else { return };
    let monitor = format!("sentinel monitor shop 127.0.0.1 {} 1\n", master.port);
    let sentinel =
        certificates.serve_with(&monitor, &[&tls[..4], &["--sentinel"]].concat()).unwrap();
    let url = format!("rediss+sentinel://{}/shop", sentinel.address());
    let one = Instance::connected(&url, certificates.options(), settings());
    let careless = options().timeout(PATIENCE);
    let other = Instance::connected(&format!("{url}#insecure"), careless, settings());

    one.trip();

    within(PATIENCE, "the other is open", || other.state() == State::Open);
    let said = problem(&url, options().timeout(PATIENCE));
    assert!(said.contains("SharedOptions::root_certificates"), "{said}");
}

#[test]
fn given_a_cluster_over_tls_when_another_node_has_the_keys_then_it_is_found() {
    let Some(certificates) = Certificates::make() else { return };
    let tls = ["--tls-auth-clients", "no", "--tls-cluster", "yes", "--save", ""];
    let cluster = [&tls[..], &["--cluster-enabled", "yes"]].concat();
    let Some(asked) = certificates.serve_with("", &cluster) else { return };
    let owner = certificates.serve_with("", &cluster).unwrap();
    certificates.ask(&owner, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    certificates.ask(&asked, &["CLUSTER", "MEET", "127.0.0.1", &owner.port.to_string()]);
    within(PATIENCE, "it is one cluster", || {
        certificates.ask(&asked, &["CLUSTER", "INFO"]).contains("cluster_state:ok")
    });
    let url = format!("rediss+cluster://{}", asked.address());
    let one = Instance::connected(&url, certificates.options(), settings());
    let url = format!("rediss+cluster://{}", owner.address());
    let other = Instance::connected(&url, certificates.options(), settings());

    one.trip();

    within(PATIENCE, "the other is open", || other.state() == State::Open);
}

#[test]
fn given_certificates_that_are_none_when_a_state_is_made_then_it_is_refused() {
    let Some(certificates) = Certificates::make() else { return };
    let bad = [
        options().root_certificates("no certificate"),
        options().client_certificate("no certificate", certificates.read("client.key")),
        options().client_certificate(certificates.read("client.pem"), "no key"),
        options()
            .root_certificates("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ];
    for options in bad {
        let error = SharedState::redis("rediss://127.0.0.1", options).unwrap_err();
        println!("{error}");
        assert!(error.to_string().starts_with("TLS to Redis cannot be had: "), "{error}");
    }
}
