//! The call that is protected: as good as nothing, so that what is left is the protection.

use std::hint::black_box;

use cb_runtime::CircuitError;

/// What the body answers.
pub(crate) const ANSWER: u64 = 1;

/// A failure of the service that is called, or of the breaker to let it be called. A result with it is
/// as small as can be, for the peers as for us: larger ones cost more to move, with or without a
/// breaker.
#[derive(Debug)]
pub(crate) struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl From<CircuitError> for Failed {
    fn from(_: CircuitError) -> Self {
        Self
    }
}

/// The body. Whether it succeeds is hidden from the optimiser, as it is in a real program.
#[inline]
pub(crate) fn answer() -> Result<u64, Failed> {
    if black_box(true) { Ok(ANSWER) } else { Err(Failed) }
}

#[inline]
pub(crate) async fn answer_later() -> Result<u64, Failed> {
    answer()
}
