//! The answer of a fallback that the program has registered.

use crate::{
    breaker::core::Core,
    error::{CircuitError, Failure},
    registry::registry,
};

/// A failure of the service, as a registered fallback is told of it.
#[allow(clippy::needless_pass_by_value, reason = "as the expansion has it")]
pub fn failed(core: &Core, error: Option<Box<str>>) -> CircuitError {
    CircuitError::Failed { failure: Failure::new(core.name(), error.as_deref()) }
}

/// What the fallback answers that is registered for the breaker's kind of service and this type of
/// answer or its good part, if there is one. `of` makes an answer of the good part.
pub fn registered<V: 'static, R: 'static>(
    core: &Core,
    error: &CircuitError,
    of: fn(V) -> R,
) -> Option<R> {
    let config = core.config();
    let service_type = config.service_type();
    let found = service_type.and_then(|service_type| {
        if let Some(fallback) = registry().registered::<R>(service_type) {
            return Some(fallback(error));
        }
        let fallback = registry().registered::<V>(service_type)?;
        Some(of(fallback(error)))
    });
    if found.is_none() {
        registry().miss_fallback::<R>(core.name(), service_type);
    }
    found
}
