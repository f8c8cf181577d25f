//! The scripts, how they are called, and what they answer.

use std::sync::OnceLock;

use redis::{FromRedisValue, Script, ScriptInvocation, Value};

use crate::shared::wire::{GivenBack, Opening, Order, Reply, Request, Since, Synced, View};

/// Where things are in Redis.
#[derive(Clone)]
pub(super) struct Keys {
    latest: String,
    index: String,
    forget: String,
    living: String,
    born: String,
    pages: String,
    channel: String,
}

impl Keys {
    pub(super) fn new(prefix: &str, db: i64) -> Self {
        // The number is that of this layout: another one has nothing to do with this.
        let key = |what: &str| format!("{{{prefix}}}:v1:{what}");
        Self {
            latest: key("latest"),
            index: key("index"),
            forget: key("forget"),
            living: key("living"),
            born: key("born"),
            pages: key("b:"),
            // What is published is heard in all databases.
            channel: match db {
                0 => key("changes"),
                db => key(&format!("changes:{db}")),
            },
        }
    }

    /// One of them: all are on the same node.
    pub(super) fn any(&self) -> &str {
        &self.latest
    }

    pub(super) fn channel(&self) -> &str {
        &self.channel
    }
}

/// What `sync.lua` answers.
type Listed = (u64, (u64, u64, u64), u8, u32, u8, Vec<String>);

/// Each kind of change has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Sync,
    Leave,
    Open,
    Close,
    Withdraw,
    Lease,
    GiveBack,
    Order,
}

impl Kind {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Sync, include_str!("scripts/sync.lua")),
        (Self::Leave, include_str!("scripts/leave.lua")),
        (Self::Open, include_str!("scripts/open.lua")),
        (Self::Close, include_str!("scripts/close.lua")),
        (Self::Withdraw, include_str!("scripts/withdraw.lua")),
        (Self::Lease, include_str!("scripts/lease.lua")),
        (Self::GiveBack, include_str!("scripts/give_back.lua")),
        (Self::Order, include_str!("scripts/order.lua")),
    ];

    /// The scripts, with what says the time before them.
    pub(super) fn scripts(clock: &str) -> Vec<Script> {
        let common = include_str!("scripts/common.lua");
        Self::ALL.iter().map(|(_, own)| Script::new(&format!("{clock}{common}{own}"))).collect()
    }

    /// The script, which Redis is asked for by its hash and told where it does not know it.
    fn script(self) -> &'static Script {
        static SCRIPTS: OnceLock<Vec<Script>> = OnceLock::new();
        &SCRIPTS.get_or_init(|| Self::scripts(include_str!("scripts/now.lua")))[self as usize]
    }

    /// What it answers.
    pub(super) fn read(self, answer: Value) -> Option<Reply> {
        match self {
            Self::Sync => {
                let (now, (born, cursor, seen), lost, living, more, views): Listed =
                    FromRedisValue::from_redis_value(answer).ok()?;
                let views = views.iter().filter_map(|view| serde_json::from_str(view).ok());
                Some(Reply::Synced(Synced {
                    now,
                    since: Since { born, cursor, seen },
                    lost: lost == 1,
                    living,
                    views: views.collect(),
                    more: more == 1,
                }))
            }
            Self::Leave | Self::Withdraw => {
                let (now,) = FromRedisValue::from_redis_value(answer).ok()?;
                Some(Reply::Done { now })
            }
            Self::Lease => {
                let (granted, number, view): (u8, u64, String) =
                    FromRedisValue::from_redis_value(answer).ok()?;
                let view = serde_json::from_str(&view).ok()?;
                Some(Reply::Lease {
                    lease: if granted == 1 { Ok(number) } else { Err(number) },
                    view,
                })
            }
            Self::Open | Self::Close | Self::GiveBack | Self::Order => {
                let (accepted, view): (u8, String) =
                    FromRedisValue::from_redis_value(answer).ok()?;
                let view: View = serde_json::from_str(&view).ok()?;
                Some(Reply::Told { accepted: accepted == 1, view })
            }
        }
    }
}

/// The call of the script for a request.
pub(super) fn of(keys: &Keys, request: &Request) -> (Kind, ScriptInvocation<'static>) {
    call(keys, request, Kind::script)
}

/// The same, of scripts that are given.
pub(super) fn call<'a>(
    keys: &Keys,
    request: &Request,
    script: impl Fn(Kind) -> &'a Script,
) -> (Kind, ScriptInvocation<'a>) {
    let begin = |kind: Kind, name: &str| {
        let Keys { latest, index, forget, living, born, pages, channel } = keys;
        let mut call = script(kind).prepare_invoke();
        for key in [latest, index, forget, living, born] {
            call.key(key);
        }
        call.key(format!("{pages}{name}")).arg(channel).arg(name);
        call
    };
    match request {
        Request::Sync { instance, since: Since { born, cursor, seen }, ttl } => {
            let mut call = begin(Kind::Sync, "");
            call.arg(instance).arg(born).arg(cursor).arg(seen).arg(ttl);
            (Kind::Sync, call)
        }
        Request::Leave { instance } => {
            let mut call = begin(Kind::Leave, "");
            call.arg(instance);
            (Kind::Leave, call)
        }
        Request::Open(opening) => {
            let Opening { name, instance, base, decided, time, row, needed, again } = opening;
            let mut call = begin(Kind::Open, name);
            call.arg(instance).arg(base).arg(decided).arg(time).arg(row).arg(needed);
            call.arg(u8::from(*again));
            (Kind::Open, call)
        }
        Request::Close { name, instance, base } => {
            let mut call = begin(Kind::Close, name);
            call.arg(instance).arg(base);
            (Kind::Close, call)
        }
        Request::Withdraw { name, instance } => {
            let mut call = begin(Kind::Withdraw, name);
            call.arg(instance);
            (Kind::Withdraw, call)
        }
        Request::Lease { name, instance, most, ttl } => {
            let mut call = begin(Kind::Lease, name);
            call.arg(instance).arg(most).arg(ttl);
            (Kind::Lease, call)
        }
        Request::GiveBack(given) => {
            let GivenBack { name, instance, lease, success_of } = given;
            let mut call = begin(Kind::GiveBack, name);
            call.arg(instance).arg(lease).arg(success_of);
            (Kind::GiveBack, call)
        }
        Request::Order { name, order, lasts } => {
            let (about, words) = match order {
                Order::Reset => ("x", ""),
                Order::Mode(mode) => ("m", mode.as_str()),
                Order::Config(settings) => ("g", settings.as_str()),
            };
            let mut call = begin(Kind::Order, name);
            call.arg(about).arg(words).arg(lasts);
            (Kind::Order, call)
        }
    }
}
