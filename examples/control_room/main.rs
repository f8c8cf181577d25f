//! A shop with nine breakers under load, with all that shows and steers them:
//! `cargo run --example control_room`.
//!
//! Its functions, in `calls.rs`, call services of different kinds, which fail one after the other and
//! recover. The management API is nested into the program's own HTTP server, in [`routes`]; that and
//! `registry().load(..)` is all that a program needs. Open the dashboard at the address that is printed,
//! and try the commands below it. It runs until Ctrl-C, or as long as it is told to:
//! `cargo run --example control_room -- --for 20s`.

mod calls;
mod faults;
mod fleet;
mod guide;
mod screen;
mod traffic;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use axum::{Router, http::header, routing::get};
use cb_runtime::{
    Source,
    admin::{self, Auth},
    prometheus::{self, Format},
    registry,
};
use clap::Parser;
use tokio::net::TcpListener;

/// What operators say of the breakers; the attributes in `calls.rs` have what the program says.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/control_room/circuit-breakers.toml");

/// A shop with nine circuit breakers under load, with its management API and dashboard
#[derive(Parser)]
struct Arguments {
    /// End after so long, such as 20s; else it runs until Ctrl-C
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    lasts: Option<Duration>,

    /// The port on this computer; 0 for a free one
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { lasts, port } = Arguments::parse();
    registry().load(Source::file(SETTINGS))?;
    fleet::start().await.context("the services could not start")?;

    let listener = listen(port).await?;
    let address = listener.local_addr()?;
    // With the addresses of those who ask, for the audit and because only this machine may.
    let service = routes().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());

    guide::print(address, lasts)?;
    tokio::spawn(screen::tell_changes());
    traffic::start();
    match lasts {
        Some(time) => {
            // What is left when the time is over is left undone.
            let _ = tokio::time::timeout(time, faults::play()).await;
            guide::end()
        }
        None => faults::play().await,
    }
}

/// The program's own routes, with the management API among them.
fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "The shop is open." }))
        .route("/metrics", get(metrics))
        // `nest` would do; with this, the dashboard is there with a slash at the end as well.
        .nest_service(guide::PATH, admin::router(registry(), Auth::loopback_only()))
}

/// For a Prometheus that knows no path but the usual one.
async fn metrics() -> ([(header::HeaderName, &'static str); 1], String) {
    let format = Format::Prometheus;
    ([(header::CONTENT_TYPE, format.content_type())], prometheus::encode(registry(), format))
}

/// At this port, or at a free one where it is taken: the address is printed.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(taken) => {
            eprintln!("port {port} cannot be had ({taken}): a free one will do");
            Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?)
        }
    }
}
