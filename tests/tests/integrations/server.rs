//! A server whose answers a test decides.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, AtomicU32, Ordering},
    },
};

use axum::{Router, extract::State, response::Response, routing::get};
use tokio::{net::TcpListener, task::JoinHandle};

/// On a free port of 127.0.0.1, until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Arc<Asked>,
    task: JoinHandle<()>,
}

struct Asked {
    status: AtomicU16,
    retry_after: Mutex<Option<String>>,
    times: AtomicU32,
}

async fn answer(State(asked): State<Arc<Asked>>) -> Response {
    asked.times.fetch_add(1, Ordering::Relaxed);
    let status = asked.status.load(Ordering::Relaxed);
    let mut response = Response::builder().status(status);
    if let Some(when) = &*asked.retry_after.lock().unwrap() {
        response = response.header("retry-after", when);
    }
    response.body("an answer".into()).unwrap()
}

impl Server {
    pub(super) async fn start() -> Self {
        let asked = Arc::new(Asked {
            status: AtomicU16::new(200),
            retry_after: Mutex::new(None),
            times: AtomicU32::new(0),
        });
        let router = Router::new().route("/", get(answer)).with_state(Arc::clone(&asked));
        let Served { address, task } = serve(router).await;
        Self { address, asked, task }
    }

    /// From here on it answers with this status.
    pub(super) fn answers(&self, status: u16) {
        self.asked.status.store(status, Ordering::Relaxed);
    }

    /// It asks to be left alone, too.
    pub(super) fn answers_with_retry_after(&self, status: u16, when: &str) {
        *self.asked.retry_after.lock().unwrap() = Some(when.to_owned());
        self.answers(status);
    }

    /// How often it has been asked.
    pub(super) fn times(&self) -> u32 {
        self.asked.times.load(Ordering::Relaxed)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) struct Served {
    pub(super) address: SocketAddr,
    pub(super) task: JoinHandle<()>,
}

pub(super) async fn serve(router: Router) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    Served { address, task }
}
