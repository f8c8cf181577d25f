//! The tree of a JSON file.

use std::{borrow::Cow, collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    place::Text,
    problem::Problems,
    tree::{DEEPEST, Entry, Value},
};

/// Reads a text, if it can be read. Keys that are given twice are told of, and the first of them stand in
/// the tree.
pub(super) fn read<'t>(
    text: &'t str,
    at: &Text,
    problems: &mut Problems,
) -> Option<Vec<Entry<'t>>> {
    if text.trim().is_empty() {
        problems.add_at(at, 0, || {
            "there is nothing in it, which is no JSON: `{}` says nothing".to_owned()
        });
        return None;
    }
    // All of the syntax is looked at here, without recursion; below, values are cut out of it.
    let all: &RawValue = match serde_json::from_str(text) {
        Ok(all) => all,
        Err(error) => {
            problems.add_at(at, place(text, &error), || no_json(&error));
            return None;
        }
    };
    let mut reader = Reader { text, at, problems };
    match reader.value(all.get(), DEEPEST + 1) {
        Value::Table(entries) => Some(entries),
        _ => {
            let start = reader.start(all.get());
            problems.add_at(at, start, || "the file is to be an object: `{ … }`".to_owned());
            None
        }
    }
}

struct Reader<'t, 'p> {
    text: &'t str,
    at: &'p Text,
    problems: &'p mut Problems,
}

impl<'t> Reader<'t, '_> {
    /// Where a part of the text stands in it.
    fn start(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr())
    }

    fn value(&mut self, raw: &'t str, depth: usize) -> Value<'t> {
        match raw.as_bytes().first() {
            Some(b'{') if depth == 0 => {
                self.problems.add_too_deep(self.at, self.start(raw));
                Value::Other("an object")
            }
            Some(b'{') => Value::Table(self.object(raw, depth - 1)),
            Some(b'[') => Value::Other("a list"),
            Some(b'"') => self.string(raw).map_or(Value::Other("a text"), Value::Text),
            Some(b't') => Value::Flag(true),
            Some(b'f') => Value::Flag(false),
            Some(b'n') => Value::NULL,
            _ => Value::Number(Cow::Borrowed(raw)),
        }
    }

    fn object(&mut self, raw: &'t str, depth: usize) -> Vec<Entry<'t>> {
        let pairs = match serde_json::from_str(raw) {
            Ok(Pairs(pairs)) => pairs,
            Err(error) => {
                self.problems.add_at(self.at, self.start(raw), || no_json(&error));
                return Vec::new();
            }
        };
        let mut entries: Vec<Entry<'t>> = Vec::with_capacity(pairs.len());
        let mut seen = HashMap::with_capacity(pairs.len());
        for (key, value) in pairs {
            let at = self.start(key.get());
            let Some(key) = self.string(key.get()) else { continue };
            if let Some(first) = seen.get(&key) {
                self.problems.add_twice(self.at, at, &key, Some(*first));
                continue;
            }
            seen.insert(key.clone(), at);
            entries.push(Entry { key, at, value: self.value(value.get(), depth) });
        }
        entries
    }

    /// Text without its quotes and escapes. Half of a surrogate pair is found here, and not before.
    fn string(&mut self, raw: &'t str) -> Option<Cow<'t, str>> {
        match serde_json::from_str(raw) {
            Ok(Borrowed(text)) => Some(text),
            Err(error) => {
                self.problems.add_at(self.at, self.start(raw), || no_json(&error));
                None
            }
        }
    }
}

/// What serde's own deserializers would do only for bytes: the text itself where it has no escapes.
struct Borrowed<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Borrowed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Borrowed<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Borrowed(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Borrowed(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The keys and values of an object as they are written.
struct Pairs<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The place of a mistake. Lines and columns count from 1, and columns in bytes.
fn place(text: &str, error: &serde_json::Error) -> usize {
    let start = match error.line() {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(end, _)| end + 1),
    };
    (start + error.column().saturating_sub(1)).min(text.len())
}

fn no_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    let ours = WORDS.iter().find(|(theirs, _)| message.starts_with(theirs));
    let message = ours.map_or_else(|| super::shown::shown(message), |(_, ours)| (*ours).to_owned());
    format!("this is no JSON: {message}")
}

/// The parser's words, where a user would not know them.
const WORDS: &[(&str, &str)] = &[
    ("EOF", "it ends before it is complete"),
    (
        "key must be a string",
        "a key in double quotes is missing; behind the last entry there is no comma, and comments there are none",
    ),
    ("trailing comma", "behind the last entry there is no comma"),
    ("trailing characters", "there is more behind its end"),
    (
        "expected value",
        "a value is missing: a text in double quotes, a number, `true`, `false` or an object",
    ),
    (
        "expected ident",
        "of words there are `true`, `false` and `null`; texts stand in double quotes",
    ),
    ("lone", HALF),
    ("unexpected end of hex escape", HALF),
];

const HALF: &str = "an escape is one half of a character that has two";
