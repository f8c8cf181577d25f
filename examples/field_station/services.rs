//! What the station calls, where it was not told where that is: servers of its own, which go with it.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use cb_examples::service::Service;
use tokio::time::sleep;

use crate::{database::Sighting, headquarters::Report};

/// How long a model takes with the first question, and how much longer than any call may.
const LOADING: Duration = Duration::from_millis(600);

/// A server with a model: cold when it starts, and with memory for so many clips at a time.
pub(crate) struct ModelServer {
    pub(crate) service: Service,
    desk: Arc<Desk>,
}

struct Desk {
    bird: &'static str,
    is_warm: AtomicBool,
    memory: AtomicUsize,
}

impl ModelServer {
    pub(crate) async fn start(bird: &'static str, is_warm: bool) -> io::Result<Self> {
        let memory = AtomicUsize::new(usize::MAX);
        let desk = Arc::new(Desk { bird, is_warm: AtomicBool::new(is_warm), memory });
        let answers = Router::new().route("/", post(identify)).with_state(Arc::clone(&desk));
        Ok(Self { service: Service::start(answers).await?, desk })
    }

    /// From here on it has memory for so many clips.
    pub(crate) fn set_memory(&self, clips: usize) {
        self.desk.memory.store(clips, Ordering::Relaxed);
    }
}

async fn identify(
    State(desk): State<Arc<Desk>>,
    Json(clips): Json<Vec<f64>>,
) -> Result<Json<Vec<String>>, StatusCode> {
    // Who does not wait for it has not warmed it: a request that is given up ends here.
    if !desk.is_warm.load(Ordering::Relaxed) {
        sleep(LOADING).await;
        desk.is_warm.store(true, Ordering::Relaxed);
    }
    if clips.len() > desk.memory.load(Ordering::Relaxed) {
        return Err(StatusCode::INSUFFICIENT_STORAGE);
    }
    Ok(Json(vec![desk.bird.to_owned(); clips.len()]))
}

/// Those who read the reports.
pub(crate) struct Headquarters {
    pub(crate) service: Service,
    reports: Arc<Mutex<Vec<Report>>>,
}

impl Headquarters {
    pub(crate) async fn start() -> io::Result<Self> {
        let reports = Arc::<Mutex<Vec<Report>>>::default();
        let answers = Router::new()
            .route("/health", get(|| async { "well" }))
            .route("/reports", post(read))
            .with_state(Arc::clone(&reports));
        Ok(Self { service: Service::start(answers).await?, reports })
    }

    /// The reports that have arrived.
    pub(crate) fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn read(State(reports): State<Arc<Mutex<Vec<Report>>>>, Json(report): Json<Report>) {
    reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
}

/// What PostgreSQL would answer, where there is none.
pub(crate) fn rows(statement: &str, parameters: &[String]) -> Vec<String> {
    static KEPT: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    match parameters {
        [recording, _, sighting] => {
            if kept.iter().all(|(other, _)| other != recording) {
                kept.push((recording.clone(), sighting.clone()));
            }
            Vec::new()
        }
        [microphone] => {
            let is_wanted = |text: &String| {
                serde_json::from_str::<Sighting>(text).is_ok_and(|it| it.microphone == *microphone)
            };
            kept.iter().rev().map(|(_, text)| text.clone()).filter(is_wanted).collect()
        }
        _ if statement.starts_with("SELECT count") => vec![kept.len().to_string()],
        _ => Vec::new(),
    }
}
