//! Runs `cbctl`.

use std::{
    env,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::server::Server;

pub(crate) const CBCTL: &str = env!("CARGO_BIN_EXE_cbctl-under-test");

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The columns of each line.
    pub(crate) fn columns(&self) -> Vec<Vec<&str>> {
        self.out.lines().map(|line| line.split('\t').collect()).collect()
    }
}

/// `cbctl` with nothing of what is set where the tests run.
pub(crate) fn cbctl(args: &[&str]) -> Command {
    let mut command = Command::new(CBCTL);
    for (name, _) in env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| {
            name.starts_with("CBCTL_")
                || ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"].contains(&name)
        });
        if is_ours {
            command.env_remove(name);
        }
    }
    command.args(args).stdin(Stdio::null());
    command
}

pub(crate) fn end(command: &mut Command) -> Ended {
    let output = command.output().expect("cbctl starts");
    Ended {
        status: output.status.code().expect("cbctl ends by itself"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it against a server, in a pipe.
pub(crate) fn ask(server: &Server, args: &[&str]) -> Ended {
    end(cbctl(args).env("CBCTL_URL", server.url()))
}
