//! A breaker for each host, or for each value of another key.

use std::convert::Infallible;

use cb_runtime::{Registry, integrations::tower::CircuitBreakerLayer};
use http::{Request, Response};
use tower::{Layer, service_fn};

use super::*;

/// Fails where the path says so.
async fn answer(request: Request<()>) -> Result<Response<()>, Infallible> {
    let status = if request.uri().path() == "/fails" { 500 } else { 200 };
    Ok(Response::builder().status(status).body(()).unwrap())
}

fn get(uri: &str) -> Request<()> {
    Request::builder().uri(uri).body(()).unwrap()
}

fn named(registry: &Registry) -> CircuitBreakerLayer<cb_runtime::integrations::tower::Named> {
    let config = settings().max_keys(2).build().unwrap();
    CircuitBreakerLayer::named("api", config).unwrap().in_registry(registry)
}

fn names(registry: &Registry) -> Vec<String> {
    registry.iter().map(|breaker| breaker.name().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn each_host_has_a_breaker_of_its_own() {
    let registry = Registry::new();
    let mut service = named(&registry).per_host().layer(service_fn(answer));

    for _ in 0..3 {
        assert!(call(&mut service, get("http://one.example/fails")).await.is_ok());
    }

    let error = rejection(call(&mut service, get("http://ONE.example:80/")).await);
    assert_eq!(error.name(), "api[one.example:80]");
    assert!(call(&mut service, get("https://one.example/")).await.is_ok(), "another port");
    assert_eq!(names(&registry), ["api[one.example:443]", "api[one.example:80]"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_keys_are_kept_than_the_settings_say() {
    let registry = Registry::new();
    let mut service = named(&registry).per_host().layer(service_fn(answer));
    for host in 0..100 {
        assert!(call(&mut service, get(&format!("http://host-{host}/"))).await.is_ok());
    }
    assert_eq!(names(&registry), ["api[host-98:80]", "api[host-99:80]"]);
}

#[tokio::test(start_paused = true)]
async fn a_function_says_what_the_key_is() {
    let registry = Registry::new();
    let layer = named(&registry).keyed_by(|request: &Request<()>| {
        request.headers().get("tenant").map_or(0, http::HeaderValue::len)
    });
    let mut service = layer.layer(service_fn(answer));

    for _ in 0..3 {
        assert!(call(&mut service, get("/fails")).await.is_ok());
    }

    assert_eq!(rejection(call(&mut service, get("/")).await).name(), "api[0]");
    let mut other = get("/");
    other.headers_mut().insert("tenant", "four".parse().unwrap());
    assert!(call(&mut service, other).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_removed_begins_anew() {
    let registry = Registry::new();
    let mut service = named(&registry).per_host().layer(service_fn(answer));
    for _ in 0..3 {
        assert!(call(&mut service, get("http://one.example/fails")).await.is_ok());
    }
    registry.remove("api[one.example:80]").unwrap();
    assert!(call(&mut service, get("http://one.example/")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn layers_of_one_name_share_their_breakers() {
    let registry = Registry::new();
    let (one, two) = (named(&registry).per_host(), named(&registry).per_host());
    let mut service = one.layer(service_fn(answer));
    for _ in 0..3 {
        assert!(call(&mut service, get("http://one.example/fails")).await.is_ok());
    }
    rejection(call(&mut two.layer(service_fn(answer)), get("http://one.example/")).await);
}

/// The service behind the function and the layer of the next test.
#[cfg(feature = "testing")]
#[cb_runtime::circuit_breaker(
    name = "integrations.shared",
    key = host,
    failure_threshold = 3,
    recovery_timeout = "30s"
)]
async fn ask(host: &str) -> anyhow::Result<()> {
    anyhow::bail!("no connection to {host}")
}

#[cfg(feature = "testing")]
#[tokio::test(start_paused = true)]
async fn a_function_with_a_key_and_a_layer_of_the_same_name_share_their_breakers() {
    cb_runtime::testing::isolated(async {
        let layer = CircuitBreakerLayer::named("integrations.shared", Config::default()).unwrap();
        let mut service = layer.per_host().layer(service_fn(answer));
        assert!(call(&mut service, get("http://one.example/")).await.is_ok());

        for _ in 0..5 {
            assert!(ask("one.example:80").await.is_err());
        }

        let error = rejection(call(&mut service, get("http://one.example/")).await);
        assert_eq!(error.name(), "integrations.shared[one.example:80]");
        assert!(ask("two.example:80").await.is_err());
        assert!(call(&mut service, get("http://two.example/")).await.is_ok());
    })
    .await;
}
