//! All that the station of the story calls, and what befalls it.

use cb_examples::{
    aside::Aside,
    postgres::PostgresServer,
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
    pub(crate) database: Aside<PostgresServer>,
    pub(crate) cache: Redis,
    pub(crate) model: ModelServer,
    pub(crate) light: ModelServer,
    pub(crate) headquarters: Headquarters,
    pub(crate) places: Places,
}

impl Fleet {
    /// Starts all of it. It ends with the value, at the latest with the program.
    pub(crate) async fn start(stand_ins: bool) -> anyhow::Result<Self> {
        let (postgres, cache) = if stand_ins {
            (Postgres::stand_in(rows)?, Redis::stand_in()?)
        } else {
            spawn_blocking(|| anyhow::Ok((Postgres::start(rows)?, Redis::start()?))).await??
        };
        let model = ModelServer::start("a chiffchaff", false).await?;
        let light = ModelServer::start("a warbler", true).await?;
        let headquarters = Headquarters::start().await?;
        let places = Places {
            database: postgres.url(),
            cache: cache.url(),
            model: model.service.url(),
            light_model: light.service.url(),
            headquarters: headquarters.service.url(),
        };
        let mut keeper =
            redis::Client::open(cache.url())?.get_multiplexed_async_connection().await?;
        for (microphone, gain) in [("oak", 1.5), ("pond", 0.8)] {
            let () = keeper.set_ex(format!("calibration:{microphone}"), gain, A_MONTH).await?;
        }
        let database = Aside::new(postgres);
        Ok(Self { database, cache, model, light, headquarters, places })
    }

    pub(crate) fn models_behave(&self, behaviour: Behaviour) {
        self.model.service.behave(behaviour);
        self.light.service.behave(behaviour);
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

    /// How many sightings the database holds.
    pub(crate) async fn stored(&self) -> anyhow::Result<u64> {
        let (client, connection) = tokio_postgres::connect(&self.places.database, NoTls).await?;
        tokio::spawn(connection);
        let row = client.query_one("SELECT count(*)::text FROM sightings", &[]).await?;
        Ok(row.try_get::<_, &str>(0)?.parse()?)
    }
}
