//! All that the service of the story calls, and what befalls it.

use cb_examples::{aside::Aside, postgres::PostgresServer, servers::Postgres, service::Service};
use tokio::task::spawn_blocking;

use crate::{Places, services};

pub(crate) struct Fleet {
    pub(crate) database: Aside<PostgresServer>,
    pub(crate) llm: Service,
    pub(crate) vector_store: Service,
    pub(crate) crawler: Service,
    pub(crate) places: Places,
}

impl Fleet {
    /// Starts all of it. It ends with the value, at the latest with the program.
    pub(crate) async fn start(stand_ins: bool) -> anyhow::Result<Self> {
        let postgres = if stand_ins {
            Postgres::stand_in(services::rows)?
        } else {
            spawn_blocking(|| Postgres::start(services::rows)).await??
        };
        let llm = Service::start(services::llm()).await?;
        let vector_store = Service::start(services::vector_store()).await?;
        let crawler = Service::start(services::crawler()).await?;
        let places = Places {
            database: postgres.url(),
            llm: llm.url(),
            vector_store: vector_store.url(),
            crawler: crawler.url(),
        };
        let database = Aside::new(postgres);
        Ok(Self { database, llm, vector_store, crawler, places })
    }
}
