//! What a file says, of either format: values that know where they stand.

use std::borrow::Cow;

/// The deepest nesting that is read. The deepest of what there is to say is an environment's table of a
/// function's calls with its `retry`, which is nine levels.
pub(super) const DEEPEST: usize = 32;

/// A value, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'t> {
    Text(Cow<'t, str>),
    /// Digits with what belongs to them, in a form that the standard library reads: a program's numbers
    /// are narrower than a file's, and which they are is known where they are needed.
    Number(Cow<'t, str>),
    Flag(bool),
    Table(Vec<Entry<'t>>),
    /// What an environment variable holds. What it is, only the setting can tell.
    Words(Cow<'t, str>),
    /// Of a kind that no setting takes: "a list", "a date".
    Other(&'static str),
}

impl Value<'_> {
    /// In JSON.
    pub(super) const NULL: Self = Self::Other("`null`");
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    /// Where in the text the key begins.
    pub(crate) at: usize,
    pub(crate) value: Value<'t>,
}

/// The lines of a text, by the places where they begin.
#[derive(Debug)]
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(ends.map(|(end, _)| end + 1).collect())
    }

    /// The line, from 1, in which this place is.
    pub(crate) fn line(&self, at: usize) -> u32 {
        let before = self.0.partition_point(|start| *start <= at);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_behind_the_end_of_the_one_before() {
        let lines = Lines::of("a\n\nb\n");
        assert_eq!([0, 1, 2, 3, 4, 5, 99].map(|at| lines.line(at)), [1, 1, 2, 3, 3, 4, 4]);
        assert_eq!(Lines::of("").line(0), 1);
    }
}
