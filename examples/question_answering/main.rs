//! A service that answers questions, and what people read while parts of it are down:
//! `cargo run --example question_answering`.
//!
//! A question goes to a vector store and a crawler at once, what they find goes to a language model, and the
//! answer into a database (`engine.rs`). Each has a breaker with settings of its own (`llm.rs`,
//! `library.rs`); what is said to people stands where it is known what it means for them, and `/health` tells
//! load balancers and operators what is open (`api.rs`).
//!
//! It starts a PostgreSQL and three HTTP servers, which fail one after the other. One that is told where
//! everything is (`--llm`, `--database`, ..) tells no story, and serves until Ctrl-C.

mod api;
mod engine;
mod fleet;
mod library;
mod llm;
mod services;
mod story;
mod texts;

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use cb_examples::{screen::what_next, service};
use cb_runtime::{Source, registry};
use clap::Parser;
use engine::Engine;
use fleet::Fleet;
use library::Library;
use llm::Llm;
use tokio::net::TcpListener;

const SETTINGS: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/question_answering/circuit-breakers.toml");

const INTRO: &str = "\
People ask questions. The answers come from a language model, which reads what
a vector store and a crawler have found, and are kept in a database: all are
servers on this computer. In the next 6 seconds each of them will fail.";

const WHAT_NEXT: [(&str, &str); 4] = [
    ("examples/question_answering/llm.rs", "a time limit, retries, kind words"),
    ("examples/question_answering/library.rs", "the vector store, database, crawler"),
    ("examples/question_answering/api.rs", "what people and balancers are told"),
    ("cargo doc --open -p cb-runtime", "the guide \"Choosing a fallback\""),
];

/// A service that answers questions, and what people read while parts of it are down
#[derive(Parser)]
#[command(name = "question_answering")]
struct Arguments {
    /// The port on this computer; 0 for a free one
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Start no PostgreSQL, even if it is installed
    #[arg(long)]
    stand_ins: bool,

    #[command(flatten)]
    places: Option<Places>,
}

/// Where everything is that the service calls.
#[derive(clap::Args, Clone)]
struct Places {
    /// A PostgreSQL that is there; with it, all others are needed too
    #[arg(long, required = false, value_name = "URL")]
    database: String,
    /// What answers /v1/chat/completions
    #[arg(long, required = false, value_name = "URL")]
    llm: String,
    /// What answers /search
    #[arg(long, required = false, value_name = "URL")]
    vector_store: String,
    /// What answers /news/TOPIC
    #[arg(long, required = false, value_name = "URL")]
    crawler: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, stand_ins, places } = Arguments::parse();
    registry().load(Source::file(SETTINGS))?;
    match places {
        Some(places) => {
            let address = serve(&places, port).await?;
            println!("The service is at http://{address}/ until Ctrl-C: POST /ask, GET /health.");
            tokio::signal::ctrl_c().await?;
        }
        None => {
            let fleet = Fleet::start(stand_ins).await?;
            println!("{INTRO}\nPostgreSQL: {}.", fleet.database.lock().kind());
            let address = serve(&fleet.places, port).await?;
            story::tell(&fleet, &format!("http://{address}")).await?;
            what_next(&mut anstream::stdout().lock(), &WHAT_NEXT)?;
        }
    }
    Ok(())
}

async fn serve(places: &Places, port: u16) -> anyhow::Result<SocketAddr> {
    let http = service::client()?;
    let llm = Llm::new(http.clone(), places.llm.clone());
    let library = Library::new(http, places)?;
    if let Err(error) = library.fill().await {
        eprintln!("the service starts all the same: {error}");
    }
    let engine = Arc::new(Engine { llm, library });

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    // With the addresses of those who ask, because only this machine may manage it.
    let service = api::routes(engine).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    Ok(address)
}
