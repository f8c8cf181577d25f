//! How long a call may take.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

/// Bounds the time of a call.
pub trait Limit {
    /// The bound, once it is passed.
    fn poll_passed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Duration>;
}

/// A call may take as long as it will.
pub struct NoLimit;

impl Limit for NoLimit {
    #[inline]
    fn poll_passed(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Duration> {
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
    fn poll_passed(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Duration> {
        let mut this = self.project();
        let Some(limit) = *this.limit else {
            return Poll::Pending;
        };
        if this.sleep.is_none() {
            this.sleep.set(Some(sleep(limit)));
        }
        match this.sleep.as_pin_mut() {
            Some(sleep) => sleep.poll(cx).map(|()| limit),
            None => Poll::Pending,
        }
    }
}
