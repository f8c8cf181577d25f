//! Values of settings, from a file or a variable.

use std::{fmt, time::Duration};

use super::{
    intern::intern,
    near,
    place::Place,
    problem::Problems,
    shown::quoted,
    tree::{Entry, Value},
};
use crate::config::{Backoff, ConfigError, HealthCheck, Window, bounds};

/// A value under its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) place: Place<'a>,
    pub(crate) value: &'a Value<'a>,
}

impl<'a> Found<'a> {
    /// The value of a key of the table that this is.
    pub(super) fn inner(&'a self, entry: &'a Entry<'a>) -> Found<'a> {
        Found { place: self.place.inner(&entry.key, entry.at), value: &entry.value }
    }

    /// Tells of a value outside its bound.
    pub(crate) fn keeps(
        &self,
        bound: Result<(), ConfigError>,
        problems: &mut Problems,
    ) -> Option<()> {
        let error = match bound {
            Ok(()) => return Some(()),
            Err(error) => error,
        };
        let message = || format!("must be {}, but is {}", error.bound(), error.given());
        let message = || of_part(&self.place, message());
        problems.add_bound(&self.place, || error.bound().to_owned(), message);
        None
    }

    /// A value that keeps its bound.
    pub(crate) fn bounded<T: FromFile + Copy>(
        &self,
        problems: &mut Problems,
        name: &'static str,
        bound: fn(&'static str, T) -> Result<(), ConfigError>,
    ) -> Option<T> {
        let value = T::read(self, problems)?;
        self.keeps(bound(name, value), problems)?;
        Some(value)
    }

    /// Tells that the value is of a wrong kind.
    fn refuse<T>(&self, takes: impl fmt::Display, problems: &mut Problems) -> Option<T> {
        let message = || format!("takes {takes}, found {}", kind(self.value));
        let message = || of_part(&self.place, message());
        problems.add_bound(&self.place, || takes.to_string(), message);
        None
    }

    fn say<T>(&self, problems: &mut Problems, message: impl FnOnce() -> String) -> Option<T> {
        problems.add(&self.place, || of_part(&self.place, message()));
        None
    }

    /// The table that this is, else a problem that says what it is a table of.
    pub(super) fn table(
        &self,
        problems: &mut Problems,
        takes: impl FnOnce() -> String,
    ) -> Option<&'a [Entry<'a>]> {
        match self.value {
            Value::Table(entries) => Some(entries),
            _ => {
                let takes = takes();
                self.refuse(takes, problems)
            }
        }
    }

    /// What stands around a text here.
    fn quote(&self) -> &'static str {
        match self.place {
            Place::Text { .. } => "\"",
            Place::Variable { .. } => "",
        }
    }
}

/// The message with the part's name in it, where the place shows it not: of a variable it shows the
/// variable's name.
fn of_part(place: &Place<'_>, message: String) -> String {
    match place {
        Place::Variable { part: Some(part), .. } => format!("`{part}` {message}"),
        _ => message,
    }
}

/// What a value is, as people call it.
fn kind(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("the text `\"{}\"`", super::shown::shown(text)),
        Value::Number(number) => quoted(number),
        Value::Flag(flag) => format!("`{flag}`"),
        Value::Table(_) => "a table".to_owned(),
        Value::Words(words) => quoted(words),
        Value::Other(kind) => (*kind).to_owned(),
    }
}

/// A type of settings that a file or a variable can give.
pub(crate) trait FromFile: Sized {
    /// The value, its bounds unseen, or else a problem more.
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self>;
}

impl FromFile for u32 {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        let (Value::Number(text) | Value::Words(text)) = found.value else {
            return found.refuse("a whole number, such as `5`", problems);
        };
        if let Ok(number) = text.parse() {
            return Some(number);
        }
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_whole {
            return found.refuse("a whole number, such as `5`", problems);
        }
        if text.starts_with('-') {
            return found.refuse("a whole number that is not negative", problems);
        }
        found.refuse(format_args!("a whole number up to {}", Self::MAX), problems)
    }
}

impl FromFile for bool {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        match found.value {
            Value::Flag(flag) => Some(*flag),
            Value::Words(words) => match flag(words) {
                Some(flag) => Some(flag),
                None => found.refuse("`true` or `false`", problems),
            },
            _ => found.refuse("`true` or `false`", problems),
        }
    }
}

/// What the words for yes and no say, in any case.
pub(super) fn flag(words: &str) -> Option<bool> {
    match words.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

impl FromFile for f64 {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        let number = match found.value {
            Value::Number(text) | Value::Words(text) => text.parse().ok(),
            _ => None,
        };
        number.or_else(|| found.refuse("a number, such as `0.5`", problems))
    }
}

impl FromFile for Duration {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        let text = match found.value {
            Value::Number(number) => return unitless(found, number, problems),
            Value::Words(words) if words.parse::<f64>().is_ok() => {
                return unitless(found, words, problems);
            }
            Value::Text(text) | Value::Words(text) => text,
            _ => {
                let quote = found.quote();
                let takes = format_args!("a duration, such as `{quote}30s{quote}`");
                return found.refuse(takes, problems);
            }
        };
        duration(text, found, problems)
    }
}

