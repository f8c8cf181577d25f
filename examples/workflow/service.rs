//! The services: real HTTP servers on this computer that can be told to misbehave.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::post,
};
use tokio::{net::TcpListener, sync::watch, time::sleep};

use crate::steps::{Digest, Question};

/// Far longer than a caller is ready to wait.
const SLOW: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
    Healthy,
    /// Answers "503 Service Unavailable".
    Failing,
    /// Answers correctly, but too late.
    Slow,
    /// Answers each third request, the others as if it failed.
    Flaky,
}

/// The three services of the workflow.
pub(crate) struct Fleet {
    pub(crate) vector_search: Service,
    pub(crate) llm: Service,
    pub(crate) database: Service,
    stored: Arc<Mutex<Vec<Digest>>>,
}

impl Fleet {
    /// Starts the services, each on a free port. They run until the program ends.
    pub(crate) async fn start() -> io::Result<Self> {
        let stored = Arc::<Mutex<Vec<Digest>>>::default();
        Ok(Self {
            vector_search: Service::start(post(find)).await?,
            llm: Service::start(post(sum_up)).await?,
            database: Service::start(post(keep).with_state(stored.clone())).await?,
            stored,
        })
    }

    /// What the database holds.
    pub(crate) fn stored(&self) -> Vec<Digest> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn find(Json(question): Json<Question>) -> Json<Vec<String>> {
    let Question { topic, most } = question;
    Json((1..=most).map(|number| format!("On {topic}, part {number}")).collect())
}

async fn sum_up(Json(titles): Json<Vec<String>>) -> Json<String> {
    Json(format!("{} articles, in short", titles.len()))
}

async fn keep(
    State(stored): State<Arc<Mutex<Vec<Digest>>>>,
    Json(digest): Json<Digest>,
) -> Json<()> {
    stored.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
    Json(())
}

pub(crate) struct Service {
    address: SocketAddr,
    desk: Arc<Desk>,
}

/// What the answers depend on, beside the question.
struct Desk {
    behaviour: watch::Sender<Behaviour>,
    /// Since it last began to behave otherwise.
    requests: AtomicU32,
}

impl Service {
    async fn start(answer: axum::routing::MethodRouter) -> io::Result<Self> {
        let behaviour = watch::Sender::new(Behaviour::Healthy);
        let desk = Arc::new(Desk { behaviour, requests: AtomicU32::new(0) });
        let app =
            Router::new().route("/", answer).layer(from_fn_with_state(desk.clone(), misbehave));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(axum::serve(listener, app).into_future());
        Ok(Self { address, desk })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.desk.requests.store(0, Ordering::Relaxed);
        self.desk.behaviour.send_replace(behaviour);
    }
}

async fn misbehave(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    let number = desk.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let behaviour = *desk.behaviour.borrow();
    match behaviour {
        Behaviour::Flaky if number % 3 != 0 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Behaviour::Healthy | Behaviour::Flaky => next.run(request).await,
        Behaviour::Failing => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Behaviour::Slow => {
            sleep(SLOW).await;
            next.run(request).await
        }
    }
}
