//! What Redis and the client library say is wrong, in a user's words and without a password.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::address::Servers;
use crate::shared::store::Trouble;

/// What is never to be shown.
#[derive(Clone)]
pub(super) struct Words {
    secrets: Vec<String>,
    is_tls: bool,
    are_sentinels: bool,
}

const REFUSED: &str = "it refuses the user or the password in the address";
const MISSING: &str = "it wants a user or a password, and there is none in the address";
const FOREIGN: &str = "something else uses it, or another version; choose another prefix";

impl Words {
    /// Knows what no text may hold.
    pub(super) fn without(mut secrets: Vec<String>, servers: &Servers) -> Self {
        secrets.retain(|secret| !secret.is_empty());
        // A secret that is a part of another goes after it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let are_sentinels = matches!(servers, Servers::Sentinels(_));
        Self { secrets, is_tls: servers.want_tls(), are_sentinels }
    }

    pub(super) fn of(&self, error: &RedisError) -> Trouble {
        Trouble(self.clean(text_of(error)))
    }

    /// Of an error before there was a connection.
    pub(super) fn of_connecting(&self, error: &RedisError) -> Trouble {
        let Trouble(text) = self.of(error);
        let is_dropped = error.is_connection_dropped() && !error.is_connection_refusal();
        let hint = if self.is_tls && error.is_timeout() {
            "; does this port speak TLS?"
        } else if !self.is_tls && is_dropped {
            "; if that goes on, this port may want TLS, `rediss://`"
        } else if self.are_sentinels && (text == REFUSED || text == MISSING) {
            "; that of the Sentinels themselves is written `?sentinel_password=`"
        } else {
            ""
        };
        Trouble(text + hint)
    }

    pub(super) fn clean(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| text.replace(secret, "…"))
    }
}

fn text_of(error: &RedisError) -> String {
    let said = error.to_string();
    let says = |what: &str| said.contains(what);
    match error.kind() {
        ErrorKind::AuthenticationFailed => REFUSED.to_owned(),
        ErrorKind::Parse => Trouble::odd().0,
        ErrorKind::RESP3NotSupported => "it is too old: Redis 6 or later is needed".to_owned(),
        _ if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm)
            || says("NOPERM")
            || says("The user executing the script") =>
        {
            "the user in the address may not do this: the guide `many_instances` has the rights that it \
             needs on the keys and the channel of the prefix"
                .to_owned()
        }
        ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask) => {
            "its keys are on another node of a cluster: write `redis+cluster://` in the address, or wait \
             until they have moved"
                .to_owned()
        }
        ErrorKind::Server(ServerErrorKind::ClusterDown) => {
            format!("the cluster is down: {said}")
        }
        ErrorKind::MasterNameNotFoundBySentinel => {
            "the Sentinels know no master of this service that answers".to_owned()
        }
        _ if says("WRONGPASS") => REFUSED.to_owned(),
        _ if says("NOAUTH") => MISSING.to_owned(),
        _ if says("WRONGTYPE") => {
            format!("a key under the prefix has another type than ours: {FOREIGN}")
        }
        _ if says("user_script") && (says("nil") || says("number")) => {
            format!("a key under the prefix holds what we do not write: {FOREIGN}")
        }
        _ if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) || says("READONLY") => {
            "it is a replica, which cannot be written to: give the address of its master, or of the \
             Sentinels"
                .to_owned()
        }
        _ if says("unknown command") => {
            "it does not know a command that is needed: if it is a Sentinel, write `redis+sentinel://` in \
             the address"
                .to_owned()
        }
        _ if says("OOM") => "it has no memory left: its `maxmemory` is reached".to_owned(),
        _ if says("DB index") => "it has no database of this number".to_owned(),
        _ if says("not point to a sentinel") => "there is no Sentinel at the address".to_owned(),
        _ if says("CertificateRequired") => {
            "it wants a certificate: give one to `SharedOptions::client_certificate`".to_owned()
        }
        _ if says("received fatal alert") => {
            format!("it does not accept this instance's TLS: {said}")
        }
        _ if says("certificate") => {
            format!(
                "its certificate is not accepted: {said}; one that no authority of the system has signed is \
                 given to `SharedOptions::root_certificates`"
            )
        }
        _ if error.is_connection_refusal() => format!("nobody listens there: {said}"),
        _ if error.is_timeout() => "it does not answer in time".to_owned(),
        _ => said,
    }
}
