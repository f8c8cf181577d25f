//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

#[cfg(feature = "redis")]
pub use crate::breaker::lease::{Leasing, placed};
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

/// Asks the breaker by an expression, and the other instances of the program where that is called for.
/// Without the feature `redis` it is the expression alone.
#[cfg(feature = "redis")]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_admit_async {
    ($admit:expr) => {
        match $admit {
            ::core::result::Result::Err(refusal) if refusal.wants_lease() => refusal.lease().await,
            admitted => admitted,
        }
    };
    ($admit:expr, $bulkhead:expr, $limit:expr) => {
        match $admit {
            ::core::result::Result::Err(refusal) if refusal.wants_lease() => {
                match refusal.lease().await {
                    ::core::result::Result::Ok(held) => {
                        $crate::__private::placed(held, $bulkhead, $limit)
                    }
                    ::core::result::Result::Err(refusal) => ::core::result::Result::Err(refusal),
                }
            }
            admitted => admitted,
        }
    };
}

/// The same for a plain function.
#[cfg(feature = "redis")]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_admit_blocking {
    ($admit:expr) => {
        match $admit {
            ::core::result::Result::Err(refusal) if refusal.wants_lease() => {
                refusal.lease_blocking()
            }
            admitted => admitted,
        }
    };
    ($admit:expr, $bulkhead:expr, $limit:expr) => {
        match $admit {
            ::core::result::Result::Err(refusal) if refusal.wants_lease() => {
                match refusal.lease_blocking() {
                    ::core::result::Result::Ok(held) => {
                        $crate::__private::placed(held, $bulkhead, $limit)
                    }
                    ::core::result::Result::Err(refusal) => ::core::result::Result::Err(refusal),
                }
            }
            admitted => admitted,
        }
    };
}

/// Asks the breaker by an expression, and nobody else.
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_admit_async {
    ($admit:expr $(, $bulkhead:expr, $limit:expr)?) => {
        $admit
    };
}

/// The same for a plain function.
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_admit_blocking {
    ($admit:expr $(, $bulkhead:expr, $limit:expr)?) => {
        $admit
    };
}

pub use circuit_breaker_admit_async as admit_async;
pub use circuit_breaker_admit_blocking as admit_blocking;
