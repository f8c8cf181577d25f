//! The tree of a TOML file.

use std::borrow::Cow;

use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use super::{
    toml_twice,
    tree::{DEEPEST, Entry, Flaw, Value},
};

/// A text up to this length is looked through for all keys that are given twice; in a longer one only
/// the first flaw is told, since there may be a flaw for each of its bytes.
const LOOKED_THROUGH: usize = 256 * 1024;

/// Reads a text. Where it is whole but for keys that are given twice, there is a tree beside the flaws,
/// in which the first of them stand.
pub(super) fn read(text: &str) -> (Vec<Entry<'_>>, Vec<Flaw>) {
    let (tree, errors) = if text.len() <= LOOKED_THROUGH {
        DeTable::parse_recoverable(text)
    } else {
        match DeTable::parse(text) {
            Ok(tree) => (tree, Vec::new()),
            Err(error) => (Spanned::new(0..0, DeTable::new()), vec![error]),
        }
    };
    let mut flaws = Vec::new();
    let mut is_whole = true;
    for error in &errors {
        let at = error.span().map_or(text.len(), |span| span.start);
        if error.message() == toml_twice::MESSAGE {
            flaws.push(toml_twice::flaw(text, tree.get_ref(), error.span().unwrap_or(at..at)));
        } else if is_whole {
            // What follows it may be nothing but its consequence.
            is_whole = false;
            flaws.push(Flaw::new(at, format!("this is no TOML: {}", in_words(error.message()))));
        }
    }
    if !is_whole || text.len() > LOOKED_THROUGH && !flaws.is_empty() {
        return (Vec::new(), flaws);
    }
    let entries = table(tree.into_inner(), DEEPEST, &mut flaws);
    (entries, flaws)
}

/// The parser's words, where a user would not know them.
fn in_words(message: &str) -> String {
    for (theirs, ours) in WORDS {
        if message.starts_with(theirs) {
            return (*ours).to_owned();
        }
    }
    super::shown::shown(message)
}

const WORDS: &[(&str, &str)] = &[
    (
        "string values must be quoted",
        "a value that is no number, `true` or `false` stands in quotes, such as `\"30s\"`",
    ),
    (
        "key with no value",
        "a key has a value, as in `failure_threshold = 3`, and a table's name stands in brackets, as in `[defaults]`",
    ),
    ("cannot recurse further", "it is nested too deep"),
    ("recursion limit", "it is nested too deep"),
];

fn table<'t>(table: DeTable<'t>, depth: usize, flaws: &mut Vec<Flaw>) -> Vec<Entry<'t>> {
    let mut entries: Vec<Entry<'t>> = table
        .into_iter()
        .map(|(key, value)| {
            let at = key.span().start;
            let value = convert(value.into_inner(), at, depth, flaws);
            Entry { key: key.into_inner(), at, value }
        })
        .collect();
    entries.sort_by_key(|entry| entry.at);
    entries
}

fn convert<'t>(value: DeValue<'t>, at: usize, depth: usize, flaws: &mut Vec<Flaw>) -> Value<'t> {
    match value {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => Value::Number(whole(&number)),
        DeValue::Float(number) => Value::Number(number.as_str().to_owned().into()),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(_) => Value::Other("a list"),
        DeValue::Table(_) if depth == 0 => {
            flaws.push(Flaw::too_deep(at));
            Value::Other("a table")
        }
        DeValue::Table(inner) => Value::Table(table(inner, depth - 1, flaws)),
    }
}

/// The number in decimal digits: TOML has others.
fn whole<'t>(number: &DeInteger<'_>) -> Cow<'t, str> {
    match i128::from_str_radix(number.as_str(), number.radix()) {
        Ok(number) => number.to_string().into(),
        Err(_) => number.to_string().into(),
    }
}
