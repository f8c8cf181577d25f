//! All that the service of the story calls, and what befalls it.

use anyhow::Context;
use cb_examples::{servers::Postgres, service::Service};
use tokio::task::spawn_blocking;

use crate::{Places, services};

pub(crate) struct Fleet {
    /// It is away while another thread has it stop or start.
    postgres: Option<Postgres>,
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
        Ok(Self { postgres: Some(postgres), llm, vector_store, crawler, places })
    }

    pub(crate) async fn kill_database(&mut self) -> anyhow::Result<()> {
        self.with_database(|server| {
            server.kill();
            Ok(())
        })
        .await
    }

    pub(crate) async fn restart_database(&mut self) -> anyhow::Result<()> {
        self.with_database(|server| Ok(server.start_again()?)).await
    }

    /// The program goes on while a server is stopped and started.
    async fn with_database(
        &mut self,
        does: fn(&mut Postgres) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut server = self.postgres.take().context("the server is there")?;
        let (server, done) = spawn_blocking(move || {
            let done = does(&mut server);
            (server, done)
        })
        .await?;
        self.postgres = Some(server);
        done
    }
}
