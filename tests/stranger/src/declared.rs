//! What the program says about its annotated functions, called or not.

use std::time::Duration;

use cb_runtime::{Declaration, State, circuit_breaker, declarations, registry};

use crate::support::Fault;

/// The attribute stands right below.
const LINE: u32 = line!() + 1;
#[circuit_breaker(
    name = "declared.free",
    failure_threshold = 3,
    recovery_timeout = Duration::from_millis(1500),
    critical,
    service_type = "api",
    fallback = [
        reserve,
        |n, cause| Err(cause.into_inner().unwrap_or(Fault::Status(n))),
        self::reserve,
    ],
)]
async fn never_called(n: u16) -> Result<u16, Fault> {
    Ok(n)
}

fn reserve(n: u16) -> Result<u16, Fault> {
    Ok(n)
}

struct Client<T>(T);

impl<T> Client<T> {
    #[allow(dead_code, reason = "known without being called: that is the test")]
    #[circuit_breaker(name = "declared.method")]
    fn method(&self) -> Result<&T, Fault> {
        Ok(&self.0)
    }
}

#[async_trait::async_trait]
trait Remote {
    async fn ask(&self) -> Result<u32, Fault>;
}

#[async_trait::async_trait]
impl Remote for Client<u8> {
    #[circuit_breaker(name = "declared.trait")]
    async fn ask(&self) -> Result<u32, Fault> {
        Ok(self.0.into())
    }
}

fn find(name: &str) -> &'static Declaration {
    let mut found = declarations().into_iter().filter(|declared| declared.name() == name);
    let only = found.next().unwrap_or_else(|| panic!("no declaration of `{name}`"));
    assert!(found.next().is_none(), "`{name}` is declared twice");
    only
}

#[test]
fn everything_that_was_written_is_known() {
    let declared = find("declared.free");
    assert_eq!(declared.function(), "stranger::declared::never_called");
    assert_eq!(declared.file(), file!());
    assert_eq!(declared.line(), LINE);
    assert_eq!(declared.fallback(), Some("reserve, then a closure, then self::reserve"));
    let settings = declared.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        settings,
        [
            ("service_type", "\"api\""),
            ("critical", "true"),
            ("failure_threshold", "3"),
            ("recovery_timeout", "1s 500ms"),
        ]
    );
    assert!(registry().get("declared.free").is_none());
    drop(never_called(1));
    assert!(registry().get("declared.free").is_none());
}

#[test]
fn paths_of_methods() {
    #[circuit_breaker(name = "declared.inside")]
    async fn inside() -> Result<(), Fault> {
        Ok(())
    }

    drop((inside(), Client(1_u8).ask()));
    assert_eq!(find("declared.method").function(), "stranger::declared::Client<_>::method");
    assert_eq!(find("declared.method").fallback(), None);
    assert_eq!(find("declared.method").settings(), []);
    assert_eq!(
        find("declared.trait").function(),
        "<stranger::declared::Client<u8> as stranger::declared::Remote>::ask"
    );
    assert_eq!(find("declared.inside").function(), "stranger::declared::paths_of_methods::inside");
    assert_eq!(find("shop.opens").file(), "src/shop.rs");
}

#[test]
fn in_order_and_without_contradiction() {
    let all = declarations();
    assert_eq!(all.verify().map_err(|conflicts| conflicts.to_string()), Ok(()));
    let places: Vec<_> = all.iter().map(|declared| (declared.file(), declared.line())).collect();
    assert!(places.is_sorted());
    assert!(all.iter().count() > 150);
}

#[test]
fn a_breaker_taken_out_is_registered_anew_by_the_next_call() {
    #[circuit_breaker(name = "declared.removed", failure_threshold = 1, fallback = || Ok(7))]
    fn ask() -> Result<u32, Fault> {
        Err(Fault::Down)
    }

    assert_eq!(ask().ok(), Some(7));
    let old = registry().remove("declared.removed").expect("it was called");
    assert!(registry().get("declared.removed").is_none());
    assert_eq!(old.state(), State::Open);

    assert_eq!(ask().ok(), Some(7));
    let new = registry().get("declared.removed").expect("the call registered it");
    assert_eq!(new.snapshot().totals.failures, 1, "it was asked: the new breaker was closed");
    assert_eq!(new.snapshot().totals.fallbacks, 1);
    assert_eq!(new.config().failure_threshold(), 1, "with the settings of the attribute");
    assert_eq!(old.snapshot().totals.calls, 1, "the old one is left alone");

    registry().remove("declared.removed");
    assert_eq!(ask().ok(), Some(7));
    assert_eq!(registry().get("declared.removed").map(|third| third.snapshot().openings), Some(1));
}
