//! The example `fleet` tells its story, with a real Redis and three processes.

mod program;

use anyhow::Context;

#[test]
fn one_trip_reaches_all() -> anyhow::Result<()> {
    let Some(text) = program::said_with_redis("fleet")? else { return Ok(()) };

    let (_, told) = text.split_once("the service fails").context("it should come so far")?;
    let (down, told) = told.split_once("the service is well again").context("and so far")?;
    let (first, _) = down.split_once("half-open").context("the open time ends meanwhile")?;
    let found_out = first.matches("is open: 3 failures in a row").count();
    let heard = first.matches("is open: another instance opened it").count();
    // On a busy machine the slow ones may fail three times before the first one is heard.
    assert!(found_out >= 1, "{text}");
    assert_eq!(found_out + heard, 3, "each opens once, whoever finds out\n{text}");
    let (up, away) = told.split_once("Redis is killed").context("and so far")?;
    assert_eq!(up.matches("is closed: another instance closed it").count(), 2, "{text}");
    assert_eq!(away.matches("Redis is away").count(), 3, "{text}");
    Ok(())
}
