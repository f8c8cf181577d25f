//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

#[cfg(feature = "redis")]
pub use crate::breaker::lease::{ask_for_lease, wait_for_lease};
pub use crate::{
    answer::{
        AsKey, Fallible, FromCircuitError, FromCircuitErrorAlone, FromRejection, FromTimeout,
        IsAnswer, IsFuture, Judged, Keep, KeepForRetry, Rejectable, RejectableAlone, whole,
    },
    breaker::{
        call::{Guarded, Settled, Verdict, guard, judged, run},
        core::Core,
        limit::{Limit, NoLimit, Within},
        permit::{Held, WhenDropped},
        place::{admit_to, admit_to_if},
        refusal::Refusal,
        retry::Retrying,
        span::{CallSpan, guard_in, run_in},
    },
    config::{Check, Health, IsWindow, NoWindow, WindowOf, checked},
    describe::{ByDebug, ByDisplay, ByNothing, Describe},
    fallback::{
        call::{Memories, another, find, in_memory, in_store, keep, keep_in_memory, look_up},
        key::{KeyByReference, KeyByValue, KeyOf, StaleKey, StaleSelf},
        registered::{failed, registered},
    },
    policy::{Attempts, Bulkhead, CallSettings, Calls, Inside, RetryPolicy, Slot},
    registry::{Declared, KeyedSite, Site},
};

/// What the breaker says to a call; where that is to be a probe, what it says once the other instances of
/// the program have been asked for a lease. Without the feature `redis`, there are none.
#[cfg(feature = "redis")]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_asked {
    ($asked:expr, $then:ident($($given:expr),*)) => {
        match $asked {
            ::core::result::Result::Ok(held) => ::core::result::Result::Ok(held),
            ::core::result::Result::Err(refusal) => {
                if refusal.wants_lease() {
                    $crate::__private::ask_for_lease(refusal).await.$then($($given),*)
                } else {
                    ::core::result::Result::Err(refusal)
                }
            }
        }
    };
}

/// The same for a plain function.
#[cfg(feature = "redis")]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_asked_blocking {
    ($asked:expr, $then:ident($($given:expr),*)) => {
        match $asked {
            ::core::result::Result::Ok(held) => ::core::result::Result::Ok(held),
            ::core::result::Result::Err(refusal) => {
                if refusal.wants_lease() {
                    $crate::__private::wait_for_lease(refusal).$then($($given),*)
                } else {
                    ::core::result::Result::Err(refusal)
                }
            }
        }
    };
}

/// There are no other instances.
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_asked {
    ($asked:expr, $then:ident($($given:expr),*)) => {
        $asked
    };
}

/// The same for a plain function.
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_asked_blocking {
    ($asked:expr, $then:ident($($given:expr),*)) => {
        $asked
    };
}

pub use circuit_breaker_asked as asked;
pub use circuit_breaker_asked_blocking as asked_blocking;
