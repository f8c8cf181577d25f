//! How calls end, and the counts that are kept under the lock.

use crate::clock::Tick;

/// What is counted under the lock, because such calls are rare or take it anyway.
#[derive(Clone)]
pub(super) struct Ledger {
    pub(super) failures: u64,
    pub(super) timeouts: u64,
    pub(super) ignored: u64,
    pub(super) cancelled: u64,
    /// [`Tick::UNKNOWN`] before the first.
    pub(super) last_failure: Tick,
    pub(super) last_error: Option<Box<str>>,
}

/// How an admitted call has ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Success,
    /// Judged a failure, or panicked; with the error's text where there is one.
    Failure(Option<Box<str>>),
    TimedOut,
    Ignored,
    Cancelled,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self {
            failures: 0,
            timeouts: 0,
            ignored: 0,
            cancelled: 0,
            last_failure: Tick::UNKNOWN,
            last_error: None,
        }
    }

    /// Counts an ending. Returns the text that it took the place of, to be dropped after the lock.
    pub(super) fn enter(&mut self, ending: Ending, now: Tick) -> Option<Box<str>> {
        match ending {
            Ending::Success => {}
            Ending::Ignored => self.ignored += 1,
            Ending::Cancelled => self.cancelled += 1,
            Ending::TimedOut => {
                self.timeouts += 1;
                return self.fail(now, Some("timed out".into()));
            }
            Ending::Failure(text) => return self.fail(now, text),
        }
        None
    }

    fn fail(&mut self, now: Tick, text: Option<Box<str>>) -> Option<Box<str>> {
        self.failures += 1;
        self.last_failure = now;
        std::mem::replace(&mut self.last_error, text)
    }
}
