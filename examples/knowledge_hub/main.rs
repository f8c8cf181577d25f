//! A hub of knowledge that is searched on three levels: `cargo run --example knowledge_hub`.
//!
//! `hub.rs` and `models.rs` are what such a program has: a cache in Redis, a vector search over HTTP and a
//! database, one behind the other, and models that a small one stands in for. The settings are those of their
//! service types. What is called is started here: Redis and PostgreSQL where they are installed, and stand-ins
//! for all else; they are killed one after the other, and one answers in the place of the next.
//!
//! As a server, with its management API at `/api/circuit-breaker`, until Ctrl-C:
//! `cargo run --example knowledge_hub -- --port 3000`.

mod api;
mod hub;
mod local;
mod models;
mod services;
mod story;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::Context;
use cb_examples::{
    servers::{Postgres, Redis},
    service::Service,
};
use cb_runtime::{Source, registry};
use clap::Parser;
use hub::{Addresses, Hub};
use tokio::{net::TcpListener, signal, time::timeout};

/// What operators say of the breakers while the story is told.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/knowledge_hub/circuit-breakers.toml");

/// The story takes some 10 seconds. It goes by what happens rather than by the clock.
const AT_MOST: Duration = Duration::from_secs(60);

/// A hub of knowledge that answers while what it asks is down
#[derive(Parser)]
struct Arguments {
    /// Serve on this port of this computer until Ctrl-C, 0 for a free one; else a story is told
    #[arg(long)]
    port: Option<u16>,

    /// A Redis that is there, for --port; else one is started
    #[arg(long, env = "KNOWLEDGE_HUB_REDIS", value_name = "URL", requires = "port")]
    redis: Option<String>,

    /// A PostgreSQL that is there, for --port; else one is started
    #[arg(long, env = "KNOWLEDGE_HUB_DATABASE", value_name = "URL", requires = "port")]
    database: Option<String>,

    /// A vector search that is there, for --port; else one is started
    #[arg(long, env = "KNOWLEDGE_HUB_VECTORS", value_name = "URL", requires = "port")]
    vectors: Option<String>,

    /// Models that are there, for --port; else some are started
    #[arg(long, env = "KNOWLEDGE_HUB_MODELS", value_name = "URL", requires = "port")]
    models: Option<String>,

    /// Start no Redis and no PostgreSQL, even if they are installed
    #[arg(long)]
    stand_ins: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.port {
        Some(port) => serve(arguments, port).await,
        None => {
            registry().load(Source::file(SETTINGS))?;
            let world = World::start(arguments.stand_ins).await?;
            let story = story::tell(anstream::stdout(), world);
            timeout(AT_MOST, story).await.context("the story has not come to its end in time")?
        }
    }
}

/// What there is to be called.
struct World {
    redis: Redis,
    postgres: Postgres,
    vectors: Service,
    models: Service,
}

impl World {
    async fn start(stand_ins: bool) -> anyhow::Result<Self> {
        Ok(Self {
            redis: redis(stand_ins)?,
            postgres: postgres(stand_ins)?,
            vectors: Service::start(services::vectors()).await?,
            models: Service::start(services::models()).await?,
        })
    }
}

fn redis(stand_in: bool) -> anyhow::Result<Redis> {
    Ok(if stand_in { Redis::stand_in()? } else { Redis::start()? })
}

fn postgres(stand_in: bool) -> anyhow::Result<Postgres> {
    Ok(if stand_in {
        Postgres::stand_in(services::rows)?
    } else {
        Postgres::start(services::rows)?
    })
}

/// Serves, with what was not given started here, and ended with the program.
async fn serve(arguments: Arguments, port: u16) -> anyhow::Result<()> {
    registry().load(Source::from_env())?;
    let (mut own_redis, mut own_postgres) = (None, None);
    let addresses = Addresses {
        redis: match arguments.redis {
            Some(url) => url,
            None => own_redis.insert(redis(arguments.stand_ins)?).url(),
        },
        database: match arguments.database {
            Some(url) => url,
            None => own_postgres.insert(postgres(arguments.stand_ins)?).url(),
        },
        vectors: match arguments.vectors {
            Some(url) => url,
            None => Service::start(services::vectors()).await?.url(),
        },
        models: match arguments.models {
            Some(url) => url,
            None => Service::start(services::models()).await?.url(),
        },
    };
    let hub = Arc::new(Hub::open(addresses).await?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("The hub    {url}/search?q=cats    until Ctrl-C");
    println!("Breakers   {url}{}/", api::MANAGEMENT);
    println!("Counts     {url}/counts");
    println!(
        "More texts curl -H 'content-type: application/json' -d '[\"Cats purr.\"]' {url}/texts"
    );
    tokio::select! {
        served = api::serve(hub, listener) => Ok(served?),
        stopped = signal::ctrl_c() => Ok(stopped?),
    }
}
