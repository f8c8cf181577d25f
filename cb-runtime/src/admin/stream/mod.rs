//! `GET events`: what happens to breakers, as it happens.

mod ring;

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::IntoParams;

pub(super) use ring::Ring;
use ring::{Waiting, frame};

use super::{Shared, body::Parameters, problem::Problem};

/// After so long without an event, a comment keeps the connection up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// So many events are taken out at once.
const AT_ONCE: usize = 16;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// From where on events are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// The id of the last event that was received, for those who cannot send it as `Last-Event-ID`.
    last_event_id: Option<String>,
}

/// The first event of each stream.
#[derive(Serialize)]
pub(super) struct Connected {
    /// Another one after each start of the program.
    instance: Arc<str>,
    /// The library's.
    version: &'static str,
}

/// Events that this reader has missed.
#[derive(Serialize)]
pub(super) struct MissedEvents {
    /// How many.
    count: u64,
}

/// Where a reader is.
struct Reader {
    ring: Arc<Ring>,
    changes: watch::Receiver<u64>,
    number: u64,
    ready: VecDeque<Bytes>,
}

#[utoipa::path(
    get, path = "/events", tag = "see",
    params(Since, ("last-event-id" = Option<String>, Header, description = "The id of the last event that was received.")),
    responses((
        status = 200,
        description = "Server-sent events, without end: `connected` first, then `transition`, `reset`, `mode_changed`, `config_changed`, `operated`, `store_degraded` and `store_restored`, and `missed` where some are lost. The data is JSON.",
        body = String, content_type = "text/event-stream",
    )),
)]
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Parameters(since): Parameters<Since>,
) -> Result<Response, Problem> {
    let ring = Arc::clone(&shared.ring);
    ring.listen(&shared.registry);
    let sent = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).map(ToOwned::to_owned);
    let last = sent.or(since.last_event_id);
    let reader = Reader::new(ring, last.as_deref());
    let frames = stream::unfold(reader, |mut reader| async move {
        let frame = reader.next().await;
        Some((Ok::<_, Infallible>(frame), reader))
    });
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Of proxies that would gather it first.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// Where a reader goes on that has this event as its last: behind it; where it is of another start of the
/// program, or none of ours at all, at the oldest that there is; and without one, at the next that comes.
fn number(last: Option<&str>, instance: &str, next: u64) -> u64 {
    let Some(last) = last.filter(|last| !last.is_empty()) else { return next };
    let ours = last.rsplit_once('-').filter(|(its, _)| *its == instance);
    match ours.and_then(|(_, number)| number.parse::<u64>().ok()) {
        Some(number) => number.saturating_add(1).min(next),
        None => 1,
    }
}

impl Reader {
    fn new(ring: Arc<Ring>, last: Option<&str>) -> Self {
        let changes = ring.changes();
        let number = number(last, ring.instance(), ring.next());
        let connected =
            Connected { instance: Arc::clone(ring.instance()), version: env!("CARGO_PKG_VERSION") };
        let mut reader = Self { ring, changes, number, ready: VecDeque::new() };
        let first = reader.frame("connected", &connected);
        reader.ready.push_back(first);
        reader
    }

    /// An event of this reader's own. Its id is that of the one before, from which it would go on.
    fn frame(&self, kind: &str, data: &impl Serialize) -> Bytes {
        frame(self.ring.instance(), self.number.saturating_sub(1), kind, data)
    }

    async fn next(&mut self) -> Bytes {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return ready;
            }
            // Before the look, so that nothing that comes after it is slept through.
            self.changes.borrow_and_update();
            match self.ring.from(self.number, AT_ONCE) {
                Waiting::Events(events, next) => {
                    self.ready.extend(events);
                    self.number = next;
                }
                Waiting::Missed(count, next) => {
                    self.number = next;
                    return self.frame("missed", &MissedEvents { count });
                }
                Waiting::Nothing => {
                    if tokio::time::timeout(KEEP_ALIVE, self.changes.changed()).await.is_err() {
                        return Bytes::from_static(b":\n\n");
                    }
                }
            }
        }
    }
}
