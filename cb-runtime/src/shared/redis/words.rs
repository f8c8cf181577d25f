//! What Redis and the client library say is wrong, in a user's words and without a password.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::shared::store::Trouble;

/// What is never to be shown.
#[derive(Clone)]
pub(super) struct Words(Vec<String>);

const REFUSED: &str = "it refuses the user or the password in the address";
const FOREIGN: &str = "something else uses it, or another version; choose another prefix";

impl Words {
    /// Knows what no text may hold.
    pub(super) fn without(mut secrets: Vec<String>) -> Self {
        secrets.retain(|secret| !secret.is_empty());
        // A secret that is a part of another goes after it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    pub(super) fn of(&self, error: &RedisError) -> Trouble {
        Trouble(self.clean(text_of(error)))
    }

    pub(super) fn clean(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| text.replace(secret, "…"))
    }
}

fn text_of(error: &RedisError) -> String {
    let said = error.to_string();
    let says = |what: &str| said.contains(what);
    match error.kind() {
        ErrorKind::AuthenticationFailed => REFUSED.to_owned(),
        ErrorKind::RESP3NotSupported => "it is too old: Redis 6 or later is needed".to_owned(),
        ErrorKind::Server(ServerErrorKind::NoPerm) => {
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
        _ if error.code() == Some("WRONGPASS") => REFUSED.to_owned(),
        _ if error.code() == Some("NOAUTH") || says("NOAUTH") => {
            "it wants a user or a password, and there is none in the address".to_owned()
        }
        _ if says("WRONGTYPE") => {
            format!("a key under the prefix has another type than ours: {FOREIGN}")
        }
        _ if says("user_script") && (says("nil") || says("number")) => {
            format!("a key under the prefix holds what we do not write: {FOREIGN}")
        }
        _ if says("READONLY") => {
            "it is a replica, which cannot be written to: give the address of its master, or of the \
             Sentinels"
                .to_owned()
        }
        _ if says("not point to a sentinel") => "there is no Sentinel at the address".to_owned(),
        _ if says("certificate") => {
            format!(
                "its certificate is not accepted: {said}; one that no authority of the system has signed is \
                 given to `SharedOptions::root_certificates`"
            )
        }
        _ if error.is_timeout() => "it does not answer in time".to_owned(),
        _ => said,
    }
}
