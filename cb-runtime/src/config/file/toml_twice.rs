//! Where a key of a TOML file that is given twice was given first, which the parser does not tell.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::tree::{Flaw, Lines};

/// What the parser says of such a key.
pub(super) const MESSAGE: &str = "duplicate key";

/// What to say of the second key, which is here.
pub(super) fn flaw(text: &str, tree: &DeTable<'_>, second: Range<usize>) -> Flaw {
    let written = text.get(second.clone()).unwrap_or_default();
    let key = decoded(written);
    let first = match header(text, second.start) {
        Some(path) => first_header(text, second.start, &path),
        None => first_key(text, tree, &key, second.start),
    };
    let line = first.map(|at| Lines::of(text.get(..at).unwrap_or_default()).line(at));
    Flaw::twice(second.start, &key, line)
}

/// A key without its quotes.
fn decoded(written: &str) -> String {
    let alone = format!("{written} = 0");
    let key = DeTable::parse(&alone).ok().and_then(|table| {
        table.get_ref().keys().next().map(|key| key.get_ref().clone().into_owned())
    });
    key.unwrap_or_else(|| written.to_owned())
}

/// The names in the header of a table, if this place is in one.
fn header(text: &str, at: usize) -> Option<Vec<String>> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..)?.lines().next()?;
    names(line)
}

fn names(line: &str) -> Option<Vec<String>> {
    if !line.trim_start().starts_with('[') {
        return None;
    }
    let alone = DeTable::parse(line).ok()?;
    let mut names = Vec::new();
    let mut table = alone.get_ref();
    while let Some((key, value)) = table.iter().next() {
        names.push(key.get_ref().clone().into_owned());
        match value.get_ref() {
            DeValue::Table(inner) => table = inner,
            DeValue::Array(_) => break,
            _ => return None,
        }
    }
    Some(names)
}

/// The place of the first header of these names.
fn first_header(text: &str, before: usize, path: &[String]) -> Option<usize> {
    let mut at = 0;
    for line in text.get(..before)?.split_inclusive('\n') {
        // Of all lines, those that can be it by their last name are few.
        if line.trim_start().starts_with('[') && names(line).is_some_and(|names| names == path) {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// The place of the first key of this name in the table in which the second is.
fn first_key(text: &str, tree: &DeTable<'_>, key: &str, second: usize) -> Option<usize> {
    let mut around = Around { start: 0, is_inline: false };
    around.find(text, tree, second);
    let mut first: Option<(usize, usize)> = None;
    nearest_to_the_root(tree, key, around.start..second, 0, &mut first);
    first.map(|(_, at)| at)
}

/// The start of the table that a place is in: of the innermost `{ }` around it, else of the last header
/// before it.
struct Around {
    start: usize,
    is_inline: bool,
}

impl Around {
    fn find(&mut self, text: &str, tree: &DeTable<'_>, at: usize) {
        for value in tree.values() {
            let DeValue::Table(inner) = value.get_ref() else { continue };
            let span = value.span();
            let open = text.as_bytes().get(span.start);
            let is_around = match open {
                Some(b'{') => span.contains(&at),
                Some(b'[') => span.start < at && !self.is_inline,
                _ => false,
            };
            if is_around && (span.start >= self.start || open == Some(&b'{') && !self.is_inline) {
                *self = Self { start: span.start, is_inline: open == Some(&b'{') };
            }
            self.find(text, inner, at);
        }
    }
}

fn nearest_to_the_root(
    tree: &DeTable<'_>,
    key: &str,
    within: Range<usize>,
    depth: usize,
    found: &mut Option<(usize, usize)>,
) {
    for (name, value) in tree {
        let at = name.span().start;
        if name.get_ref() == key
            && within.contains(&at)
            && found.is_none_or(|nearest| (depth, at) < nearest)
        {
            *found = Some((depth, at));
        }
        if let DeValue::Table(inner) = value.get_ref() {
            nearest_to_the_root(inner, key, within.clone(), depth + 1, found);
        }
    }
}
