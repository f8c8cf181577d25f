//! The services that the shop calls.

use std::{io, sync::OnceLock};

use axum::{Router, extract::Path, routing::get};
use cb_examples::service::{self, Service};

/// Those from whom the shop buys. Each has a breaker of its own.
pub(crate) const SUPPLIERS: [&str; 3] = ["acme", "globex", "initech"];

pub(crate) struct Fleet {
    pub(crate) http: reqwest::Client,
    pub(crate) database: Service,
    pub(crate) cache: Service,
    pub(crate) payments: Service,
    pub(crate) search: Service,
    pub(crate) assistant: Service,
    pub(crate) mail: Service,
    /// In the order of [`SUPPLIERS`].
    pub(crate) suppliers: Vec<Service>,
}

static FLEET: OnceLock<Fleet> = OnceLock::new();

/// Starts all services. They run until the program ends.
pub(crate) async fn start() -> anyhow::Result<()> {
    let mut suppliers = Vec::new();
    for _ in SUPPLIERS {
        suppliers.push(one().await?);
    }
    let fleet = Fleet {
        http: service::client()?,
        database: one().await?,
        cache: one().await?,
        payments: one().await?,
        search: one().await?,
        assistant: one().await?,
        mail: one().await?,
        suppliers,
    };
    FLEET.get_or_init(|| fleet);
    Ok(())
}

/// The services, once they were started.
pub(crate) fn fleet() -> Option<&'static Fleet> {
    FLEET.get()
}

async fn one() -> io::Result<Service> {
    let answer = |Path(question): Path<String>| async move { format!("on {question}: yes") };
    Service::start(Router::new().route("/{question}", get(answer))).await
}
