//! All that the station of the story calls, and what befalls it.

use anyhow::Context;
use cb_examples::{
    servers::{Postgres, Redis},
    service::Behaviour,
};
use deadpool_postgres::tokio_postgres::{self, NoTls};
use redis::AsyncCommands;
use tokio::task::spawn_blocking;

use crate::{
    Places,
    services::{Headquarters, ModelServer, rows},
};

/// In seconds: how long a calibration is good for.
const A_MONTH: u64 = 30 * 24 * 3600;

pub(crate) struct Fleet {
    /// It is away while another thread has it stop or start.
    postgres: Option<Postgres>,
    redis: Redis,
    pub(crate) model: ModelServer,
    pub(crate) light: ModelServer,
    pub(crate) headquarters: Headquarters,
    pub(crate) places: Places,
}

impl Fleet {
    /// Starts all of it. It ends with the value, at the latest with the program.
    pub(crate) async fn start(stand_ins: bool) -> anyhow::Result<Self> {
        let (postgres, redis) = if stand_ins {
            (Postgres::stand_in(rows)?, Redis::stand_in()?)
        } else {
            spawn_blocking(|| anyhow::Ok((Postgres::start(rows)?, Redis::start()?))).await??
        };
        let model = ModelServer::start("a chiffchaff", false).await?;
        let light = ModelServer::start("a warbler", true).await?;
        let headquarters = Headquarters::start().await?;
        let places = Places {
            database: postgres.url(),
            cache: redis.url(),
            model: model.service.url(),
            light_model: light.service.url(),
            headquarters: headquarters.service.url(),
        };
        let mut keeper =
            redis::Client::open(redis.url())?.get_multiplexed_async_connection().await?;
        for (microphone, gain) in [("oak", 1.5), ("pond", 0.8)] {
            let () = keeper.set_ex(format!("calibration:{microphone}"), gain, A_MONTH).await?;
        }
        Ok(Self { postgres: Some(postgres), redis, model, light, headquarters, places })
    }

    pub(crate) fn kill_cache(&mut self) {
        self.redis.kill();
    }

    pub(crate) fn models_behave(&self, behaviour: Behaviour) {
        self.model.service.behave(behaviour);
        self.light.service.behave(behaviour);
    }

    /// What stands in for one is never read-only.
    pub(crate) fn is_database_real(&self) -> bool {
        self.postgres.as_ref().is_some_and(|server| !server.is_stand_in())
    }

    /// As a server is that has become a replica, or that somebody maintains.
    pub(crate) async fn let_database_write(&self, may_write: bool) -> anyhow::Result<()> {
        let (client, connection) = tokio_postgres::connect(&self.places.database, NoTls).await?;
        tokio::spawn(connection);
        let read_only = if may_write { "off" } else { "on" };
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {read_only}");
        client.batch_execute(&set).await?;
        client.batch_execute("SELECT pg_reload_conf()").await?;
        Ok(())
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

    /// The station goes on while a server is stopped and started.
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

    /// How many sightings the database holds.
    pub(crate) async fn stored(&self) -> anyhow::Result<u64> {
        let (client, connection) = tokio_postgres::connect(&self.places.database, NoTls).await?;
        tokio::spawn(connection);
        let row = client.query_one("SELECT count(*)::text FROM sightings", &[]).await?;
        Ok(row.try_get::<_, &str>(0)?.parse()?)
    }
}
