//! The load, in a process of its own, so that its memory is not the program's.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::TOKEN;

const READERS: usize = 200;
const CONNECTIONS: u64 = 20;

pub(crate) async fn load(address: SocketAddr, seconds: u64, rate: u64) {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(reader(address).await);
    }
    let readers: Vec<_> =
        readers.into_iter().map(|stream| tokio::spawn(read_slowly(stream))).collect();
    let answered = Arc::new(AtomicU64::new(0));
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let answered = Arc::clone(&answered);
        let pause = Duration::from_secs(1) * u32::try_from(CONNECTIONS).expect("few")
            / u32::try_from(rate).expect("a rate");
        connections.spawn(ask(address, pause, end, answered));
    }
    let mut took: Vec<u128> = connections.join_all().await.into_iter().flatten().collect();
    took.sort_unstable();
    let count = answered.load(Ordering::Relaxed);
    let at =
        |per_mille: usize| took.get(took.len() * per_mille / 1_000).copied().unwrap_or_default();
    println!(
        "{count} answers, {} a second; p50 {} µs, p99 {} µs; {} of {READERS} readers still there",
        count / seconds.max(1),
        at(500),
        at(990),
        readers.iter().filter(|reader| !reader.is_finished()).count(),
    );
}

async fn reader(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let head =
        format!("GET /events HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("the server reads");
    stream
}

/// A hundred bytes a second, of some two hundred thousand that there are.
async fn read_slowly(mut stream: TcpStream) {
    let mut some = [0; 100];
    while stream.read(&mut some).await.is_ok_and(|read| read > 0) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn ask(
    address: SocketAddr,
    pause: Duration,
    end: Instant,
    answered: Arc<AtomicU64>,
) -> Vec<u128> {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    let mut ticks = tokio::time::interval(pause);
    let (mut took, mut buffer) = (Vec::new(), Vec::new());
    for number in 0_u64.. {
        ticks.tick().await;
        if Instant::now() > end {
            break;
        }
        let path = match number % 10 {
            0 => "/status",
            1..4 => "/health",
            4..6 => "/metrics",
            _ => "/status/service%2F7",
        };
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        );
        let start = Instant::now();
        stream.write_all(head.as_bytes()).await.expect("the server reads");
        answer(&mut stream, &mut buffer).await;
        took.push(start.elapsed().as_micros());
        answered.fetch_add(1, Ordering::Relaxed);
    }
    took
}

/// Reads one answer, which has its length in its head.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    buffer.clear();
    let mut whole = usize::MAX;
    while buffer.len() < whole {
        let read = stream.read_buf(buffer).await.expect("the server answers");
        assert!(read > 0, "the server has ended the connection");
        if whole == usize::MAX
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 200 "), "{head}");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.expect("it has a length").parse().expect("a number");
            whole = end + 4 + length;
        }
    }
}
