//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

pub use crate::{
    answer::{AsKey, Fallible, FromCircuitError, IsAnswer, IsFuture, Judged, Keep, Rejectable},
    breaker::{
        call::{Guarded, Settled, Verdict, guard, run},
        core::Core,
        limit::{Limit, NoLimit, Within},
        permit::{Held, WhenDropped},
        refusal::Refusal,
    },
    config::{Check, Health, IsWindow, NoWindow, WindowOf, checked},
    describe::{ByDebug, ByDisplay, ByNothing, Describe},
    policy::{Attempts, Bulkhead, Inside, RetryPolicy, Slot},
    registry::{Declared, KeyedSite, Site},
};
