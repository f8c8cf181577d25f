//! A call that needs a place of a bulkhead besides the breaker's leave.

use super::{
    core::Core,
    permit::{Held, WhenDropped},
    refusal::Refusal,
    ticket::Ticket,
};
#[cfg(feature = "redis")]
use super::{machine::Role, state::Word};
use crate::{
    isolation,
    policy::{Bulkhead, Inside},
};

/// A call that was admitted and has a place.
pub(super) type Placed<'a> = Held<Inside<&'a Core>>;

/// Asks the breaker, and then for one of so many places.
///
/// # Errors
/// A refusal where the breaker does not let the call pass, or no place is free.
pub fn admit_to<'a>(
    core: &'a Core,
    bulkhead: &'static Bulkhead,
    limit: u32,
) -> Result<Placed<'a>, Refusal<'a>> {
    let bulkhead = isolation::here(bulkhead, Bulkhead::new);
    let (ticket, slot) = core.admit_with(limit, || bulkhead.enter(limit))?;
    Ok(Held::new(Inside::new(core, slot), ticket, WhenDropped::Cancelled))
}

/// Takes the place of a call on which the breaker has decided.
#[cfg(feature = "redis")]
pub(super) fn take<'a>(
    core: &'a Core,
    role: Role,
    word: Word,
    bulkhead: &'static Bulkhead,
    limit: u32,
) -> Result<Placed<'a>, Refusal<'a>> {
    let bulkhead = isolation::here(bulkhead, Bulkhead::new);
    match bulkhead.enter(limit) {
        Some(slot) => {
            let ticket = core.ticket(word, role);
            Ok(Held::new(Inside::new(core, slot), ticket, WhenDropped::Cancelled))
        }
        None => Err(core.without_a_place(word, role, limit)),
    }
}

/// The same, if either is to be asked at all.
///
/// # Errors
/// A refusal where the breaker does not let the call pass, or no place is free.
pub fn admit_to_if<'a>(
    core: &'a Core,
    bulkhead: &'static Bulkhead,
    limit: u32,
    enabled: bool,
) -> Result<Placed<'a>, Refusal<'a>> {
    if enabled {
        return admit_to(core, bulkhead, limit);
    }
    Ok(Held::new(Inside::without(core), Ticket::PLAIN, WhenDropped::Cancelled))
}
