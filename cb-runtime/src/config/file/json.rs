//! The tree of a JSON file.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::tree::{DEEPEST, Entry, Flaw, Lines, Value};

/// Reads a text. Where it is whole but for keys that are given twice, there is a tree beside the flaws.
pub(super) fn read(text: &str) -> (Vec<Entry<'_>>, Vec<Flaw>) {
    let mut reader = Reader { text, lines: None, flaws: Vec::new() };
    if text.trim().is_empty() {
        reader.flaws.push(Flaw::new(0, "the file is empty, which is no JSON: `{}` says nothing"));
        return (Vec::new(), reader.flaws);
    }
    let all: &RawValue = match serde_json::from_str(text) {
        Ok(all) => all,
        Err(error) => {
            reader.flaws.push(syntax(text, &error));
            return (Vec::new(), reader.flaws);
        }
    };
    let entries = match reader.value(all.get(), DEEPEST) {
        Value::Table(entries) => entries,
        _ => {
            let at = reader.at(all.get());
            reader.flaws.push(Flaw::new(at, "the file is to be an object: `{ … }`"));
            Vec::new()
        }
    };
    (entries, reader.flaws)
}

struct Reader<'t> {
    text: &'t str,
    /// Made when they are needed.
    lines: Option<Lines>,
    flaws: Vec<Flaw>,
}

impl<'t> Reader<'t> {
    /// Where a part of the text stands in it.
    fn at(&self, part: &str) -> usize {
        part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr()).min(self.text.len())
    }

    /// A value, whose syntax has been looked at before.
    fn value(&mut self, raw: &'t str, depth: usize) -> Value<'t> {
        match raw.as_bytes().first() {
            Some(b'{') if depth == 0 => {
                self.flaws.push(Flaw::too_deep(self.at(raw)));
                Value::Other("an object")
            }
            Some(b'{') => Value::Table(self.object(raw, depth - 1)),
            Some(b'[') => Value::Other("a list"),
            Some(b'"') => self.string(raw).map_or(Value::Other("a text"), Value::Text),
            Some(b't') => Value::Flag(true),
            Some(b'f') => Value::Flag(false),
            Some(b'n') => Value::Other("`null`"),
            _ => Value::Number(Cow::Borrowed(raw)),
        }
    }

    fn object(&mut self, raw: &'t str, depth: usize) -> Vec<Entry<'t>> {
        let pairs = match serde_json::from_str(raw) {
            Ok(Pairs(pairs)) => pairs,
            Err(error) => {
                self.flaws.push(Flaw::new(self.at(raw), no_json(&error)));
                return Vec::new();
            }
        };
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let at = self.at(key.get());
            let Some(key) = self.string(key.get()) else { continue };
            entries.push(Entry { key, at, value: self.value(value.get(), depth) });
        }
        self.without_seconds(entries)
    }

    /// Text without its quotes and escapes. Half of a surrogate pair is found here, and not before.
    fn string(&mut self, raw: &'t str) -> Option<Cow<'t, str>> {
        match serde_json::from_str(raw) {
            Ok(Borrowed(text)) => Some(text),
            Err(error) => {
                self.flaws.push(Flaw::new(self.at(raw), no_json(&error)));
                None
            }
        }
    }

    /// Tells of the keys that are there a second time, and leaves these out.
    fn without_seconds(&mut self, entries: Vec<Entry<'t>>) -> Vec<Entry<'t>> {
        let mut seen = std::collections::HashMap::with_capacity(entries.len());
        let mut kept: Vec<Entry<'t>> = Vec::with_capacity(entries.len());
        for entry in entries {
            if let Some(first) = seen.get(&entry.key) {
                let lines = self.lines.get_or_insert_with(|| Lines::of(self.text));
                let line = lines.line(*first);
                self.flaws.push(Flaw::twice(entry.at, &entry.key, Some(line)));
            } else {
                seen.insert(entry.key.clone(), entry.at);
                kept.push(entry);
            }
        }
        kept
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

fn syntax(text: &str, error: &serde_json::Error) -> Flaw {
    // Lines and columns count from 1, and a column in bytes.
    let start = match error.line() {
        0 | 1 => 0,
        line => text.match_indices('\n').nth(line - 2).map_or(text.len(), |(end, _)| end + 1),
    };
    let at = (start + error.column().saturating_sub(1)).min(text.len());
    Flaw::new(at, no_json(error))
}

fn no_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    format!("this is no JSON: {}", super::shown::shown(message))
}
