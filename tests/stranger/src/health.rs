//! Functions that probe a service in the place of users' calls.

use cb_runtime::{HealthCheck, circuit_breaker};

use crate::support::{Fault, breaker, counts, send, turn};

async fn ping() -> Result<(), Fault> {
    turn().await;
    Err(Fault::Down)
}

/// An error that can only be shown to programmers.
#[derive(Debug)]
struct Code(#[allow(dead_code, reason = "shown by `Debug`")] u16);

/// An error that cannot be shown.
struct Secret;

mod service {
    use super::{Code, Secret, turn};

    pub(super) async fn status() -> Result<(), Code> {
        turn().await;
        Err(Code(503))
    }

    pub(super) async fn secret() -> Result<(), Secret> {
        turn().await;
        Err(Secret)
    }

    pub(super) fn future() -> impl Future<Output = Result<(), std::convert::Infallible>> + Send {
        std::future::ready(Ok(()))
    }
}

#[circuit_breaker(name = "health.async", health_check = ping)]
async fn asynchronous(n: u32) -> Result<u32, Fault> {
    turn().await;
    Ok(n)
}

#[circuit_breaker(name = "health.plain", health_check = service::status, fallback = |n| Ok(n))]
fn plain(n: u32) -> Result<u32, Fault> {
    if n == 0 { Err(Fault::Down) } else { Ok(n) }
}

struct Client<T>(T);

impl Client<u32> {
    async fn probe() -> Result<(), Fault> {
        turn().await;
        Ok(())
    }
}

impl<T: Clone + Send + Sync> Client<T> {
    #[circuit_breaker(name = "health.method", health_check = Client::<u32>::probe)]
    async fn method(&self) -> Result<T, Fault> {
        turn().await;
        Ok(self.0.clone())
    }

    #[circuit_breaker(
        name = "health.generic",
        health_check = crate::health::service::secret,
        fallback = Self::reserve,
    )]
    async fn generic(&mut self, other: T) -> Result<T, Fault> {
        turn().await;
        self.0 = other;
        Err(Fault::Down)
    }

    #[circuit_breaker(name = "health.owned", health_check = self::service::future)]
    fn owned(self) -> Result<T, Fault> {
        Ok(self.0)
    }

    fn reserve(&mut self, _: T) -> Result<T, Fault> {
        Ok(self.0.clone())
    }
}

fn check(name: &str) -> HealthCheck {
    let check = breaker(name).config().health_check();
    check.unwrap_or_else(|| panic!("`{name}` has no health check"))
}

#[tokio::test]
async fn a_check_is_found_named_and_run() {
    assert_eq!(send(asynchronous(1)).await.ok(), Some(1));
    assert_eq!((plain(0).ok(), plain(1).ok()), (Some(0), Some(1)));
    assert_eq!(counts("health.plain"), [1, 1, 0, 0, 1]);
    let mut client = Client(7);
    assert_eq!(send(client.method()).await.ok(), Some(7));
    assert_eq!(send(client.generic(8)).await.ok(), Some(8));
    assert_eq!(client.owned().ok(), Some(8));

    assert_eq!(check("health.async").name(), "ping");
    assert_eq!(check("health.async").run().await, Err("the service is down".to_owned()));
    assert_eq!(check("health.plain").name(), "service::status");
    assert_eq!(check("health.plain").run().await, Err("Code(503)".to_owned()));
    assert_eq!(check("health.method").name(), "Client::<u32>::probe");
    assert_eq!(check("health.method").run().await, Ok(()));
    assert_eq!(check("health.generic").run().await, Err(String::new()));
    assert_eq!(check("health.owned").run().await, Ok(()));
}

mod names {
    //! Of the user's own, that an expansion might use too.
    use super::*;

    async fn health_check() -> Result<(), Fault> {
        ping().await
    }

    async fn check() -> Result<(), Fault> {
        health_check().await
    }

    #[circuit_breaker(name = "health.names", health_check = check)]
    fn one() -> Result<u32, Fault> {
        Ok(1)
    }

    #[circuit_breaker(name = "health.other_names", health_check = health_check)]
    async fn two() -> Result<u32, Fault> {
        turn().await;
        Ok(2)
    }

    #[tokio::test]
    async fn names_are_the_users() {
        assert_eq!((one().ok(), send(two()).await.ok()), (Some(1), Some(2)));
        let of_one = super::check("health.names").run().await;
        assert_eq!(of_one, super::check("health.other_names").run().await);
        assert_eq!(of_one, Err("the service is down".to_owned()));
    }
}
