//! The example `field_station` tells its story, and a station goes on while what it calls is killed.

mod program;

mod servers;

use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use cb_examples::{postgres::PostgresServer, redis::RedisServer};
use deadpool_postgres::tokio_postgres::{self, NoTls};
use program::{cbctl, server::Server};
use reqwest::StatusCode;
use serde_json::{Value, json};
use servers::{HttpServer, until};

#[test]
fn the_station_tells_its_story_and_loses_nothing() -> anyhow::Result<()> {
    let mut command = program::command("field_station")?;
    let text = program::said(command.args(["--port", "0"]).output()?)?;
    check_story(&text)
}

#[test]
fn it_tells_the_same_with_stand_ins() -> anyhow::Result<()> {
    let mut command = program::command("field_station")?;
    check_story(&program::said(command.args(["--port", "0", "--stand-ins"]).output()?)?)
}

fn check_story(text: &str) -> anyhow::Result<()> {
    assert!(!text.contains('\x1b'), "colour in a pipe:\n{text}");
    program::find_in_order(
        text,
        &[
            "1. All is well",
            "lighter model  stored   told",
            "model opened: 2 failures in a row",
            "model closed: a probe succeeded",
            "2. Redis is killed",
            "cache opened: ",
            "3. Headquarters fail",
            "model          stored   waits",
            "headquarters opened: 3 failures in a row",
            "4. Headquarters are well again",
            "headquarters closed: a probe succeeded",
            "what waited for headquarters is done: ",
            "The database is killed",
            "model          waits    told",
            "database/write opened: ",
            "on_degraded: the station is read-only",
            "The database is started again",
            "on_recovered: the station writes again",
            "what waited for database/write is done: ",
            "The model has memory for three clips at a time",
            "batches of 3",
            "The model has all its memory again",
            "batches of 8",
            "Both models fail",
            "their pitch    stored   told",
            "Both models are well again",
            "cbctl mode database/write forced-open --for 1s",
            "model          waits    told",
            "on_recovered: the station writes again",
            "recordings are in the database, and reported.",
            "What next",
        ],
    )
}

/// All that a station calls, and that a test may kill.
struct Around {
    redis: RedisServer,
    postgres: PostgresServer,
    model: HttpServer,
    light: HttpServer,
    headquarters: HttpServer,
    reports: Reports,
}

type Reports = Arc<Mutex<Vec<Value>>>;

impl Around {
    fn start() -> anyhow::Result<Option<Self>> {
        let Some((redis, postgres)) = servers::redis_and_postgres()? else { return Ok(None) };
        let reports = Reports::default();
        let take = |State(reports): State<Reports>, Json(report): Json<Value>| async move {
            reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
        };
        let headquarters = Router::new()
            .route("/health", get(|| async {}))
            .route("/reports", post(take))
            .with_state(Arc::clone(&reports));
        Ok(Some(Self {
            redis,
            postgres,
            model: names("a robin")?,
            light: names("a bird")?,
            headquarters: HttpServer::start(headquarters)?,
            reports,
        }))
    }

    fn station(&self, data: &Path) -> anyhow::Result<Server> {
        Server::start(
            program::command("field_station")?
                .args(["--port", "0", "--environment", "demo", "--data"])
                .arg(data)
                .args(["--database", &self.postgres.url(), "--cache", &self.redis.url()])
                .args(["--model", &self.model.url(), "--light-model", &self.light.url()])
                .args(["--headquarters", &self.headquarters.url()])
                // What it says of servers that are down is no news to the test.
                .stderr(Stdio::null()),
        )
    }

    async fn calibrate(&self, microphone: &str, gain: f64) -> anyhow::Result<()> {
        let client = ::redis::Client::open(self.redis.url())?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        let name = format!("calibration:{microphone}");
        let () = ::redis::AsyncCommands::set(&mut connection, name, gain).await?;
        Ok(())
    }

