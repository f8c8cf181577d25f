//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

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
