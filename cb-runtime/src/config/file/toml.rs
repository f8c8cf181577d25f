//! The tree of a TOML file.

use std::borrow::Cow;

use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use super::{
    place::Text,
    problem::Problems,
    toml_depth,
    toml_twice::{self, Twice},
    tree::{DEEPEST, Entry, Value},
};

/// A text up to this length is looked through for all keys that are given twice; in a longer one only
/// the first flaw is told, since there may be a flaw for each of its bytes.
const LOOKED_THROUGH: usize = 256 * 1024;

/// Reads a text, if it can be read. Keys that are given twice are told of, and the first of them stand in
/// the tree.
pub(super) fn read<'t>(
    text: &'t str,
    at: &Text,
    problems: &mut Problems,
) -> Option<Vec<Entry<'t>>> {
    if let Some(deep) = toml_depth::too_deep(text) {
        problems.add_too_deep(at, deep);
        return None;
    }
    let (tree, errors) = if text.len() <= LOOKED_THROUGH {
        DeTable::parse_recoverable(text)
    } else {
        match DeTable::parse(text) {
            Ok(tree) => (tree, Vec::new()),
            Err(error) => (Spanned::new(0..0, DeTable::new()), vec![error]),
        }
    };
    let mut is_whole = true;
    let mut twice = Twice::new(text, tree.get_ref());
    for error in &errors {
        let span = error.span().unwrap_or(text.len()..text.len());
        if error.message() == toml_twice::MESSAGE {
            if problems.has_room() {
                let (key, first) = twice.first(span.clone());
                problems.add_twice(at, span.start, &key, first);
            } else {
                problems.leave_out();
            }
        } else if is_whole {
            // What follows it may be nothing but its consequence.
            is_whole = false;
            let message = || format!("this is no TOML: {}", in_words(error.message()));
            problems.add_at(at, span.start, message);
        }
    }
    is_whole.then(|| table(tree.into_inner(), DEEPEST, at, problems))
}

/// The parser's words, where a user would not know them.
fn in_words(message: &str) -> String {
    for (theirs, ours) in WORDS {
        if message.starts_with(theirs) {
            return (*ours).to_owned();
        }
    }
    super::shown::shown(message.strip_suffix(", expected nothing").unwrap_or(message))
}

const WORDS: &[(&str, &str)] = &[
    ("string values must be quoted", UNQUOTED),
    // It takes `three` for a mistyped `true`.
    ("invalid boolean", UNQUOTED),
    (
        "invalid unquoted key",
        "a name with other characters than letters, digits, `_` and `-` stands in quotes, such as `[breakers.\"orders/db\"]`",
    ),
    (
        "key with no value",
        "a key has a value, as in `failure_threshold = 3`, and a table's name stands in brackets, as in `[defaults]`",
    ),
];

const UNQUOTED: &str =
    "a value that is no number, `true` or `false` stands in quotes, such as `\"30s\"`";

fn table<'t>(
    table: DeTable<'t>,
    depth: usize,
    text: &Text,
    problems: &mut Problems,
) -> Vec<Entry<'t>> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let at = key.span().start;
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(text),
            DeValue::Integer(number) => Value::Number(whole(&number)),
            DeValue::Float(number) => Value::Number(number.as_str().to_owned().into()),
            DeValue::Boolean(flag) => Value::Flag(flag),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(_) => Value::Other("a list"),
            DeValue::Table(_) if depth == 0 => {
                problems.add_too_deep(text, at);
                Value::Other("a table")
            }
            DeValue::Table(inner) => Value::Table(self::table(inner, depth - 1, text, problems)),
        };
        entries.push(Entry { key: key.into_inner(), at, value });
    }
    // The parser has them in the order of the alphabet.
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// The number in decimal digits: TOML has others.
fn whole<'t>(number: &DeInteger<'_>) -> Cow<'t, str> {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(decimal) => decimal.to_string().into(),
        // Of no use for anything but to be shown.
        Err(_) => number.to_string().into(),
    }
}
