//! The command `cbctl`, for tests of programs that are managed with it.

use std::{
    env::{self, consts::EXE_SUFFIX},
    path::PathBuf,
    process::Command,
};

use anyhow::Context;

/// Where the tests of the library have it built; `None` where it was not built, said aloud, and a failure in CI.
pub(crate) fn find() -> anyhow::Result<Option<PathBuf>> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("a test should be two directories deep")?;
    let found = ["cbctl-under-test", "cbctl"]
        .map(|name| target.join(format!("{name}{EXE_SUFFIX}")))
        .into_iter()
        .find(|path| path.exists());
    if found.is_none() {
        let how = "`cbctl` was not built: `cargo build -p cb-runtime --features cli --bin cbctl`";
        anyhow::ensure!(env::var_os("CI").is_none(), how);
        eprintln!("skipped: {how}");
    }
    Ok(found)
}

/// What it says to somebody who manages the program at this address, where it ends well.
pub(crate) fn ask(cbctl: &PathBuf, url: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let mut command = Command::new(cbctl);
    command.args(arguments).env_remove("CBCTL_TOKEN").env_remove("CBCTL_TOKEN_FILE");
    let output = command.env("CBCTL_URL", url).output()?;
    let errors = String::from_utf8(output.stderr)?;
    anyhow::ensure!(output.status.success(), "{arguments:?}: {}: {errors}", output.status);
    Ok(String::from_utf8(output.stdout)?)
}
