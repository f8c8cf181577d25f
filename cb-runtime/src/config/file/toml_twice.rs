//! Where a key of a TOML file that is given twice was given first, which the parser does not tell.

use std::{
    collections::{HashMap, hash_map::Entry},
    ops::Range,
};

use toml::de::{DeTable, DeValue};

use super::tree::DEEPEST;

/// What the parser says of such a key.
pub(super) const MESSAGE: &str = "duplicate key";

/// A text and what could be read of it: of every key the first, but for the headers of tables.
pub(super) struct Twice<'t> {
    text: &'t str,
    tree: &'t DeTable<'t>,
    headers: Option<Headers>,
}

/// The names in the header of a table.
type Names = Vec<String>;

/// The place of the first header of each table.
type Headers = HashMap<Names, usize>;

impl<'t> Twice<'t> {
    pub(super) fn new(text: &'t str, tree: &'t DeTable<'t>) -> Self {
        Self { text, tree, headers: None }
    }

    /// The second key, of which this is the place, without its quotes, and where the first one is.
    pub(super) fn first(&mut self, second: Range<usize>) -> (String, Option<usize>) {
        let key = decoded(self.text.get(second.start..second.end).unwrap_or_default());
        let line = self.text.get(..second.start).unwrap_or_default();
        let line = line.rfind('\n').map_or(0, |end| end + 1);
        let first = match self.text.get(line..).and_then(|rest| names(rest.lines().next()?)) {
            Some(names) => {
                let header = self.headers().get(&names).copied().filter(|at| *at < line);
                header.or_else(|| first_within(self.tree, &names).filter(|at| *at < line))
            }
            None => self.first_key(&second),
        };
        (key, first)
    }

    fn headers(&mut self) -> &Headers {
        self.headers.get_or_insert_with(|| {
            let mut headers = Headers::new();
            let mut at = 0;
            for line in self.text.split_inclusive('\n') {
                if let Some(names) = names(line)
                    && let Entry::Vacant(first) = headers.entry(names)
                {
                    first.insert(at);
                }
                at += line.len();
            }
            headers
        })
    }

    /// The place of the first key of the same name in the same table.
    fn first_key(&self, second: &Range<usize>) -> Option<usize> {
        let names = self.names_around(second)?;
        let mut around = Around { table: self.tree, start: 0, is_inline: false };
        around.find(self.text, self.tree, second.start, DEEPEST);
        place(around.table, &names).filter(|first| *first < second.start)
    }

    /// The names of a dotted key up to this part of it.
    fn names_around(&self, part: &Range<usize>) -> Option<Names> {
        let before = self.text.get(..part.start)?;
        let start = before.rfind(['\n', '{', ',']).map_or(0, |end| end + 1);
        path(&format!("{} = 0", self.text.get(start..part.end)?))
    }
}

/// The place of the key of these names in this table.
fn place(table: &DeTable<'_>, names: &[String]) -> Option<usize> {
    let (last, path) = names.split_last()?;
    let (first, _) = within(table, path)?.get_key_value(last.as_str())?;
    Some(first.span().start)
}

/// The place of the first key in the table of these names, which a dotted key has made.
fn first_within(table: &DeTable<'_>, names: &[String]) -> Option<usize> {
    within(table, names)?.keys().map(|key| key.span().start).min()
}

fn within<'a, 't>(table: &'a DeTable<'t>, names: &[String]) -> Option<&'a DeTable<'t>> {
    names.iter().try_fold(table, |table, name| {
        table.get(name.as_str()).and_then(|inner| inner.get_ref().as_table())
    })
}

/// A key without its quotes.
fn decoded(written: &str) -> String {
    let names = path(&format!("{written} = 0"));
    names.and_then(|mut names| names.pop()).unwrap_or_else(|| written.to_owned())
}

/// The names in this line, if it is the header of a table.
fn names(line: &str) -> Option<Names> {
    if line.trim_start().starts_with('[') { path(line) } else { None }
}

/// The names in the only key of a text.
fn path(text: &str) -> Option<Names> {
    let alone = DeTable::parse(text).ok()?;
    let mut names = Vec::new();
    let mut table = Some(alone.get_ref());
    while let Some((key, value)) = table.and_then(|table| table.iter().next()) {
        names.push(key.get_ref().clone().into_owned());
        table = value.get_ref().as_table();
    }
    Some(names)
}

/// The table that a place is in: the innermost `{ }` around it, else that of the last header before it.
struct Around<'t> {
    table: &'t DeTable<'t>,
    start: usize,
    is_inline: bool,
}

impl<'t> Around<'t> {
    fn find(&mut self, text: &str, tree: &'t DeTable<'t>, at: usize, depth: usize) {
        if depth == 0 {
            return;
        }
        for value in tree.values() {
            let DeValue::Table(table) = value.get_ref() else { continue };
            let span = value.span();
            match text.as_bytes().get(span.start) {
                Some(b'{') if span.contains(&at) => {
                    *self = Self { table, start: span.start, is_inline: true };
                }
                Some(b'[') if !self.is_inline && (self.start..at).contains(&span.start) => {
                    (self.table, self.start) = (table, span.start);
                }
                _ => {}
            }
            self.find(text, table, at, depth - 1);
        }
    }
}
