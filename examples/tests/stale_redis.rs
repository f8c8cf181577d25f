//! The example `stale_redis` tells its story, with a real Redis.

use std::{
    env::{self, consts::EXE_SUFFIX},
    process::Command,
};

use anyhow::Context;

#[test]
fn the_second_instance_answers_from_redis() -> anyhow::Result<()> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("a test should be two directories deep")?;
    let example = target.join("examples").join(format!("stale_redis{EXE_SUFFIX}"));
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

    let (_, told) = text.split_once("2. The service dies.").context("it should come so far")?;
    let (from_redis, told) = told.split_once("3. Redis dies too.").context("and so far")?;
    assert_eq!(from_redis.matches("bread: Price { cents: 250 }").count(), 4, "{text}");
    assert_eq!(from_redis.matches("milk: circuit breaker `prices` is open").count(), 1, "{text}");
    assert_eq!(told.matches("bread: circuit breaker `prices` is open").count(), 2, "{text}");
    Ok(())
}
