//! The way to the server that has the keys: there at once, or by asking others where it is.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, RedisError, RedisResult,
    TlsMode, Value,
    aio::MultiplexedConnection,
    cmd,
    sentinel::{SentinelClientBuilder, SentinelServerType},
};

use super::{
    address::{Sentinels, Servers},
    tls::Certificates,
};

/// While the keys move, one node may name another that does not know of it yet.
const HOPS: usize = 4;

pub(super) struct Way {
    servers: Servers,
    certificates: Certificates,
    timeout: Duration,
    /// Which of several is asked first: another one after each failure, as that one may be the machine
    /// that is down, and may take all the time there is.
    turn: AtomicUsize,
}

impl Way {
    /// # Errors
    /// For certificates that are none.
    pub(super) fn new(
        servers: Servers,
        certificates: Certificates,
        timeout: Duration,
    ) -> RedisResult<Self> {
        let way = Self { servers, certificates, timeout, turn: AtomicUsize::new(0) };
        match &way.servers {
            Servers::One(server) => drop(way.client(server.clone())?),
            Servers::Sentinels(sentinels) => drop(way.sentinels(sentinels, 0)?.build()?),
            Servers::Nodes(nodes) => {
                for node in nodes {
                    way.client(node.clone())?;
                }
            }
        }
        Ok(way)
    }

    /// A connection to the server that has `key`.
    pub(super) async fn connect(
        &self,
        key: &str,
        config: AsyncConnectionConfig,
    ) -> RedisResult<MultiplexedConnection> {
        self.certificates.prepare();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let client = match &self.servers {
            Servers::One(server) => self.client(server.clone())?,
            Servers::Sentinels(sentinels) => {
                self.sentinels(sentinels, turn)?.build()?.async_get_client().await?
            }
            Servers::Nodes(nodes) => self.owner(nodes, turn, key).await?,
        };
        let config = self.within(config);
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        self.turn.store(turn, Ordering::Relaxed);
        Ok(connection)
    }

    fn within(&self, config: AsyncConnectionConfig) -> AsyncConnectionConfig {
        // Before whoever waits for it gives up, as only here it is known what the time was for.
        let connecting = self.timeout.mul_f64(0.9);
        config.set_connection_timeout(Some(connecting)).set_response_timeout(Some(self.timeout))
    }

    fn client(&self, server: ConnectionInfo) -> RedisResult<Client> {
        self.certificates.client(server)
    }

    fn sentinels(&self, asked: &Sentinels, turn: usize) -> RedisResult<SentinelClientBuilder> {
        let Sentinels { them, service, settings } = asked;
        let mut addresses: Vec<_> = them.iter().map(|server| server.addr().clone()).collect();
        let first = turn % addresses.len().max(1);
        addresses.rotate_left(first);
        let tls = addresses.first().and_then(mode);
        let master = SentinelServerType::Master;
        let mut asking = SentinelClientBuilder::new(addresses, service, master)?
            .set_client_to_redis_db(settings.db())
            .set_client_to_redis_protocol(settings.protocol());
        if let Some(user) = settings.username() {
            asking = asking.set_client_to_redis_username(user);
        }
        if let Some(password) = settings.password() {
            asking = asking.set_client_to_redis_password(password);
        }
        let own = them.first().map(ConnectionInfo::redis_settings);
        if let Some(user) = own.and_then(|own| own.username()) {
            asking = asking.set_client_to_sentinel_username(user);
        }
        if let Some(password) = own.and_then(|own| own.password()) {
            asking = asking.set_client_to_sentinel_password(password);
        }
        if let Some(tls) = tls {
            asking = self.certificates.to_sentinels(asking.set_client_to_redis_tls_mode(tls));
        }
        Ok(asking)
    }

    /// The node that has `key`. The library's own connection to a Cluster is one to each node of it, and
    /// would be lost with any; all keys of a prefix are on one.
    async fn owner(&self, nodes: &[ConnectionInfo], turn: usize, key: &str) -> RedisResult<Client> {
        let Some(mut server) = nodes.get(turn % nodes.len().max(1)).cloned() else {
            return Err(away("there are no nodes to ask"));
        };
        for _ in 0..HOPS {
            let client = self.client(server.clone())?;
            let config = self.within(AsyncConnectionConfig::new());
            let mut asked = client.get_multiplexed_async_connection_with_config(&config).await?;
            let answer: RedisResult<Value> = cmd("EXISTS").arg(key).query_async(&mut asked).await;
            match answer {
                Ok(_) => return Ok(client),
                Err(error) => match error.redirect_node() {
                    Some((node, _)) => server = at(&server, node)?,
                    None => return Err(error),
                },
            }
        }
        Err(away("the nodes of the cluster do not agree which of them has the keys"))
    }
}

fn mode(address: &ConnectionAddr) -> Option<TlsMode> {
    match address {
        ConnectionAddr::TcpTls { insecure: true, .. } => Some(TlsMode::Insecure),
        ConnectionAddr::TcpTls { .. } => Some(TlsMode::Secure),
        _ => None,
    }
}

/// The node at `HOST:PORT`, which is spoken to as the one that named it.
fn at(named_by: &ConnectionInfo, node: &str) -> RedisResult<ConnectionInfo> {
    let named = node.rsplit_once(':');
    let named = named.and_then(|(host, port)| Some((host.to_owned(), port.parse::<u16>().ok()?)));
    let (named_host, port) =
        named.ok_or_else(|| away("a node names another that has no address"))?;
    // A node that does not know what it is called by us names the port alone.
    let or_same =
        |host: &str| if named_host.is_empty() { host.to_owned() } else { named_host.clone() };
    let address = match named_by.addr() {
        ConnectionAddr::TcpTls { host, insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host: or_same(host),
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        ConnectionAddr::Tcp(host, _) => ConnectionAddr::Tcp(or_same(host), port),
        other => other.clone(),
    };
    Ok(named_by.clone().set_addr(address))
}

fn away(why: &'static str) -> RedisError {
    RedisError::from((redis::ErrorKind::Io, why))
}
