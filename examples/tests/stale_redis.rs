//! The example `stale_redis` tells its story, with a real Redis.

mod program;

use anyhow::Context;

#[test]
fn the_second_instance_answers_from_redis() -> anyhow::Result<()> {
    let Some(text) = program::said_with_redis("stale_redis")? else { return Ok(()) };

    let (_, told) = text.split_once("2. The service dies.").context("it should come so far")?;
    let (from_redis, told) = told.split_once("3. Redis dies too.").context("and so far")?;
    assert_eq!(from_redis.matches("bread: Price { cents: 250 }").count(), 4, "{text}");
    assert_eq!(from_redis.matches("milk: circuit breaker `prices` is open").count(), 1, "{text}");
    assert_eq!(told.matches("bread: circuit breaker `prices` is open").count(), 2, "{text}");
    Ok(())
}
