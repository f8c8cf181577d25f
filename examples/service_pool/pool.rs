//! The pool: all services that the program calls, each behind a breaker, with the connections to them.

use std::{collections::BTreeMap, time::Duration};

use cb_examples::service;
use cb_runtime::{CircuitError, circuit_breaker, integrations::retry_after, registry};
use deadpool_postgres::{Pool, PoolError, Runtime};
use redis::{
    AsyncCommands, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use reqwest::{RequestBuilder, StatusCode};
use tokio_postgres::NoTls;

/// So many failures in a row, and a service is left alone ...
const FAILURES: u32 = 5;
/// ... for so long.
const PAUSE: Duration = Duration::from_secs(30);

/// Nobody waits for Redis longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long answers of the model are remembered.
const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) struct ServicePool {
    http: reqwest::Client,
    llm: String,
    redis: ConnectionManager,
    postgres: Pool,
    agents: BTreeMap<String, String>,
    apis: BTreeMap<String, String>,
}

/// Where all that is.
pub(crate) struct Addresses {
    pub(crate) llm: String,
    pub(crate) redis: String,
    pub(crate) postgres: String,
    /// By name.
    pub(crate) agents: BTreeMap<String, String>,
    /// By name.
    pub(crate) apis: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("the pool has no {kind} called `{name}`")]
    Unknown { kind: &'static str, name: String },
    #[error("the service has too much to do")]
    Busy { retry_after: Option<Duration> },
    #[error("the service gave no answer")]
    Http(#[from] reqwest::Error),
    #[error("Redis gave no answer")]
    Redis(#[from] RedisError),
    #[error("PostgreSQL gave no answer")]
    Postgres(#[from] PoolError),
    /// A breaker turned the call away, or it took too long.
    #[error(transparent)]
    Unavailable(#[from] CircuitError),
}

impl ServiceError {
    /// How long the service asks to be left alone.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } => *retry_after,
            _ => None,
        }
    }
}

impl ServicePool {
    /// Opens no connection: each is made when it is needed first.
    pub(crate) fn new(addresses: Addresses) -> anyhow::Result<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(0);
        // So that `/health` has them before they are called.
        registry().register_declared();
        let client = redis::Client::open(addresses.redis)?;
        let mut postgres = deadpool_postgres::Config::new();
        postgres.url = Some(addresses.postgres);
        Ok(Self {
            http: service::client()?,
            llm: addresses.llm,
            redis: ConnectionManager::new_lazy_with_config(client, config)?,
            postgres: postgres.create_pool(Some(Runtime::Tokio1), NoTls)?,
            agents: addresses.agents,
            apis: addresses.apis,
        })
    }

    /// Answers a prompt: as an hour ago at the most, or else by the model.
    pub(crate) async fn answer(&self, prompt: &str) -> Result<String, ServiceError> {
        if let Some(answer) = self.recall(prompt).await? {
            return Ok(answer);
        }
        let answer = self.complete(prompt).await?;
        self.note(prompt, &answer).await?;
        Ok(answer)
    }

    /// There is nothing to say in the model's place. Its kind has a `call_timeout` of 30 s.
    #[circuit_breaker(
        name = "llm",
        service_type = "llm",
        failure_threshold = FAILURES,
        recovery_timeout = PAUSE,
        open_for = ServiceError::retry_after
    )]
    async fn complete(&self, prompt: &str) -> Result<String, ServiceError> {
        text(self.http.post(&self.llm).body(prompt.to_owned())).await
    }

    /// What is noted; nothing, while Redis is away.
    #[circuit_breaker(
        name = "redis",
        service_type = "redis",
        failure_threshold = FAILURES,
        recovery_timeout = PAUSE,
        call_timeout = PATIENCE,
        fallback = |_| Ok(None)
    )]
    async fn recall(&self, key: &str) -> Result<Option<String>, ServiceError> {
        let text: RedisResult<_> = self.redis.clone().get(noted(key)).await;
        Ok(text?)
    }

    #[circuit_breaker(
        name = "redis",
        service_type = "redis",
        call_timeout = PATIENCE,
        fallback = |_, _| Ok(())
    )]
    async fn note(&self, key: &str, text: &str) -> Result<(), ServiceError> {
        Ok(self.redis.clone().set_ex(noted(key), text, HOUR.as_secs()).await?)
    }

    /// The name of a customer. Names change seldom: an old one will do for a while. Without the database
    /// the program is of little use: it is `critical`.
    #[circuit_breaker(
        name = "postgres",
        service_type = "database",
        critical,
        failure_threshold = FAILURES,
        recovery_timeout = PAUSE,
        call_timeout = "5s",
        stale_if_error(max_age = "5m", key = id)
    )]
    pub(crate) async fn customer(&self, id: &str) -> Result<Option<String>, ServiceError> {
        let statement = "SELECT name FROM customers WHERE id = $1";
        let row = self.postgres.get().await?.query_opt(statement, &[&id]).await;
        Ok(row.map_err(PoolError::from)?.map(|row| row.get(0)))
    }

    /// Has an agent do something. Each has a breaker of its own: one may be down alone.
    pub(crate) async fn delegate(&self, agent: &str, task: &str) -> Result<String, ServiceError> {
        self.ask_agent(agent, find("agent", &self.agents, agent)?, task).await
    }

    #[circuit_breaker(
        name = "agents",
        key = agent,
        service_type = "agent",
        failure_threshold = FAILURES,
        recovery_timeout = PAUSE,
        call_timeout = "20s"
    )]
    async fn ask_agent(&self, agent: &str, url: &str, task: &str) -> Result<String, ServiceError> {
        text(self.http.post(url).body(task.to_owned())).await
    }

    /// Asks an API of somebody else's. What it said ten minutes ago will do while it is down.
    pub(crate) async fn fetch(&self, api: &str, what: &str) -> Result<String, ServiceError> {
        self.ask_api(api, find("API", &self.apis, api)?, what).await
    }

    #[circuit_breaker(
        name = "apis",
        key = api,
        service_type = "external_api",
        failure_threshold = FAILURES,
        recovery_timeout = PAUSE,
        call_timeout = "5s",
        open_for = ServiceError::retry_after,
        stale_if_error(max_age = "10m", key = (api, what))
    )]
    async fn ask_api(&self, api: &str, url: &str, what: &str) -> Result<String, ServiceError> {
        text(self.http.get(format!("{url}/{what}"))).await
    }
}

/// A name that is not known reaches no breaker, lest anybody can make them.
fn find<'a>(
    kind: &'static str,
    urls: &'a BTreeMap<String, String>,
    name: &str,
) -> Result<&'a str, ServiceError> {
    let url = urls.get(name).map(String::as_str);
    url.ok_or_else(|| ServiceError::Unknown { kind, name: name.to_owned() })
}

fn noted(key: &str) -> String {
    format!("service_pool:v1:{key}")
}

async fn text(request: RequestBuilder) -> Result<String, ServiceError> {
    let response = request.send().await?;
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        return Err(ServiceError::Busy { retry_after: retry_after(response.headers()) });
    }
    Ok(response.error_for_status()?.text().await?)
}
