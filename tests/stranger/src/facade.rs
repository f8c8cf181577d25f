//! The runtime under another path: `crate = path` names it.

/// Re-exports the runtime, as a company's own crate of foundations may do.
pub mod foundations {
    pub use cb_runtime as breakers;
}

use foundations::breakers::{CircuitError, circuit_breaker};

/// How many there are, by way of a crate that re-exports the attribute.
///
/// # Errors
/// The breaker's answer, or a number that cannot be read.
#[circuit_breaker(
    name = "facade.count",
    failure_threshold = 1,
    crate = foundations::breakers,
)]
pub async fn count(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Ok(text.parse()?)
}

/// The same at once, with an answer in reserve.
///
/// # Errors
/// None: the fallback answers.
#[circuit_breaker(
    crate = foundations::breakers,
    name = "facade.count_now",
    recovery_timeout = "1s",
    ignore_errors = CircuitError::HalfOpen { .. },
    fallback = |text| Ok(u32::try_from(text.len()).unwrap_or(0)),
)]
pub fn count_now(text: &str) -> Result<u32, CircuitError> {
    if text.is_empty() {
        return Ok(0);
    }
    foundations::breakers::registry().get("facade.count_now").map_or(Ok(1), |breaker| {
        breaker.force_open();
        let rejection = breaker.try_acquire().map(drop);
        breaker.resume();
        rejection.map(|()| 2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{counts, send};

    #[tokio::test]
    async fn the_runtime_is_found_where_it_is_said_to_be() {
        assert_eq!(send(count("3")).await.ok(), Some(3));
        assert!(count("three").await.is_err());
        let rejected = count("3").await.expect_err("open after one failure");
        assert!(rejected.downcast_ref::<CircuitError>().is_some_and(CircuitError::is_rejection));
        assert_eq!(counts("facade.count"), [1, 1, 0, 1, 0]);
    }

    #[test]
    fn a_fallback_is_found_there_too() {
        assert_eq!(count_now(""), Ok(0));
        assert_eq!(count_now("four"), Ok(4));
        assert_eq!(counts("facade.count_now"), [1, 1, 0, 1, 1]);
    }
}
