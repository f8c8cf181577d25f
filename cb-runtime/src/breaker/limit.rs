//! How long a call may take.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::{
    task::coop::unconstrained,
    time::{Sleep, sleep},
};

use crate::{error::CircuitError, name::Name};

/// Bounds the time of a call.
pub trait Limit {
    /// Says that the bound was passed.
    type Passed;

    /// What to say once the bound is passed, of the breaker of this name.
    fn poll_passed(self: Pin<&mut Self>, cx: &mut Context<'_>, name: &Name) -> Poll<Self::Passed>;
}

/// A call may take as long as it will.
pub struct NoLimit;

impl Limit for NoLimit {
    type Passed = Infallible;

    #[inline]
    fn poll_passed(self: Pin<&mut Self>, _: &mut Context<'_>, _: &Name) -> Poll<Infallible> {
        Poll::Pending
    }
}

pin_project! {
    /// A call may take so long, from its first poll. A call that is ready at once sets no timer.
    pub struct Within {
        limit: Option<Duration>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Within {
    /// No bound where none is given.
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, sleep: None }
    }
}

impl Limit for Within {
    type Passed = CircuitError;

    fn poll_passed(self: Pin<&mut Self>, cx: &mut Context<'_>, name: &Name) -> Poll<CircuitError> {
        let mut this = self.project();
        let Some(limit) = *this.limit else { return Poll::Pending };
        if this.sleep.is_none() {
            this.sleep.set(Some(sleep(limit)));
        }
        // A body that always uses up what tokio lets a task do in one go leaves nothing of that for the
        // timer, which would never ring.
        match this.sleep.as_pin_mut().map(unconstrained) {
            Some(sleep) => {
                pin!(sleep).poll(cx).map(|()| CircuitError::Timeout { name: name.clone(), limit })
            }
            None => Poll::Pending,
        }
    }
}
