//! A password appears nowhere, however it is written and whatever goes wrong.

use std::{
    fmt::{Debug, Write as _},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
};

use cb_runtime::{
    Registry, SharedState,
    prometheus::{self, Format},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::through_redis::*;

/// All that is logged by this process.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        attributes.record(&mut Line(&mut self.0.lock().unwrap()));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0, "{field}: {value:?}").unwrap();
    }
}

/// Answers everything with an error that repeats what it was sent, as old servers and proxies do.
fn parrot() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the test's process.
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut piece = [0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut piece) {
                    let said = String::from_utf8_lossy(&piece[..length]).replace("\r\n", " ");
                    let answer = format!("-ERR unknown command: {said}\r\n").repeat(4);
                    if stream.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Of letters that addresses, JSON, patterns and people stumble over.
fn password(random: &mut fastrand::Rng) -> String {
    let letters: Vec<char> = "aZ09-._~!$&'()*+,;=:@/?#[]%{}|\\\"<>^` äß漢🔑".chars().collect();
    (0..random.usize(8..24)).map(|_| *random.choice(&letters).unwrap()).collect()
}

fn encoded(text: &str, all: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() && !all {
            encoded.push(byte.into());
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}

/// The addresses that a password may stand in; the password is written in one way.
fn urls(at: SocketAddr, written: &str) -> Vec<String> {
    let mut urls = vec![
        format!("redis://:{written}@{at}"),
        format!("redis://me:{written}@{at}/3"),
        format!("valkey://me:{written}@{at}"),
        format!("redis+sentinel://me:{written}@{at},{at}/shop/2"),
        format!("redis+sentinel://{at}/shop?sentinel_user=me&sentinel_password={written}"),
        format!("redis+cluster://me:{written}@{at},{at}"),
        format!("unix:///no/such/socket?user=me&pass={written}"),
        format!("redis://me:{written}@{at}:x"),
        format!("https://me:{written}@{at}"),
    ];
    if cfg!(feature = "redis-tls") {
        urls.push(format!("rediss://me:{written}@{at}/#insecure"));
        urls.push(format!("rediss+sentinel://me:{written}@{at}/shop"));
    }
    urls
}

/// All that a program can get to see.
fn all_that_is_shown(registry: &Registry) -> String {
    format!(
        "{:?} {:?} {} {:?}",
        registry.alerts(),
        registry.health(),
        prometheus::encode(registry, Format::OpenMetrics),
        registry,
    )
}

#[test]
fn given_any_password_when_anything_is_shown_or_logged_then_it_is_not_in_it() {
    let log = Log::default();
    // Other tests of this process log, too, which does not matter.
    let _ = tracing::subscriber::set_global_default(log.clone());
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let parrot = parrot();
    let mut random = fastrand::Rng::with_seed(7);
    let (mut refused, mut joined) = (0, 0);
    for round in 0..400 {
        let password = password(&mut random);
        let ways = [password.clone(), encoded(&password, false), encoded(&password, true)];
        let at = if round % 2 == 0 { nobody } else { parrot };
        for written in &ways {
            for url in urls(at, written) {
                let mut shown = String::new();
                match SharedState::redis(&url, options()) {
                    Err(error) => {
                        refused += 1;
                        write!(shown, "{error} {error:?} {error:#?}").unwrap();
                    }
                    Ok(state) => {
                        write!(shown, "{state:?} {state:#?}").unwrap();
                        // Each takes a thread and a while.
                        if random.u8(..60) == 0 {
                            joined += 1;
                            shown += &joins(state);
                        }
                    }
                }
                shown += &std::mem::take(&mut *log.0.lock().unwrap());
                for secret in &ways {
                    assert!(!shown.contains(secret.as_str()), "{url}\n{secret}\n{shown}");
                }
            }
        }
    }
    println!("{refused} addresses refused, {joined} of the others tried");
    assert!(refused > 400 && joined > 40);
}

fn joins(state: SharedState) -> String {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let handle = registry.share(state).unwrap();
    within(PATIENCE, "it is told", || handle.status().problem.is_some());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(handle.reset("db", PATIENCE)).unwrap_err();
    let mut shown = format!("{error} {error:?} {handle:?} {:?}", handle.status());
    shown += &serde_json::to_string(&handle.status()).unwrap();
    shown += &all_that_is_shown(&registry);
    while let Some(event) = events.try_recv().unwrap() {
        write!(shown, "{event:?} {}", serde_json::to_string(&event).unwrap()).unwrap();
    }
    runtime.block_on(handle.leave());
    shown
}
