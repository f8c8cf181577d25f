//! What befalls the station, and what it makes of it.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, ensure};
use cb_examples::service::{self, Behaviour};
use cb_runtime::{State, registry};
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::{
    fleet::Fleet,
    model::By,
    screen,
    station::{Processed, Recording, Station},
};

/// Between two recordings.
const PACE: Duration = Duration::from_millis(150);

/// The longest scene takes two seconds; a busy computer may take more.
const AT_MOST: Duration = Duration::from_secs(20);

/// Tells the whole story.
///
/// # Errors
/// Where it did not go as it should.
pub(crate) async fn tell(
    station: &'static Station,
    fleet: &mut Fleet,
    management: &str,
) -> anyhow::Result<()> {
    screen::head()?;
    let mut story = Story { station, scenes: 0, recordings: 0 };

    story.scene("All is well, but the model is cold: its health check warms it up")?;
    story.until(|now| now.by == By::Model).await?;

    story.scene("Redis is killed: calibrations are in memory, and on disk")?;
    fleet.cache.kill();
    story.until(|_| is("cache", State::Open)).await?;

    story.scene("Headquarters fail: each report is tried three times, and then waits")?;
    fleet.headquarters.service.behave(Behaviour::Failing);
    story.until(|_| station.headquarters.later.len() >= 3).await?;
    story.scene("Headquarters are well again")?;
    fleet.headquarters.service.behave(Behaviour::Healthy);
    story.until(|_| station.headquarters.later.len() == 0).await?;

    // What stands in for one is never read-only.
    if !fleet.database.lock().is_stand_in() {
        story.scene("The database becomes read-only")?;
        fleet.let_database_write(false).await?;
        story.until(|_| station.database.later.len() >= 3).await?;
        ensure!(station.is_read_only(), "the station has not noticed");
        story.read().await?;
        story.scene("The database takes writes again")?;
        fleet.let_database_write(true).await?;
        story.until(|_| station.database.later.len() == 0).await?;
    }

    story.scene("The database is killed: nothing is read now either")?;
    fleet.database.kill().await?;
    story.until(|_| is("database/write", State::Open)).await?;
    story.read_in_vain().await?;
    story.scene("The database is started again")?;
    fleet.database.start_again().await?;
    story.until(|_| station.database.later.len() == 0).await?;

    story.scene("The model has memory for three clips at a time")?;
    fleet.model.set_memory(3);
    story.until(|_| station.model.batch() <= 3).await?;
    screen::say(&format!("batches of {}", station.model.batch()));
    story.scene("The model has all its memory again")?;
    fleet.model.set_memory(usize::MAX);
    story.until(|_| station.model.batch() == 8).await?;
    screen::say("batches of 8");

    story.scene("Both models fail")?;
    fleet.models_behave(Behaviour::Failing);
    story.until(|_| is("model", State::Open) && is("model/light", State::Open)).await?;
    story.scene("Both models are well again")?;
    fleet.models_behave(Behaviour::Healthy);
    story.until(|now| now.by == By::Model).await?;

    story.scene("An operator keeps writers away for a second:")?;
    println!("   cbctl mode database/write forced-open --for 1s --reason backup");
    force_open(management, "database/write").await?;
    story.until(|_| station.is_read_only()).await?;
    story.until(|_| !station.is_read_only() && station.database.later.len() == 0).await?;

    story.check(fleet).await
}

struct Story {
    station: &'static Station,
    scenes: usize,
    recordings: u64,
}

impl Story {
    fn scene(&mut self, title: &str) -> anyhow::Result<()> {
        self.scenes += 1;
        Ok(screen::scene(self.scenes, title)?)
    }

    /// Takes recordings until something is the case.
    async fn until(&mut self, reached: impl Fn(&Processed) -> bool) -> anyhow::Result<()> {
        let long_enough = async {
            loop {
                let now = self.record().await?;
                if reached(&now) {
                    return anyhow::Ok(());
                }
                sleep(PACE).await;
            }
        };
        timeout(AT_MOST, long_enough).await.context("what should happen next has not happened")?
    }

    async fn record(&mut self) -> anyhow::Result<Processed> {
        self.recordings += 1;
        let number = self.recordings;
        let microphone = if number % 2 == 1 { "oak" } else { "pond" };
        let clips = vec![4.2; 8];
        let name = format!("{microphone} #{number}");
        let recording = Recording { name: name.clone(), microphone: microphone.to_owned(), clips };
        let processed = self.station.process(recording).await;
        screen::row(&name, &processed)?;
        Ok(processed?)
    }

    async fn read(&self) -> anyhow::Result<()> {
        let found = self.station.database.sightings("oak").await?;
        screen::say(&format!("somebody reads: {} recordings of the oak", found.len()));
        Ok(())
    }

    async fn read_in_vain(&self) -> anyhow::Result<()> {
        let Err(error) = self.station.database.sightings("oak").await else {
            anyhow::bail!("a database that was killed has answered");
        };
        // What the system says behind it does not fit into a line.
        let error = error.to_string();
        let head = error.split(": ").next().unwrap_or(&error);
        screen::say(&format!("somebody reads in vain: {head}"));
        Ok(())
    }

    /// Nothing is lost, and nothing is stored twice.
    async fn check(&self, fleet: &Fleet) -> anyhow::Result<()> {
        let stored = fleet.stored().await?;
        ensure!(stored == self.recordings, "{stored} are stored");
        let told: BTreeSet<String> =
            fleet.headquarters.reports().into_iter().map(|report| report.recording).collect();
        ensure!(told.len() as u64 == self.recordings, "{} were reported", told.len());
        println!("\nAll {stored} recordings are in the database, and reported.");
        Ok(())
    }
}

fn is(breaker: &str, state: State) -> bool {
    registry().get(breaker).is_some_and(|breaker| breaker.state() == state)
}

/// What `cbctl` does.
async fn force_open(management: &str, breaker: &str) -> anyhow::Result<()> {
    let origin = management.split("/api/").next().unwrap_or(management);
    service::client()?
        .post(format!("{management}/mode/{breaker}"))
        .header("Origin", origin)
        .json(&json!({ "mode": "forced_open", "for": "1s", "reason": "backup" }))
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}
