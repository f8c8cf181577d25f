//! The example `control_room` is up for some seconds, and its management API answers.

mod program;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

use anyhow::Context;
use cb_examples::service;
use serde_json::Value;

/// As long as the example is told to run at the most. It is ended as soon as all was seen.
const AT_MOST: &str = "60s";

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> anyhow::Result<Child> {
    let mut command = program::command("control_room")?;
    Ok(command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
}

#[tokio::test]
async fn breakers_open_and_all_ways_of_seeing_them_answer() -> anyhow::Result<()> {
    let mut child = start(&["--for", AT_MOST, "--port", "0"])?;
    let out = child.stdout.take().context("its output is piped")?;
    let _running = Running(child);
    let mut lines = BufReader::new(out).lines();
    let mut line_with = |part: &str| -> anyhow::Result<String> {
        for line in lines.by_ref() {
            let line = line?;
            if line.contains(part) {
                return Ok(line);
            }
        }
        anyhow::bail!("no line with {part:?}")
    };
    let dashboard = line_with("Dashboard")?;
    let url = dashboard.split_whitespace().nth(1).context("the dashboard has a URL")?.to_owned();
    let metrics = line_with("Metrics")?;
    let metrics = metrics.split_whitespace().nth(1).context("so have the metrics")?.to_owned();
    assert!(url.ends_with("/api/circuit-breaker/"), "{url}");
    line_with("==> payments opened: 5 failures in a row")?;

    let http = service::client()?;
    let get = |path: String| http.get(path).timeout(Duration::from_secs(10)).send();
    let page = get(url.clone()).await?.error_for_status()?.text().await?;
    assert!(page.contains("<html"), "{page}");
    let status: Value = get(format!("{url}status")).await?.error_for_status()?.json().await?;
    let rows = status["breakers"].as_array().context("a list of breakers")?;
    let names: Vec<_> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    for name in ["assistant", "mail", "payments", "product_search", "shop/cache", "suppliers[acme]"]
    {
        assert!(names.contains(&name), "{names:?}");
    }
    let openings = rows.iter().find(|row| row["name"] == "payments").map(|row| &row["openings"]);
    assert!(openings.is_some_and(|openings| *openings != 0), "{status}");
    let health: Value = get(format!("{url}health")).await?.json().await?;
    assert!(health["score"].is_f64(), "{health}");
    let text = get(metrics).await?.error_for_status()?.text().await?;
    assert!(text.contains("circuit_breaker_state{name=\"shop/database\"}"), "{text}");
    Ok(())
}

#[test]
fn it_ends_by_itself_when_it_is_told_to() -> anyhow::Result<()> {
    let output = start(&["--for", "300ms", "--port", "0"])?.wait_with_output()?;
    let text = String::from_utf8(output.stdout)?;
    assert!(output.status.success(), "{}\n{text}", output.status);
    assert_eq!(String::from_utf8(output.stderr)?, "");
    assert!(!text.contains('\x1b'), "colour in a pipe:\n{text}");
    assert!(text.contains("What next"), "{text}");
    Ok(())
}
