//! The text of an error of which only the expansion knows the type: by `Display` if it has that, or
//! by `Debug`, or none.
//!
//! `(&&&Describe(error)).circuit_breaker_text()` finds the first of the three that fits, because a
//! method that needs fewer references to be taken goes first. Its name is not just `text`, because a
//! trait of the user's own may give every type a method of that name.

use std::fmt::{Debug, Display};

use crate::observe::text::cut;

/// An error to be described.
#[derive(Debug)]
pub struct Describe<'a, E>(pub &'a E);

/// For errors with `Display`.
pub trait ByDisplay {
    /// The error's text.
    fn circuit_breaker_text(&self) -> Option<Box<str>>;
}

impl<E: Display> ByDisplay for &&Describe<'_, E> {
    fn circuit_breaker_text(&self) -> Option<Box<str>> {
        Some(cut(self.0))
    }
}

/// For errors that have only `Debug`.
pub trait ByDebug {
    /// The error's text.
    fn circuit_breaker_text(&self) -> Option<Box<str>>;
}

impl<E: Debug> ByDebug for &Describe<'_, E> {
    fn circuit_breaker_text(&self) -> Option<Box<str>> {
        Some(cut(&format_args!("{:?}", self.0)))
    }
}

/// For errors with neither.
pub trait ByNothing {
    /// No text.
    fn circuit_breaker_text(&self) -> Option<Box<str>>;
}

impl<E> ByNothing for Describe<'_, E> {
    fn circuit_breaker_text(&self) -> Option<Box<str>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct OnlyDebug;

    struct Neither;

    #[test]
    #[allow(clippy::needless_borrow, reason = "as the expansion writes it, for any type")]
    fn the_best_text_that_there_is() {
        assert_eq!((&&&Describe(&"refused")).circuit_breaker_text().as_deref(), Some("refused"));
        assert_eq!((&&&Describe(&OnlyDebug)).circuit_breaker_text().as_deref(), Some("OnlyDebug"));
        assert_eq!((&&&Describe(&Neither)).circuit_breaker_text(), None);
    }
}
