//! All that an expansion of the attribute names. No part of the public interface: it changes with
//! the attribute, whose version is pinned to this crate's.

pub use inventory;

pub use crate::{
    answer::{Answer, FromCircuitError, Judged, Keep, answer, keep, no_answer},
    breaker::{
        call::{Guarded, Settled, Verdict, guard, run},
        core::{Core, Refusal},
        limit::{Limit, NoLimit, Within},
        permit::{Held, WhenDropped},
    },
    describe,
    registry::{Declared, Site},
};
