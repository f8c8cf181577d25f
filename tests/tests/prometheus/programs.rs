//! The programs of Prometheus, started by the tests that need them.

use std::{
    env, io,
    io::Write,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

/// What was found of a program; `None` where it is not installed, which is said aloud and is a failure
/// in CI.
fn found<T>(program: &str, started: io::Result<T>) -> Option<T> {
    match started {
        Ok(started) => Some(started),
        Err(error) if error.kind() == io::ErrorKind::NotFound && env::var_os("CI").is_none() => {
            eprintln!("skipped: `{program}` is not installed: `apt-get install prometheus`");
            None
        }
        Err(error) => panic!("`{program}` cannot be started: {error}"),
    }
}

/// Runs `promtool` to its end.
pub(crate) fn promtool(arguments: &[&str], directory: &Path, input: &str) -> Option<Output> {
    let started = Command::new("promtool")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut process = found("promtool", started)?;
    let mut to = process.stdin.take().unwrap();
    // One that reads nothing may be gone already.
    let _ = to.write_all(input.as_bytes());
    drop(to);
    Some(process.wait_with_output().unwrap())
}

/// Asserts that it has nothing to say against it.
#[track_caller]
pub(crate) fn assert_content(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{told}");
    assert!(said.is_empty(), "{said}");
}

/// A server of Prometheus. Ends with the value.
pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
    directory: tempfile::TempDir,
}

impl Server {
    /// One that scrapes this port of this computer every half a second.
    pub(crate) fn start(target: u16) -> Option<Self> {
        // Bound and let go: the port is free now, if nobody is quicker.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let directory = tempfile::tempdir().unwrap();
        let configuration = format!(
            "global: {{ scrape_interval: 500ms, scrape_timeout: 500ms }}\n\
             scrape_configs:\n\
             - job_name: breakers\n  \
               static_configs: [{{ targets: ['127.0.0.1:{target}'] }}]\n"
        );
        let file = directory.path().join("prometheus.yml");
        std::fs::write(&file, configuration).unwrap();
        let log = std::fs::File::create(directory.path().join("log")).unwrap();
        let started = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let process = found("prometheus", started)?;
        Some(Self { process, port, directory })
    }

    /// What it has to say of itself, where it does not as it should.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
