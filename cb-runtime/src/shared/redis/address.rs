//! An address of Redis: one server, or a group of them that knows which one has the keys.

use percent_encoding::percent_decode_str;
use redis::{
    ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo,
    RedisError,
};

use crate::shared::error::SharedStateError;

/// Where a Sentinel listens when nobody says otherwise.
const SENTINEL_PORT: u16 = 26_379;

const SCHEME: &str = "it does not begin with `redis://` or one of its kin";
const MANY: &str = "several servers are written `redis+sentinel://HOST,HOST/SERVICE` or `redis+cluster://HOST,HOST`";
const ENCODE: &str = "there is an `@` behind the first `/`, `?` or `#`: those in a password are written `%2F`, \
                      `%3F` and `%23`";
const SERVICE: &str = "behind the Sentinels there must be the name of the service, and of letters, digits, `.`, \
                       `-` and `_`";
const PARAMETERS: &str =
    "behind the `?` there may be `sentinel_user=` and `sentinel_password=` and no more";

/// What an address says.
pub(super) struct Address {
    pub(super) servers: Servers,
    /// For people: without user and password.
    pub(super) name: String,
    /// The number of the database.
    pub(super) db: i64,
    /// What is never to be shown.
    pub(super) secrets: Vec<String>,
}

/// Who is asked first.
pub(super) enum Servers {
    /// The one that has the keys.
    One(ConnectionInfo),
    /// Those that know which one it is.
    Sentinels(Sentinels),
    /// Nodes of a Cluster: each knows which one it is.
    Nodes(Vec<ConnectionInfo>),
}

pub(super) struct Sentinels {
    /// With their own user and password.
    pub(super) them: Vec<ConnectionInfo>,
    pub(super) service: String,
    /// For the server itself.
    pub(super) settings: RedisConnectionInfo,
}

impl Servers {
    pub(super) fn want_tls(&self) -> bool {
        let (one, several) = match self {
            Self::One(server) => (Some(server), None),
            Self::Sentinels(sentinels) => (None, Some(&sentinels.them)),
            Self::Nodes(nodes) => (None, Some(nodes)),
        };
        let mut servers = one.into_iter().chain(several.into_iter().flatten());
        servers.any(|server| matches!(server.addr(), ConnectionAddr::TcpTls { .. }))
    }
}

impl Address {
    /// # Errors
    /// Never with anything in it that was given: it may be of the password.
    pub(super) fn read(url: &str) -> Result<Self, SharedStateError> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let parts = Parts::of(rest);
        let (base, way) = scheme.split_once('+').unwrap_or((scheme, ""));
        let is_base = matches!(base, "redis" | "rediss" | "valkey" | "valkeys" | "unix");
        if !is_base || !matches!(way, "" | "unix" | "sentinel" | "cluster") {
            return Err(refused(SCHEME));
        }
        let is_path = scheme.ends_with("unix");
        if !is_path && parts.behind.contains('@') {
            return Err(refused(ENCODE));
        }
        match way {
            "sentinel" => parts.sentinels(base),
            "cluster" => parts.nodes(base),
            _ if !is_path && parts.hosts.contains(',') => Err(refused(MANY)),
            _ => {
                let server = one(url)?;
                let mut secrets = parts.secrets(server.redis_settings());
                // That of a Unix socket is a parameter.
                let given = parts.parameters().filter(|(name, _)| *name == "pass");
                secrets.extend(given.map(|(_, password)| password.to_owned()));
                let name = server.addr().to_string();
                let db = server.redis_settings().db();
                Ok(Self { servers: Servers::One(server), name, db, secrets })
            }
        }
    }
}

/// The parts of `USER:PASSWORD@HOST:PORT,HOST:PORT/PATH?PARAMETERS#FRAGMENT`.
struct Parts<'a> {
    user: &'a str,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
    fragment: &'a str,
    /// Path, parameters and fragment.
    behind: &'a str,
}

