//! A station in the woods: microphones record songs, a model names the birds, and headquarters are told.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use cb_runtime::{HealthCheck, registry};
use serde::{Deserialize, Serialize};

use crate::{
    calibration::Calibrations,
    database::{Database, DatabaseError, Sighting},
    headquarters::{Headquarters, Report, ReportError},
    model::{By, Clip, Model, ModelError},
    queue::{Done, keep_draining},
    screen,
};

pub(crate) struct Station {
    pub(crate) calibrations: Calibrations,
    pub(crate) model: Model,
    pub(crate) database: Database,
    pub(crate) headquarters: Headquarters,
    read_only: AtomicBool,
}

/// What a microphone has recorded.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Recording {
    /// One that no other recording has.
    pub(crate) name: String,
    pub(crate) microphone: String,
    pub(crate) clips: Vec<Clip>,
}

/// What has become of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Processed {
    pub(crate) gain: f64,
    pub(crate) birds: Vec<String>,
    pub(crate) by: By,
    pub(crate) kept: Done,
    pub(crate) reported: Done,
}

impl Station {
    /// Starts the only one of this program, which ends with it. What it calls need not be there yet.
    pub(crate) fn start(
        calibrations: Calibrations,
        model: Model,
        database: Database,
        headquarters: Headquarters,
    ) -> anyhow::Result<&'static Self> {
        let read_only = AtomicBool::new(false);
        let station = Self { calibrations, model, database, headquarters, read_only };
        let station: &'static Self = Box::leak(Box::new(station));
        station.listen();
        station.check_health()?;
        let database = &station.database;
        tokio::spawn(keep_draining(
            "database/write",
            &database.later,
            move |sighting| async move { database.keep(&sighting).await },
            screen::drained,
        ));
        let headquarters = &station.headquarters;
        tokio::spawn(keep_draining(
            "headquarters",
            &headquarters.later,
            move |report| async move { headquarters.report(&report).await },
            screen::drained,
        ));
        Ok(station)
    }

    /// Has breakers ask by themselves whether their services are back. The checks need the station, which the
    /// functions that the attribute takes could not have.
    fn check_health(&'static self) -> anyhow::Result<()> {
        // So that the breakers are there before the first call.
        registry().register_declared();
        let checks = [
            ("model", HealthCheck::from_fn("warm_up", || self.model.warm_up())),
            ("database/write", HealthCheck::from_fn("prepare", || self.database.prepare())),
            ("headquarters", HealthCheck::from_fn("knock", || self.headquarters.knock())),
        ];
        for (name, check) in checks {
            let breaker = registry().get(name).context("it is declared")?;
            breaker.reconfigure(|settings| settings.health_check(check))?;
        }
        Ok(())
    }

    /// Has the breaker of the writers tell when the station only reads.
    fn listen(&'static self) {
        registry().on_degraded("database/write", |_| async { self.set_read_only(true) });
        registry().on_recovered("database/write", |_| async { self.set_read_only(false) });
    }

    fn set_read_only(&self, is: bool) {
        self.read_only.store(is, Ordering::Relaxed);
        screen::read_only(is);
    }

    /// Whether sightings are only read for now, and new ones wait.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Relaxed)
    }

    /// Takes a recording all the way. Each step does what it can without the service behind it.
    pub(crate) async fn process(&self, recording: Recording) -> Result<Processed, StationError> {
        let Recording { name, microphone, clips } = recording;
        let gain = self.calibrations.of(&microphone).await?.gain;
        let clips: Vec<Clip> = clips.iter().map(|clip| clip * gain).collect();
        let named = self.model.identify(&clips).await?;
        let birds = named.birds;

        let sighting = Sighting {
            recording: name.clone(),
            microphone: microphone.clone(),
            birds: birds.clone(),
        };
        let kept = self.database.keep(&sighting).await?;
        let report = Report { recording: name, microphone, birds: birds.clone() };
        let reported = self.headquarters.report(&report).await?;
        Ok(Processed { gain, birds, by: named.by, kept, reported })
    }
}

/// Why nothing has become of a recording.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StationError {
    #[error(transparent)]
    Cache(#[from] crate::calibration::CacheError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Report(#[from] ReportError),
}
