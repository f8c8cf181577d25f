//! One instance: it calls the service, and says what becomes of its breaker.

use std::{env, io, time::Duration};

use cb_runtime::{Event, SharedOptions, SharedState, circuit_breaker, registry};
use tokio::{io::AsyncReadExt, net::TcpStream, time::sleep};

pub(crate) const REDIS: &str = "FLEET_REDIS";
pub(crate) const SERVICE: &str = "FLEET_SERVICE";

/// Nothing here knows of the other instances.
#[circuit_breaker(
    name = "prices",
    failure_threshold = 3,
    recovery_timeout = "2s",
    call_timeout = "300ms",
    fallback = yesterdays
)]
async fn price(service: &str) -> io::Result<String> {
    let mut answer = String::new();
    TcpStream::connect(service).await?.read_to_string(&mut answer).await?;
    if answer.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
}

async fn yesterdays(_service: &str) -> io::Result<String> {
    Ok("42".to_owned())
}

pub(crate) fn run(number: &str) -> anyhow::Result<()> {
    let (redis, service) = (env::var(REDIS)?, env::var(SERVICE)?);
    let options = SharedOptions::new().prefix("fleet").instance(number);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // This is all that makes a fleet of the instances.
        registry().share(SharedState::redis(&redis, options)?)?;

        let mut events = registry().subscribe();
        tokio::spawn(async move {
            while let Ok(event) = events.recv().await {
                show(&event);
            }
        });
        let pause = pause(number);
        loop {
            price(&service).await?;
            sleep(pause).await;
        }
    })
}

/// The first instance has the most to do, so it is the one that finds out; the rest hear of it.
fn pause(number: &str) -> Duration {
    Duration::from_millis(if number == "1" { 40 } else { 240 })
}

fn show(event: &Event) {
    match event {
        Event::Transition { to, reason, .. } => println!("`prices` is {to}: {reason}"),
        Event::StoreDegraded { why, .. } => println!("Redis is away: {why}"),
        Event::StoreRestored { .. } => println!("Redis is back"),
        _ => {}
    }
}