impl<'a> Parts<'a> {
    fn of(rest: &'a str) -> Self {
        let (before, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = before.rsplit_once('@').unwrap_or(("", before));
        let (path, fragment) = behind.split_once('#').unwrap_or((behind, ""));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        Self { user, hosts, path, query, fragment, behind }
    }

    fn parameters(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let given = self.query.split('&').filter(|parameter| !parameter.is_empty());
        given.map(|parameter| parameter.split_once('=').unwrap_or((parameter, "")))
    }

    /// The password, as it is and as it was written.
    fn secrets(&self, settings: &RedisConnectionInfo) -> Vec<String> {
        let written = self.user.split_once(':').map(|(_, password)| password);
        settings.password().into_iter().chain(written).map(ToOwned::to_owned).collect()
    }

    /// Each of the hosts as if it were the only one.
    fn each(
        &self,
        base: &str,
        port: Option<u16>,
        path: &str,
    ) -> Result<Vec<ConnectionInfo>, SharedStateError> {
        let Self { user, hosts, fragment, .. } = self;
        let at = if user.is_empty() { "" } else { "@" };
        let hash = if fragment.is_empty() { "" } else { "#" };
        let url_of = |host: &str| {
            let has_port = host.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
            let port =
                port.filter(|_| !has_port).map(|port| format!(":{port}")).unwrap_or_default();
            one(&format!("{base}://{user}{at}{host}{port}{path}{hash}{fragment}"))
        };
        hosts.split(',').map(str::trim).map(url_of).collect()
    }

    fn sentinels(&self, base: &str) -> Result<Address, SharedStateError> {
        let path = self.path.trim_matches('/');
        let (service, db) = path.split_once('/').unwrap_or((path, ""));
        // As Sentinel itself allows.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if service.is_empty() || !service.chars().all(is_plain) {
            return Err(refused(SERVICE));
        }
        let mut them = self.each(base, Some(SENTINEL_PORT), &format!("/{db}"))?;
        let settings = them.first().map(|server| server.redis_settings().clone());
        let settings = settings.unwrap_or_default();
        let mut secrets = self.secrets(&settings);
        let mut own = RedisConnectionInfo::default();
        for (name, value) in self.parameters() {
            let decoded = percent_decode_str(value).decode_utf8_lossy();
            own = match name {
                "sentinel_user" => own.set_username(&decoded),
                "sentinel_password" => {
                    secrets.extend([value.to_owned(), decoded.to_string()]);
                    own.set_password(&decoded)
                }
                _ => return Err(refused(PARAMETERS)),
            };
        }
        them = them.into_iter().map(|server| server.set_redis_settings(own.clone())).collect();
        let name = format!("{service} of the Sentinels {}", names(&them));
        let db = settings.db();
        let servers = Servers::Sentinels(Sentinels { them, service: service.to_owned(), settings });
        Ok(Address { servers, name, db, secrets })
    }

    fn nodes(&self, base: &str) -> Result<Address, SharedStateError> {
        let nodes = self.each(base, None, self.path)?;
        let mut secrets = Vec::new();
        for node in &nodes {
            secrets.extend(self.secrets(node.redis_settings()));
        }
        let name = format!("cluster of {}", names(&nodes));
        let db = nodes.first().map(|node| node.redis_settings().db()).unwrap_or_default();
        Ok(Address { servers: Servers::Nodes(nodes), name, db, secrets })
    }
}

fn names(servers: &[ConnectionInfo]) -> String {
    let names: Vec<String> = servers.iter().map(|server| server.addr().to_string()).collect();
    names.join(",")
}

/// One server's address, as the client library understands it.
fn one(url: &str) -> Result<ConnectionInfo, SharedStateError> {
    let is_tls = url.starts_with("rediss:") || url.starts_with("valkeys:");
    if is_tls && !cfg!(feature = "redis-tls") {
        return Err(SharedStateError::Tls(
            "the feature `redis-tls` of `cb-runtime` is not enabled".to_owned(),
        ));
    }
    let understood = url.into_connection_info().map_err(|error| refused(&in_words(&error)))?;
    // What is published comes over the same connection: when that is lost, so is this.
    let settings = understood.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    // What the library is called nobody needs to know, and a user needs a right to say it.
    let settings = settings.set_skip_set_lib_name();
    Ok(understood.set_redis_settings(settings))
}

fn refused(why: &str) -> SharedStateError {
    SharedStateError::Url(why.to_owned())
}

/// What the library says is wrong, without its detail, which may be a part of the address.
fn in_words(error: &RedisError) -> String {
    let text = error.to_string();
    let about = text.split(" - ").next().unwrap_or_default();
    if about.ends_with("did not parse") {
        return "there is no host in it, or a port that is none".to_owned();
    }
    let mut letters = about.chars();
    let first = letters.next().unwrap_or_default().to_lowercase();
    first.chain(letters).collect()
}
