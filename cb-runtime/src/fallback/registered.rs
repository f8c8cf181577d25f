//! The answer of a fallback that the program has registered.

use super::call::{ByOk, ByWhole};
use crate::{
    breaker::core::Core,
    error::{CircuitError, Failure},
    registry::registry,
};

/// A type of which a fallback may be registered.
pub trait Registered<How>: Sized + 'static {
    /// What the one for this kind of service answers.
    fn registered(service_type: &str, error: &CircuitError) -> Option<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, E: 'static> Registered<ByOk> for Result<T, E> {
    fn registered(service_type: &str, error: &CircuitError) -> Option<Self> {
        Some(match registry().registered::<Self>(service_type) {
            Some(fallback) => fallback(error),
            None => Ok(registry().registered::<T>(service_type)?(error)),
        })
    }
}

#[diagnostic::do_not_recommend]
impl<T: 'static> Registered<ByWhole> for T {
    fn registered(service_type: &str, error: &CircuitError) -> Option<Self> {
        Some(registry().registered::<Self>(service_type)?(error))
    }
}

/// A failure of the service, as a registered fallback is told of it.
#[allow(clippy::needless_pass_by_value, reason = "as the expansion has it")]
pub fn failed(core: &Core, error: Option<Box<str>>) -> CircuitError {
    CircuitError::Failed { failure: Failure::new(core.name(), error.as_deref()) }
}

/// What the fallback answers that is registered for the breaker's kind of service and this type, if
/// there is one.
pub fn registered<How, R: Registered<How>>(core: &Core, error: &CircuitError) -> Option<R> {
    let config = core.config();
    let service_type = config.service_type();
    let found = service_type.and_then(|service_type| R::registered(service_type, error));
    if found.is_none() {
        registry().miss_fallback::<R>(core.name(), service_type);
    }
    found
}
