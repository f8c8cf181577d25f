//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

#[cfg(feature = "redis")]
pub use crate::breaker::lease::{prepare as ask_for_lease, prepare_blocking as wait_for_lease};
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

/// Asks the other instances of the program for the lease of a probe, where the call through this site may
/// be one. Without the feature `redis`, nothing.
#[cfg(feature = "redis")]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_prepare {
    ($site:expr) => {
        $crate::circuit_breaker_prepare!($site, $site.core())
    };
    ($site:expr, $core:expr) => {
        if $site.may_be_due() {
            $crate::__private::ask_for_lease($core).await;
        }
    };
}

/// The same for a plain function.
#[cfg(feature = "redis")]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_prepare_blocking {
    ($site:expr) => {
        $crate::circuit_breaker_prepare_blocking!($site, $site.core())
    };
    ($site:expr, $core:expr) => {
        if $site.may_be_due() {
            $crate::__private::wait_for_lease($core);
        }
    };
}

/// There are no other instances.
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_prepare {
    ($($site:expr),*) => {};
}

/// The same for a plain function.
#[cfg(not(feature = "redis"))]
#[doc(hidden)]
#[macro_export]
macro_rules! circuit_breaker_prepare_blocking {
    ($($site:expr),*) => {};
}

pub use circuit_breaker_prepare as prepare;
pub use circuit_breaker_prepare_blocking as prepare_blocking;
