//! All services of a program in one pool, each behind a breaker: `cargo run --example service_pool`.
//!
//! `pool.rs` is what such a program has: a model over HTTP, Redis, PostgreSQL, agents and APIs of others, each
//! left alone for 30 seconds after 5 failures in a row. What is called is started here: Redis and PostgreSQL
//! where they are installed, and stand-ins for all else; they fail one after the other.
//!
//! As a server, with its health at `/health`, until Ctrl-C:
//! `cargo run --example service_pool -- --port 3000`.

mod api;
mod pool;
mod services;
mod story;

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc, time::Duration};

use anyhow::Context;
use cb_examples::{
    servers::{Postgres, Redis},
    service::Service,
};
use cb_runtime::{Source, registry};
use clap::Parser;
use pool::{Addresses, ServicePool};
use tokio::{net::TcpListener, signal, time::timeout};
use tokio_postgres::NoTls;

/// What operators say of the breakers while the story is told.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/service_pool/circuit-breakers.toml");

/// The story takes some 5 seconds. It goes by what happens rather than by the clock.
const AT_MOST: Duration = Duration::from_secs(60);

/// All services of a program in one pool, each behind a circuit breaker
#[derive(Parser)]
struct Arguments {
    /// Serve on this port of this computer until Ctrl-C, 0 for a free one; else a story is told
    #[arg(long)]
    port: Option<u16>,

    /// A model that is there, for --port; else one is started
    #[arg(long, env = "SERVICE_POOL_LLM", value_name = "URL", requires = "port")]
    llm: Option<String>,

    /// A Redis that is there, for --port; else one is started
    #[arg(long, env = "SERVICE_POOL_REDIS", value_name = "URL", requires = "port")]
    redis: Option<String>,

    /// A PostgreSQL that is there, for --port; else one is started
    #[arg(long, env = "SERVICE_POOL_POSTGRES", value_name = "URL", requires = "port")]
    postgres: Option<String>,

    /// An agent that is there, for --port; else some are started
    #[arg(long = "agent", value_name = "NAME=URL", value_parser = named, requires = "port")]
    agents: Vec<(String, String)>,

    /// An API that is there, for --port; else some are started
    #[arg(long = "api", value_name = "NAME=URL", value_parser = named, requires = "port")]
    apis: Vec<(String, String)>,

    /// Start no Redis and no PostgreSQL, even if they are installed
    #[arg(long)]
    stand_ins: bool,
}

fn named(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').ok_or("expected a name, `=` and a URL")?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.port {
        Some(port) => serve(&arguments, port).await,
        None => {
            registry().load(Source::file(SETTINGS))?;
            let world = World::start(&arguments).await?;
            let story = story::tell(anstream::stdout(), world);
            timeout(AT_MOST, story).await.context("the story has not come to its end in time")?
        }
    }
}

/// What was started to be called. What was given is not in it.
struct World {
    addresses: Addresses,
    llm: Service,
    redis: Option<Redis>,
    postgres: Option<Postgres>,
    agents: BTreeMap<String, Service>,
    apis: BTreeMap<String, Service>,
}

impl World {
    /// Starts what the arguments do not give.
    async fn start(arguments: &Arguments) -> anyhow::Result<Self> {
        let stand_ins = arguments.stand_ins;
        let (redis, redis_url) = match &arguments.redis {
            Some(url) => (None, url.clone()),
            None => {
                let own = if stand_ins { Redis::stand_in()? } else { Redis::start()? };
                let url = own.url();
                (Some(own), url)
            }
        };
        let (postgres, postgres_url) = match &arguments.postgres {
            Some(url) => (None, url.clone()),
            None => {
                let rows = services::rows;
                let own =
                    if stand_ins { Postgres::stand_in(rows)? } else { Postgres::start(rows)? };
                let url = own.url();
                fill(&url).await?;
                (Some(own), url)
            }
        };
        let llm = Service::start(services::texts("the model")).await?;
        let mut agents = BTreeMap::new();
        for (name, who) in [("critic", "the critic"), ("planner", "the planner")] {
            agents.insert(name.to_owned(), Service::start(services::texts(who)).await?);
        }
        let mut apis = BTreeMap::new();
        for (name, answer) in [("rates", "0.92"), ("weather", "dry")] {
            apis.insert(name.to_owned(), Service::start(services::api(answer)).await?);
        }
        let addresses = Addresses {
            llm: arguments.llm.clone().unwrap_or_else(|| llm.url()),
            redis: redis_url,
            postgres: postgres_url,
            agents: given_or_own(&arguments.agents, &agents),
            apis: given_or_own(&arguments.apis, &apis),
        };
        Ok(Self { addresses, llm, redis, postgres, agents, apis })
    }
}

fn given_or_own(
    given: &[(String, String)],
    own: &BTreeMap<String, Service>,
) -> BTreeMap<String, String> {
    if given.is_empty() {
        own.iter().map(|(name, service)| (name.clone(), service.url())).collect()
    } else {
        given.iter().cloned().collect()
    }
}

/// Gives a new database its customers.
async fn fill(url: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let customers = "CREATE TABLE customers (id TEXT PRIMARY KEY, name TEXT NOT NULL); \
                     INSERT INTO customers VALUES ('1', 'Ada'), ('2', 'Grace')";
    client.batch_execute(customers).await?;
    drop(client);
    Ok(connection.await??)
}

/// Serves, with what was not given started here, and ended with the program.
async fn serve(arguments: &Arguments, port: u16) -> anyhow::Result<()> {
    registry().load(Source::from_env())?;
    let World { addresses, redis: _redis, postgres: _postgres, .. } =
        World::start(arguments).await?;
    let pool = Arc::new(ServicePool::new(addresses)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    println!("Health    curl {url}/health    until Ctrl-C");
    println!("Model     curl -d 'the moon' {url}/answers");
    println!("Database  curl {url}/customers/1");
    println!("Agents    curl -d 'a plan' {url}/agents/planner");
    println!("APIs      curl {url}/apis/rates/EUR");
    tokio::select! {
        served = api::serve(pool, listener) => Ok(served?),
        stopped = signal::ctrl_c() => Ok(stopped?),
    }
}
