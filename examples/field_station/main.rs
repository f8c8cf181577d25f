//! A station in the woods that goes on when what it calls does not:
//! `cargo run --example field_station`.
//!
//! It listens to birds: microphones are calibrated in a cache (`calibration.rs`), a model names who sings
//! (`model.rs`), a database keeps it (`database.rs`), and headquarters are told (`headquarters.rs`). What
//! cannot be done now waits (`queue.rs`). `circuit-breakers.toml` has the settings, with environments for
//! the winter and for this demonstration.
//!
//! It starts a PostgreSQL, a Redis and three HTTP servers, which fail one after the other. With `--stay` it
//! goes on until Ctrl-C after that, to be managed with `cbctl`. A station that is told where everything is
//! (`--database`, `--cache`, ..) tells no story, and serves until Ctrl-C.

mod api;
mod calibration;
mod database;
mod fleet;
mod guide;
mod headquarters;
mod model;
mod queue;
mod screen;
mod services;
mod station;
mod story;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use calibration::Calibrations;
use cb_examples::service;
use cb_runtime::{Source, registry};
use clap::Parser;
use database::Database;
use fleet::Fleet;
use headquarters::Headquarters;
use model::Model;
use station::Station;
use tokio::net::TcpListener;

const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/field_station/circuit-breakers.toml");

/// A station in the woods that goes on when what it calls does not
#[derive(Parser)]
#[command(name = "field_station")]
struct Arguments {
    /// The environment of circuit-breakers.toml that is in force, in the place of
    /// `CIRCUIT_BREAKER_ENVIRONMENT`; the story is always told in `demo`
    #[arg(long, value_name = "NAME", requires = "database")]
    environment: Option<String>,

    /// The port on this computer; 0 for a free one
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Where the last good calibrations are kept; without it they go with the program
    #[arg(long)]
    data: Option<PathBuf>,

    /// Start no PostgreSQL and no Redis, even if they are installed
    #[arg(long)]
    stand_ins: bool,

    /// Go on when the story is told, until Ctrl-C
    #[arg(long)]
    stay: bool,

    #[command(flatten)]
    places: Option<Places>,
}

/// Where everything is that the station calls.
#[derive(clap::Args, Clone)]
struct Places {
    /// A PostgreSQL that is there; with it, all others are needed too
    #[arg(long, required = false, value_name = "URL")]
    database: String,
    /// A Redis
    #[arg(long, required = false, value_name = "URL")]
    cache: String,
    /// What names birds: it is sent pitches, and answers with names
    #[arg(long, required = false, value_name = "URL")]
    model: String,
    /// The same, with fewer names
    #[arg(long, required = false, value_name = "URL")]
    light_model: String,
    /// What takes reports, under /reports
    #[arg(long, required = false, value_name = "URL")]
    headquarters: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { environment, port, data, stand_ins, stay, places } = Arguments::parse();
    let settings = Source::file(SETTINGS);
    let loaded = registry().load(match environment {
        Some(name) => settings.environment(name),
        None if places.is_none() => settings.environment("demo"),
        // What the variable says.
        None => settings,
    })?;
    for warning in &loaded.warnings {
        eprintln!("{warning}");
    }
    let temporary = tempfile::tempdir()?;
    let data = data.as_deref().unwrap_or(temporary.path());
    tokio::spawn(screen::tell_changes());

    match places {
        Some(places) => {
            let station = start(&places, data).await?;
            let address = serve(station, port).await?;
            guide::how_to_manage(address)?;
            tokio::signal::ctrl_c().await?;
            station.calibrations.close().await;
        }
        None => {
            let mut fleet = Fleet::start(stand_ins).await?;
            guide::intro(&fleet)?;
            let station = start(&fleet.places, data).await?;
            let address = serve(station, port).await?;
            let management = format!("http://{address}{}", api::MANAGEMENT);
            story::tell(station, &mut fleet, &management).await?;
            if stay {
                println!();
                guide::how_to_manage(address)?;
                tokio::signal::ctrl_c().await?;
            } else {
                guide::end()?;
            }
            station.calibrations.close().await;
        }
    }
    Ok(())
}

async fn start(places: &Places, data: &Path) -> anyhow::Result<&'static Station> {
    let http = service::client()?;
    let Places { database, cache, model, light_model, headquarters } = places.clone();
    let database = Database::new(&database)?;
    if let Err(error) = database.prepare().await {
        eprintln!("the station starts all the same: {error}"); // its health check prepares it
    }
    let calibrations = Calibrations::open(&cache, &data.join("calibrations")).await?;
    let model = Model::new(http.clone(), model, light_model);
    Station::start(calibrations, model, database, Headquarters::new(http, headquarters))
}

async fn serve(station: &'static Station, port: u16) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    // With the addresses of those who ask, for the audit and because only this machine may.
    let service = api::routes(station).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(axum::serve(listener, service).into_future());
    Ok(address)
}
