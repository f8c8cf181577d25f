//! An example that serves HTTP, asked while it runs.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::Context;
use cb_examples::service;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// Ends with the value.
pub(crate) struct Server {
    process: Child,
    /// Held, lest the program cannot write any more.
    _said: BufReader<ChildStdout>,
    http: reqwest::Client,
    url: String,
}

impl Server {
    /// Starts a program whose first line has the address, up to a path.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(process.stdout.take().context("its output is piped")?);
        let mut line = String::new();
        said.read_line(&mut line)?;
        let url = line
            .split_once("http://")
            .and_then(|(_, rest)| rest.split('/').next())
            .map(|address| format!("http://{address}"));
        let mut server =
            Self { process, _said: said, http: service::client()?, url: String::new() };
        // From here on the process ends with the value.
        server.url = url.with_context(|| format!("an address should be in {line:?}"))?;
        Ok(server)
    }

    /// Where it is, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as Ctrl-C does, and says whether it has ended well.
    pub(crate) fn interrupt(mut self) -> anyhow::Result<bool> {
        Command::new("kill").args(["-INT", &self.process.id().to_string()]).status()?;
        Ok(self.process.wait()?.success())
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Response> {
        send(self.http.get(format!("{}{path}", self.url))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Response> {
        send(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    /// What is at a path, where the answer is a good one.
    pub(crate) async fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(self.get(path).await?.error_for_status()?.json().await?)
    }
}

async fn send(request: RequestBuilder) -> anyhow::Result<Response> {
    Ok(request.timeout(Duration::from_secs(30)).send().await?)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
