//! Where the API is served.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use cb_runtime::{
    Registry,
    admin::{self, Auth, ListenAt, ServeError},
};
use tokio::net::TcpListener;

use crate::server::{loopback, server};

#[test]
fn a_port_alone_is_one_of_loopback() {
    let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 9090));
    assert_eq!(9090.address().unwrap(), local);
    assert_eq!(local.address().unwrap(), local);
    for text in ["9090", ":9090", "localhost:9090", "127.0.0.1:9090", " 127.0.0.1:9090 "] {
        assert_eq!(text.address().unwrap(), local, "{text}");
        assert_eq!(text.to_owned().address().unwrap(), local, "{text}");
    }
    assert_eq!("[::1]:1".address().unwrap(), (Ipv6Addr::LOCALHOST, 1).into());
    assert_eq!((Ipv4Addr::UNSPECIFIED, 80).address().unwrap(), (Ipv4Addr::UNSPECIFIED, 80).into());
    for text in ["", "example.com:80", "127.0.0.1", "http://127.0.0.1:80", "99999"] {
        let error = text.address().unwrap_err().to_string();
        assert!(error.contains("it is no address; give a port"), "{error}");
    }
}

#[tokio::test]
async fn without_a_token_only_loopback_is_served() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = admin::serve(address, Registry::new(), Auth::loopback_only()).await;
        assert!(matches!(refused, Err(ServeError::NotLoopback { .. })), "{refused:?}");
    }
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = admin::serve_on(listener, Registry::new(), Auth::loopback_only()).await;
    assert!(matches!(refused, Err(ServeError::NotLoopback { .. })), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("`Auth::tokens`"));
}

#[tokio::test]
async fn an_address_that_is_taken_is_told_of() {
    let server = loopback().await;
    let taken = admin::serve(server.address, Registry::new(), Auth::loopback_only()).await;
    let error = taken.unwrap_err();
    assert!(error.to_string().contains(&server.address.to_string()), "{error}");
}

#[tokio::test]
async fn it_is_served_until_the_future_is_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(admin::serve_on(listener, Registry::new(), Auth::loopback_only()));
    let url = format!("http://{address}/status");
    assert!(reqwest::get(&url).await.unwrap().status().is_success());

    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert!(reqwest::get(&url).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_send_no_whole_request_hold_nobody_up_and_are_let_go() {
    let server = server().await;
    let address = server.address;
    let slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET /status HTTP/1.1\r\nHost: x\r\nX-").unwrap();
            stream
        })
        .collect();
    let start = Instant::now();
    server.get("/status").await.json();
    assert!(start.elapsed() < Duration::from_secs(5));

    let ends = tokio::task::spawn_blocking(move || {
        slow.into_iter().all(|mut stream| {
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            // What is said before the end, if anything, is that the request came too late.
            stream.read_to_end(&mut Vec::new()).is_ok()
        })
    });
    assert!(ends.await.unwrap(), "some were held for longer than 30 seconds");
}
