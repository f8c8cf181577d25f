//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

pub use crate::{
    answer::{
        Answer, FromCircuitError, Judged, Keep, Rejectable, answer, into_cause, is_error, judge_error,
        judge_value, keep, no_answer, no_value,
    },
    breaker::{
        call::{Guarded, Settled, Verdict, guard, run},
        core::{Core, Refusal},
        limit::{Limit, NoLimit, Within},
        permit::{Held, WhenDropped},
    },
    registry::{Declared, Site},
};
