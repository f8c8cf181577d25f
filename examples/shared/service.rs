//! Services: real HTTP servers on this computer that can be told to misbehave.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, sync::watch, time::sleep};

/// Far longer than a caller is ready to wait.
const SLOW: Duration = Duration::from_secs(1);

/// What a service does with requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers.
    Healthy,
    /// Answers "503 Service Unavailable".
    Failing,
    /// Answers correctly, but too late: after a second.
    Slow,
    /// Answers each third request, the others as if it failed.
    Flaky,
}

/// A service. It runs until the program ends.
#[derive(Clone)]
pub struct Service {
    address: SocketAddr,
    desk: Arc<Desk>,
}

/// What the answers depend on, beside the question.
struct Desk {
    behaviour: watch::Sender<Behaviour>,
    requests: AtomicU32,
    /// Since it last began to behave otherwise.
    lately: AtomicU32,
}

impl Service {
    /// Starts a service that answers like this as long as it is healthy, on a free port.
    ///
    /// # Errors
    /// Where there is no port.
    pub async fn start(answers: Router) -> io::Result<Self> {
        let desk = Arc::new(Desk {
            behaviour: watch::Sender::new(Behaviour::Healthy),
            requests: AtomicU32::new(0),
            lately: AtomicU32::new(0),
        });
        let app = answers.layer(from_fn_with_state(Arc::clone(&desk), misbehave));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        tokio::spawn(axum::serve(listener, app).into_future());
        Ok(Self { address, desk })
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has it behave otherwise from here on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.desk.lately.store(0, Ordering::Relaxed);
        self.desk.behaviour.send_replace(behaviour);
    }

    /// How it behaves.
    pub fn behaviour(&self) -> Behaviour {
        *self.desk.behaviour.borrow()
    }

    /// How many requests have arrived.
    pub fn requests(&self) -> u32 {
        self.desk.requests.load(Ordering::Relaxed)
    }
}

async fn misbehave(State(desk): State<Arc<Desk>>, request: Request, next: Next) -> Response {
    desk.requests.fetch_add(1, Ordering::Relaxed);
    let number = desk.lately.fetch_add(1, Ordering::Relaxed) + 1;
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

/// A client for services like these. They are on this computer: a proxy that the environment names could not
/// reach them.
///
/// # Errors
/// Where the system gives it no randomness.
pub fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}
