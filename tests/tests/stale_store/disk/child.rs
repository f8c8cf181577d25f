//! Processes of the tests' own: this very test binary, told to be another one.

use std::{
    env,
    io::{BufRead, BufReader, Lines, Write, stdout},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use super::*;

const ROLE: &str = "CB_TEST_ROLE";
const DIRECTORY: &str = "CB_TEST_DIRECTORY";
const ROUND: &str = "CB_TEST_ROUND";

/// A process that is killed when it is not needed any more.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) fn start(role: &str, directory: &Path, round: u32) -> Self {
        Self::spawn(&mut Self::command(role, directory, round))
    }

    pub(crate) fn command(role: &str, directory: &Path, round: u32) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", "disk::child::acts", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(DIRECTORY, directory)
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped());
        command
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next thing that it says.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            let line = self.lines.next()?.ok()?;
            // The test harness says things too, and not always on a line of their own.
            if let Some((_, said)) = line.split_once("child: ") {
                return Some(said.to_owned());
            }
        }
    }

    /// With SIGKILL, which leaves it no moment to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// All that is said till the end.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        let said = std::iter::from_fn(|| self.line()).collect();
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say(what: &str) {
    let mut out = stdout().lock();
    writeln!(out, "child: {what}").unwrap();
    out.flush().unwrap();
}

/// Does nothing unless a test has started it.
#[tokio::test]
async fn acts() {
    let Ok(role) = env::var(ROLE) else { return };
    let directory = PathBuf::from(env::var_os(DIRECTORY).unwrap());
    let round = env::var(ROUND).unwrap().parse().unwrap();
    match role.as_str() {
        "writes and closes" => {
            let store = open(&directory).await;
            put_all(&store, round);
            store.close().await;
        }
        "writes and aborts" => {
            let store = open(&directory).await;
            put_all(&store, round);
            store.flush().await;
            std::process::abort();
        }
        "writes until killed" => killed::write(&directory, round).await,
        "fills until killed" => killed::fill(&directory, round).await,
        "holds" => {
            let store = open(&directory).await;
            say("holds");
            std::future::pending::<()>().await;
            drop(store);
        }
        "opens" => match try_open(&directory).await {
            Ok(_) => say("opened"),
            Err(error) => say(&error.to_string()),
        },
        "prices as f64" => {
            let store: DiskStore<u32, f64> = DiskStore::builder(directory).open().await.unwrap();
            store.put(1, 5.0);
            store.close().await;
        }
        other => panic!("no role is called {other:?}"),
    }
}

fn put_all(store: &Pages, round: u32) {
    for key in 0..restart::KEYS {
        store.put(key, Page::new(key, round));
    }
}

/// For the role that is killed.
pub(crate) fn tell(what: &str, number: u32) {
    say(&format!("{what} {number}"));
}
