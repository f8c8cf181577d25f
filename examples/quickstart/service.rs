//! The price service: a real HTTP server on this computer that can be told to misbehave.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use tokio::{net::TcpListener, sync::watch, time::sleep};

/// Far longer than the caller is ready to wait.
const SLOW: Duration = Duration::from_secs(1);

#[derive(Clone, Copy)]
pub(crate) enum Behaviour {
    Healthy,
    /// Answers "500 Internal Server Error".
    Failing,
    /// Answers correctly, but too late.
    Slow,
}

pub(crate) struct PriceService {
    address: SocketAddr,
    desk: Arc<Desk>,
}

impl PriceService {
    /// Starts the service on a free port. It runs until the program ends.
    pub(crate) async fn start() -> io::Result<Self> {
        let desk = Arc::new(Desk::new());
        let app = Router::new().route("/price/{product}", get(answer)).with_state(desk.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(axum::serve(listener, app).into_future());
        Ok(Self { address, desk })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        self.desk.behaviour.send_replace(behaviour);
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        *self.desk.behaviour.borrow()
    }

    /// How many requests have arrived.
    pub(crate) fn requests(&self) -> u32 {
        self.desk.requests.load(Ordering::Relaxed)
    }
}

/// What the server's answers depend on.
struct Desk {
    behaviour: watch::Sender<Behaviour>,
    requests: AtomicU32,
}

impl Desk {
    fn new() -> Self {
        Self { behaviour: watch::Sender::new(Behaviour::Healthy), requests: AtomicU32::new(0) }
    }
}

async fn answer(State(desk): State<Arc<Desk>>) -> Result<Json<u32>, StatusCode> {
    let number = desk.requests.fetch_add(1, Ordering::Relaxed) + 1;
    // The price moves with every request, so that an old one can be told from a new one.
    let cents = 400 + number;
    let behaviour = *desk.behaviour.borrow();
    match behaviour {
        Behaviour::Healthy => Ok(Json(cents)),
        Behaviour::Failing => Err(StatusCode::INTERNAL_SERVER_ERROR),
        Behaviour::Slow => {
            sleep(SLOW).await;
            Ok(Json(cents))
        }
    }
}