    /// As a server is that has become a replica, or that somebody maintains.
    async fn set_read_only(&self, is: bool) -> anyhow::Result<()> {
        let (client, connection) = tokio_postgres::connect(&self.postgres.url(), NoTls).await?;
        tokio::spawn(connection);
        let set = format!("ALTER SYSTEM SET default_transaction_read_only = {is}");
        client.batch_execute(&set).await?;
        client.batch_execute("SELECT pg_reload_conf()").await?;
        Ok(())
    }

    fn reported(&self) -> Vec<Value> {
        let reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.iter().map(|report| report["recording"].clone()).collect()
    }
}

/// Names all birds alike.
fn names(bird: &'static str) -> anyhow::Result<HttpServer> {
    let name = move |Json(clips): Json<Vec<f64>>| async move { Json(vec![bird; clips.len()]) };
    Ok(HttpServer::start(Router::new().route("/", post(name)))?)
}

async fn record(station: &Server, name: &str) -> anyhow::Result<Value> {
    let recording = json!({ "name": name, "microphone": "oak", "clips": [4.0, 2.0] });
    Ok(station.post("/recordings", &recording).await?.error_for_status()?.json().await?)
}

/// Returns once nothing waits, and the station writes.
async fn all_is_done(station: &Server) -> anyhow::Result<()> {
    until("all that waits is done", async || {
        let now = station.json("/station").await?;
        let none = json!({ "sightings": 0, "reports": 0 });
        Ok((now["waiting"] == none && now["read_only"] == false).then_some(()))
    })
    .await
}

