//! How calls end, and the counts that are kept under the lock.

use std::time::Duration;

use crate::clock::Tick;

/// What is counted under the lock, because such calls are rare or take it anyway. Takes no room before
/// the first of them.
#[derive(Clone)]
pub(super) struct Ledger(Option<Box<Entries>>);

#[derive(Clone)]
pub(super) struct Entries {
    /// Successes that were told to the machine; the others are in the stripes.
    pub(super) successes: u64,
    pub(super) failures: u64,
    pub(super) slow: u64,
    pub(super) timeouts: u64,
    pub(super) ignored: u64,
    pub(super) cancelled: u64,
    /// [`Tick::UNKNOWN`] before the first.
    pub(super) last_failure: Tick,
    pub(super) last_error: Option<Box<str>>,
}

impl Default for Entries {
    fn default() -> Self {
        Self {
            successes: 0,
            failures: 0,
            slow: 0,
            timeouts: 0,
            ignored: 0,
            cancelled: 0,
            last_failure: Tick::UNKNOWN,
            last_error: None,
        }
    }
}

/// How an admitted call has ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Success,
    /// Judged a failure, or panicked; with the error's text where there is one.
    Failure(Option<Box<str>>),
    /// The same, with an error that says how long to stay away.
    StayAway(Box<StayAway>),
    TimedOut,
    Ignored,
    Cancelled,
}

/// A failure whose error says how long the service wants to be left alone.
#[derive(Debug)]
pub struct StayAway {
    /// The error's text, where it has one.
    pub(crate) text: Option<Box<str>>,
    /// How long; above zero.
    pub(crate) time: Duration,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self(None)
    }

    pub(super) fn read(self) -> Entries {
        self.0.map(|entries| *entries).unwrap_or_default()
    }

    /// What has been counted, if anything has.
    pub(super) fn entries(&self) -> Option<&Entries> {
        self.0.as_deref()
    }

    pub(super) fn last_error(&self) -> Option<&str> {
        self.0.as_ref()?.last_error.as_deref()
    }

    /// Notes an error that came of no call. Returns the one that it took the place of, to be dropped
    /// after the lock.
    pub(super) fn note_error(&mut self, error: Box<str>) -> Option<Box<str>> {
        self.0.get_or_insert_default().last_error.replace(error)
    }

    /// Counts an ending. Returns the text that it took the place of, to be dropped after the lock.
    pub(super) fn enter(&mut self, ending: Ending, slow: bool, now: Tick) -> Option<Box<str>> {
        self.0.get_or_insert_default().enter(ending, slow, now)
    }
}

impl Entries {
    fn enter(&mut self, ending: Ending, slow: bool, now: Tick) -> Option<Box<str>> {
        self.slow += u64::from(slow);
        match ending {
            Ending::Success => self.successes += 1,
            Ending::Ignored => self.ignored += 1,
            Ending::Cancelled => self.cancelled += 1,
            Ending::TimedOut => {
                self.timeouts += 1;
                return self.fail(now, Some("timed out".into()));
            }
            Ending::Failure(text) => return self.fail(now, text),
            Ending::StayAway(failure) => return self.fail(now, failure.text),
        }
        None
    }

    fn fail(&mut self, now: Tick, text: Option<Box<str>>) -> Option<Box<str>> {
        self.failures += 1;
        self.last_failure = now;
        std::mem::replace(&mut self.last_error, text)
    }
}
