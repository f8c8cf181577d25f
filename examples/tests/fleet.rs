//! The example `fleet` tells its story, with a real Redis and three processes.

use std::{
    env::{self, consts::EXE_SUFFIX},
    process::Command,
};

use anyhow::Context;

#[test]
fn one_trip_reaches_all() -> anyhow::Result<()> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("a test should be two directories deep")?;
    let example = target.join("examples").join(format!("fleet{EXE_SUFFIX}"));
    let output =
        Command::new(&example).env_remove("RUST_BACKTRACE").output().with_context(|| {
            format!("{} should be there: `cargo build --examples` makes it", example.display())
        })?;
    let text = String::from_utf8(output.stdout)?;
    let errors = String::from_utf8(output.stderr)?;
    if errors.contains("`redis-server` is not installed") && env::var_os("CI").is_none() {
        eprintln!("skipped: {errors}");
        return Ok(());
    }
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);

    let (_, told) = text.split_once("the service fails").context("it should come so far")?;
    let (down, told) = told.split_once("the service is well again").context("and so far")?;
    assert_eq!(down.matches("is open: 3 failures in a row").count(), 1, "one finds out\n{text}");
    assert_eq!(down.matches("is open: another instance opened it").count(), 2, "{text}");
    let (up, away) = told.split_once("Redis is killed").context("and so far")?;
    assert_eq!(up.matches("is closed: another instance closed it").count(), 2, "{text}");
    assert_eq!(away.matches("Redis is away").count(), 3, "{text}");
    Ok(())
}