#[tokio::test]
async fn calibrations_outlive_redis_and_a_restart() -> anyhow::Result<()> {
    let Some(mut around) = Around::start()? else { return Ok(()) };
    around.calibrate("oak", 1.5).await?;
    let data = tempfile::tempdir()?;
    let station = around.station(data.path())?;
    assert_eq!(record(&station, "a").await?["gain"], 1.5);

    around.redis.kill();
    for name in ["b", "c", "d"] {
        assert_eq!(record(&station, name).await?["gain"], 1.5, "from memory");
    }
    assert_eq!(station.json("/station").await?["open"], json!(["cache"]));

    assert!(station.interrupt()?, "it ends well");
    let station = around.station(data.path())?;
    assert_eq!(record(&station, "e").await?["gain"], 1.5, "from the disk");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_done_waits_and_is_done() -> anyhow::Result<()> {
    let Some(mut around) = Around::start()? else { return Ok(()) };
    let data = tempfile::tempdir()?;
    let station = around.station(data.path())?;
    let first = record(&station, "a").await?;
    assert_eq!((&first["kept"], &first["reported"]), (&json!("now"), &json!("now")), "{first}");
    assert_eq!((&first["by"], &first["birds"][0]), (&json!("model"), &json!("a robin")));

    around.postgres.kill();
    around.headquarters.kill();
    around.model.kill();
    let mut names = vec!["a".to_owned()];
    for number in 0..4 {
        names.push(format!("while all is down {number}"));
        let later = record(&station, &names[names.len() - 1]).await?;
        assert_eq!((&later["kept"], &later["reported"]), (&json!("later"), &json!("later")));
        assert_eq!((&later["by"], &later["birds"][1]), (&json!("light_model"), &json!("a bird")));
    }
    let down = station.json("/station").await?;
    assert_eq!(down["waiting"], json!({ "sightings": 4, "reports": 4 }), "{down}");
    assert_eq!(down["read_only"], true);
    around.light.kill();
    assert_eq!(
        record(&station, "by pitch").await?["birds"],
        json!(["a small bird", "a large bird"])
    );
    names.push("by pitch".to_owned());
    readers_are_told(&station).await?;

    around.postgres.start_again()?;
    around.headquarters.start_again()?;
    around.model.start_again()?;
    all_is_done(&station).await?;
    assert_all_are_kept(&station, &around, names).await
}

/// Once the breaker has opened, who asks is told in words for people.
async fn readers_are_told(station: &Server) -> anyhow::Result<()> {
    let text = until("the breaker of the readers opens", async || {
        let answer = station.get("/sightings/oak").await?;
        let is_open = answer.status() == StatusCode::SERVICE_UNAVAILABLE;
        Ok(if is_open { Some(answer.text().await?) } else { None })
    })
    .await?;
    assert!(text.starts_with("This service is temporarily unavailable."), "{text}");
    Ok(())
}

async fn assert_all_are_kept(
    station: &Server,
    around: &Around,
    mut names: Vec<String>,
) -> anyhow::Result<()> {
    // The readers' breaker has no health check: it is a reader who finds out.
    let kept = until("a reader finds the database up", async || {
        let answer = station.get("/sightings/oak").await?;
        Ok(if answer.status() == StatusCode::OK {
            Some(answer.json::<Value>().await?)
        } else {
            None
        })
    })
    .await?;
    let sorted = |names: Vec<&str>| {
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort();
        names
    };
    let kept = kept.as_array().context("a list")?;
    let kept = sorted(kept.iter().filter_map(|one| one["recording"].as_str()).collect());
    let reported = around.reported();
    let reported = sorted(reported.iter().filter_map(Value::as_str).collect());
    names.sort();
    assert_eq!((&kept, &reported), (&names, &names));
    Ok(())
}

#[tokio::test]
async fn a_database_that_only_reads_is_read() -> anyhow::Result<()> {
    let Some(around) = Around::start()? else { return Ok(()) };
    let data = tempfile::tempdir()?;
    let station = around.station(data.path())?;
    record(&station, "a").await?;
    around.set_read_only(true).await?;

    // Its processes are told one after the other: the station's may be the last.
    let mut kept = 1;
    while record(&station, &format!("b {kept}")).await?["kept"] == "now" {
        kept += 1;
    }
    let now = station.json("/station").await?;
    assert_eq!((&now["read_only"], &now["open"]), (&json!(true), &json!(["database/write"])));
    let found = station.json("/sightings/oak").await?;
    assert_eq!(found.as_array().map(Vec::len), Some(kept), "{found}");

    around.set_read_only(false).await?;
    all_is_done(&station).await?;
    let found = station.json("/sightings/oak").await?;
    assert_eq!(found.as_array().map(Vec::len), Some(kept + 1), "{found}");
    Ok(())
}

#[tokio::test]
async fn an_operator_steers_the_station_with_cbctl() -> anyhow::Result<()> {
    let Some(found) = cbctl::find()? else { return Ok(()) };
    let Some(around) = Around::start()? else { return Ok(()) };
    let data = tempfile::tempdir()?;
    let station = around.station(data.path())?;
    record(&station, "a").await?;
    let url = format!("{}/api/circuit-breaker", station.url());
    let cbctl = |arguments: &[&str]| cbctl::ask(&found, &url, arguments);

    let status = cbctl(&["status"])?;
    for name in ["cache", "database/read", "database/write", "headquarters", "model", "model/light"]
    {
        assert!(status.lines().any(|line| line.starts_with(&format!("{name}\t"))), "{status}");
    }
    let explained = cbctl(&["explain", "database/write"])?;
    assert!(explained.contains("circuit-breakers.toml:"), "{explained}");
    cbctl(&["test", "model", "--iterations", "2"])?;

    cbctl(&["mode", "database/write", "forced-open", "--for", "10m", "--reason", "backup"])?;
    assert_eq!(record(&station, "b").await?["kept"], "later");
    assert_eq!(station.json("/station").await?["read_only"], true);
    let found = station.json("/sightings/oak").await?;
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    cbctl(&["mode", "database/write", "normal"])?;
    all_is_done(&station).await?;
    cbctl(&["health", "--fail-under", "1"])?;
    Ok(())
}
