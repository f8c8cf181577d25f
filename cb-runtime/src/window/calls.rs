//! The last N calls.

use std::collections::VecDeque;

use super::{Counts, Mark};

/// Exactly the last so many calls. Holds a word for each that was no plain success, and of the
/// others only how many there were: a run of successes of any length costs one addition.
#[derive(Clone, Debug)]
pub(crate) struct CallWindow {
    size: u64,
    /// How many calls there have been; a call's number is how many there were before it.
    ended: u64,
    marks: VecDeque<Marked>,
    /// Of the marks; its `calls` is not kept.
    counts: Counts,
}

#[derive(Clone, Copy, Debug)]
struct Marked {
    /// The call's number, above two bits for its mark.
    word: u64,
}

impl Marked {
    fn new(number: u64, mark: Mark) -> Self {
        let bits = match mark {
            Mark::Failure => 0,
            Mark::SlowFailure => 1,
            Mark::SlowSuccess => 2,
            Mark::SlowDrop => 3,
        };
        Self { word: number << 2 | bits }
    }

    fn number(self) -> u64 {
        self.word >> 2
    }

    fn mark(self) -> Mark {
        match self.word & 0b11 {
            0 => Mark::Failure,
            1 => Mark::SlowFailure,
            2 => Mark::SlowSuccess,
            _ => Mark::SlowDrop,
        }
    }
}

impl CallWindow {
    pub(crate) fn new(size: u32) -> Self {
        Self { size: u64::from(size), ended: 0, marks: VecDeque::new(), counts: Counts::default() }
    }

    pub(crate) fn add_successes(&mut self, successes: u64) {
        self.ended = self.ended.saturating_add(successes);
        self.forget();
    }

    pub(crate) fn add(&mut self, mark: Mark) {
        self.marks.push_back(Marked::new(self.ended, mark));
        self.counts.count(mark);
        self.ended += 1;
        self.forget();
    }

    /// Drops what has left the window.
    fn forget(&mut self) {
        let first = self.ended.saturating_sub(self.size);
        while let Some(oldest) = self.marks.front().filter(|oldest| oldest.number() < first) {
            self.counts.discount(oldest.mark());
            self.marks.pop_front();
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts { calls: self.ended.min(self.size), ..self.counts }
    }

    pub(crate) fn resize(&mut self, size: u32) {
        let kept = self.ended.min(self.size);
        // What is not there any more is not to come back when the window grows.
        let gone = self.ended - kept;
        self.marks.iter_mut().for_each(|marked| marked.word -= gone << 2);
        self.ended = kept;
        self.size = u64::from(size);
        self.forget();
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    fn counts(calls: u64, failures: u64, slow: u64) -> Counts {
        Counts { calls, failures, slow, dropped: 0 }
    }

    #[test]
    fn what_is_older_than_the_last_n_calls_counts_no_more() {
        let mut window = CallWindow::new(3);
        window.add(Mark::Failure);
        window.add(Mark::SlowSuccess);
        assert_eq!(window.counts(), counts(2, 1, 1));
        window.add_successes(1);
        assert_eq!(window.counts(), counts(3, 1, 1));
        window.add_successes(1);
        assert_eq!(window.counts(), counts(3, 0, 1));
        window.add(Mark::SlowFailure);
        assert_eq!(window.counts(), counts(3, 1, 1));
    }

    #[test]
    fn any_number_of_successes_leaves_nothing_behind() {
        let mut window = CallWindow::new(1000);
        for _ in 0..1000 {
            window.add(Mark::Failure);
        }
        window.add_successes(u64::MAX >> 3);
        assert_eq!(window.counts(), counts(1000, 0, 0));
        assert!(window.marks.is_empty());
    }

    #[test]
    fn a_smaller_window_keeps_the_latest_and_a_larger_one_no_more_than_there_was() {
        let mut window = CallWindow::new(4);
        window.add(Mark::Failure);
        window.add(Mark::Failure);
        window.add_successes(1);
        window.add(Mark::Failure);
        window.resize(2);
        assert_eq!(window.counts(), counts(2, 1, 0));
        window.resize(10);
        assert_eq!(window.counts(), counts(2, 1, 0));
        window.add_successes(7);
        assert_eq!(window.counts(), counts(9, 1, 0));
        window.add_successes(2);
        assert_eq!(window.counts(), counts(10, 1, 0));
        window.add_successes(1);
        assert_eq!(
            window.counts(),
            counts(10, 0, 0),
            "the failure was the second of what was kept"
        );
    }
}