fn unitless<T>(found: &Found<'_>, number: &str, problems: &mut Problems) -> Option<T> {
    found.say(problems, || {
        let quote = found.quote();
        let number = super::shown::shown(number.trim_start_matches(['-', '+']));
        format!(
            "takes a duration, and a number alone says no unit: write `{quote}{number}s{quote}` or `{quote}{number}ms{quote}`"
        )
    })
}

fn duration(text: &str, found: &Found<'_>, problems: &mut Problems) -> Option<Duration> {
    match humantime::parse_duration(text) {
        Ok(duration) => Some(duration),
        Err(error) => found.say(problems, || {
            // It quotes the text's parts as they are.
            let error = super::shown::shown(&error.to_string());
            let text = super::shown::shown(text);
            let quote = found.quote();
            format!(
                "\"{text}\" is no duration: {error}; write it like `{quote}250ms{quote}`, `{quote}30s{quote}` or `{quote}1m 30s{quote}`"
            )
        }),
    }
}

impl FromFile for Window {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        match found.value {
            Value::Number(_) => FromFile::read(found, problems).map(Self::Calls),
            Value::Words(words) if words.parse::<f64>().is_ok() => {
                FromFile::read(found, problems).map(Self::Calls)
            }
            Value::Text(text) if text.parse::<u32>().is_ok() => {
                let takes = format_args!(
                    "a number of calls without quotes, `{text}`, or a time with its unit, such as `\"10s\"`"
                );
                found.refuse(takes, problems)
            }
            Value::Text(text) | Value::Words(text) => {
                duration(text, found, problems).map(Self::Time)
            }
            _ => {
                let quote = found.quote();
                let takes = format_args!(
                    "a number of calls, such as `100`, or a time, such as `{quote}10s{quote}`"
                );
                found.refuse(takes, problems)
            }
        }
    }
}

impl FromFile for Backoff {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        const PARTS: &[(&str, &str)] = &[("factor", "2.0"), ("max", "\"10m\""), ("jitter", "0.1")];
        let entries;
        let entries = match found.value {
            Value::Table(entries) => entries.as_slice(),
            Value::Words(words) => {
                entries = parts(words, found, problems, PARTS)?;
                &entries
            }
            _ => {
                let takes = format!("several values: `{}`", found.place.table(PARTS));
                return found.refuse(takes, problems);
            }
        };
        let (mut factor, mut max, mut jitter) = (None, None, None);
        let mut is_whole = true;
        for entry in entries {
            let part = found.inner(entry);
            is_whole &= match entry.key.as_ref() {
                "factor" => put(&mut factor, part.bounded(problems, "factor", bounds::factor)),
                "max" => put(&mut max, part.bounded(problems, "max", bounds::above_zero)),
                "jitter" => put(&mut jitter, part.bounded(problems, "jitter", bounds::share)),
                _ => unknown_part(&part, &entry.key, PARTS, problems),
            };
        }
        if !is_whole {
            return None;
        }
        let (Some(factor), Some(max)) = (factor, max) else {
            return found.say(problems, || {
                format!(
                    "takes a `factor`, by which each open time is longer than the one before, and a `max`, the longest: write `{}`",
                    found.place.table(PARTS)
                )
            });
        };
        Some(Self::new(factor, max).jitter(jitter.unwrap_or(0.0)))
    }
}

/// One part of several. Whether it could be read.
fn put<T>(slot: &mut Option<T>, part: Option<T>) -> bool {
    *slot = part;
    slot.is_some()
}

/// Tells of a part that there is none of. Returns `false`.
pub(super) fn unknown_part(
    part: &Found<'_>,
    key: &str,
    parts: &[(&str, &str)],
    problems: &mut Problems,
) -> bool {
    problems.add(&part.place, || {
        let names = parts.iter().map(|(name, _)| *name);
        let hint = near::hint(key, "parts", names);
        let name = match part.place {
            Place::Variable { .. } => format!(" {}", quoted(key)),
            Place::Text { .. } => String::new(),
        };
        format!("unknown part{name}: {hint}")
    });
    false
}

/// The parts of a value as a variable has them: `factor=2,max=10m`.
fn parts<'a>(
    words: &'a str,
    found: &Found<'_>,
    problems: &mut Problems,
    example: &[(&str, &str)],
) -> Option<Vec<Entry<'a>>> {
    let mut parts: Vec<Entry<'a>> = Vec::new();
    for part in words.split(',') {
        let Some((key, value)) = part.split_once('=') else {
            let takes = format!("several values: `{}`", found.place.table(example));
            return found.refuse(takes, problems);
        };
        let (key, value) = (key.trim(), value.trim());
        if parts.iter().any(|other| other.key == key) {
            return found.say(problems, || format!("gives {} twice", quoted(key)));
        }
        parts.push(Entry { key: key.into(), at: 0, value: Value::Words(value.into()) });
    }
    Some(parts)
}

impl FromFile for &'static str {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        match found.value {
            Value::Text(text) | Value::Words(text) => Some(intern(text)),
            _ => found.refuse("a text, such as `\"database\"`", problems),
        }
    }
}

impl FromFile for HealthCheck {
    fn read(found: &Found<'_>, problems: &mut Problems) -> Option<Self> {
        found.say(problems, || {
            let from = match found.place {
                Place::Text { .. } => "file",
                Place::Variable { .. } => "variable",
            };
            format!(
                "is a function, which a {from} cannot name: give it in the attribute, `health_check = ping`, or in code"
            )
        })
    }
}
