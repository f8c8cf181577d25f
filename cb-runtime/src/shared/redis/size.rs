//! How long on the way to Redis and back is what instances say: for reckoning what sharing costs without
//! a Redis for each of a thousand instances.

use redis::{Cmd, ConnectionLike, RedisResult, Value};

use super::scripts::{self, Keys};
use crate::shared::wire::{Reply, Request, Since, View};

/// What goes between instances and one prefix, in bytes of Redis's protocol.
pub(in crate::shared) struct Sizes(Keys);

impl Sizes {
    pub(in crate::shared) fn new(prefix: &str) -> Self {
        Self(Keys::new(prefix, 0))
    }

    /// A command, as the client writes it.
    pub(in crate::shared) fn request(&self, request: &Request) -> u64 {
        let mut nowhere = Nowhere { written: 0 };
        let (_, call) = scripts::of(&self.0, request);
        let _ = call.invoke::<Value>(&mut nowhere);
        nowhere.written
    }

    /// What is published of a breaker, to one instance.
    pub(in crate::shared) fn message(&self, view: &View) -> u64 {
        array(3) + text("message".len()) + text(self.0.channel().len()) + json(view)
    }
}

/// A connection that only counts.
struct Nowhere {
    written: u64,
}

impl ConnectionLike for Nowhere {
    fn req_packed_command(&mut self, command: &[u8]) -> RedisResult<Value> {
        self.written += command.len() as u64;
        Ok(Value::Nil)
    }

    fn req_packed_commands(
        &mut self,
        commands: &[u8],
        _: usize,
        _: usize,
    ) -> RedisResult<Vec<Value>> {
        self.written += commands.len() as u64;
        Ok(Vec::new())
    }

    fn req_command(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.req_packed_command(&command.get_packed_command())
    }

    fn get_db(&self) -> i64 {
        0
    }

    fn check_connection(&mut self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        true
    }
}

/// An answer, as the scripts give it.
pub(in crate::shared) fn reply(reply: &Reply) -> u64 {
    match reply {
        Reply::Synced(synced) => {
            let Since { born, cursor, seen } = synced.since;
            let known = [born, cursor, seen].into_iter().map(whole).sum::<u64>();
            let views = array(synced.views.len()) + synced.views.iter().map(json).sum::<u64>();
            let flags = 2 * integer(0) + integer(u64::from(synced.living));
            array(6) + whole(synced.now) + array(3) + known + flags + views
        }
        Reply::Told { view, .. } => array(2) + integer(1) + json(view),
        Reply::Lease { lease, view } => {
            let (Ok(number) | Err(number)) = lease;
            array(3) + integer(1) + integer(*number) + json(view)
        }
        Reply::Done { now } => array(1) + whole(*now),
    }
}

const END: u64 = "\r\n".len() as u64;

fn digits(number: u64) -> u64 {
    u64::from(number.checked_ilog10().unwrap_or_default()) + 1
}

fn integer(number: u64) -> u64 {
    ":".len() as u64 + digits(number) + END
}

fn array(length: usize) -> u64 {
    integer(length as u64)
}

/// A text of so many bytes.
fn text(length: usize) -> u64 {
    integer(length as u64) + length as u64 + END
}

/// A number that is told as a text.
fn whole(number: u64) -> u64 {
    let digits = digits(number);
    integer(digits) + digits + END
}

fn json(view: &View) -> u64 {
    text(serde_json::to_vec(view).map_or(0, |text| text.len()))
}
