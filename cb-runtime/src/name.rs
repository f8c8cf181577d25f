//! The names of breakers.

use std::{
    borrow::{Borrow, Cow},
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};

/// A breaker's name, cheap to clone.
///
/// Reads as a `str`, and is compared with one: `name == "db"`. A name written in an attribute is not even counted when it is cloned, so an
/// error that carries it costs nothing to make.
#[derive(Clone)]
pub struct Name(Repr);

#[derive(Clone)]
enum Repr {
    Literal(&'static str),
    Shared(Arc<str>),
    /// `parent[key]`, with the length of the parent's name; or any name with a text behind it.
    Keyed(Arc<str>, u32),
}

impl Name {
    pub(crate) const fn literal(name: &'static str) -> Self {
        Self(Repr::Literal(name))
    }

    pub(crate) fn shared(name: Arc<str>) -> Self {
        Self(Repr::Shared(name))
    }

    /// The name of one of the breakers that share the name `parent`: `parent[key]`.
    pub(crate) fn keyed(parent: &str, key: &str) -> Self {
        let text: Arc<str> = format!("{parent}[{key}]").into();
        Self(match u32::try_from(parent.len()) {
            Ok(length) => Repr::Keyed(text, length),
            Err(_) => Repr::Shared(text),
        })
    }

    /// What a keyed breaker's name is made of: the name that it shares, and its key. Not read off
    /// the text: a breaker made by hand may be called anything.
    pub(crate) fn parent_and_key(&self) -> Option<(&str, &str)> {
        let (parent, key) = self.parts();
        Some((parent, key.strip_prefix('[')?.strip_suffix(']')?))
    }

    /// The same with a text behind it, which [`parts`](Self::parts) tells from it.
    pub(crate) fn followed_by(&self, text: &str) -> Self {
        let name = self.as_str();
        match u32::try_from(name.len()) {
            Ok(length) => Self(Repr::Keyed(format!("{name}{text}").into(), length)),
            Err(_) => self.clone(),
        }
    }

    /// The first part, and what is behind it.
    pub(crate) fn parts(&self) -> (&str, &str) {
        match &self.0 {
            Repr::Keyed(text, length) => {
                text.split_at_checked(*length as usize).unwrap_or((text, ""))
            }
            Repr::Literal(_) | Repr::Shared(_) => (self.as_str(), ""),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Literal(name) => name,
            Repr::Shared(name) | Repr::Keyed(name, _) => name,
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// With texts, either way round.
macro_rules! compares_with {
    ($($text:ty),*) => {$(
        impl PartialEq<$text> for Name {
            fn eq(&self, other: &$text) -> bool {
                let other: &str = other;
                self.as_str() == other
            }
        }

        impl PartialEq<Name> for $text {
            fn eq(&self, other: &Name) -> bool {
                other == self
            }
        }
    )*};
}

compares_with!(str, &str, String);

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.as_str().to_owned()
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// With control characters escaped: a key comes from outside, and is to forge no line of a log and
/// steer no terminal.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escaped(self.as_str()))
    }
}

/// The text with its control characters escaped, for one line of a log.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if character.is_control() {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

/// The longest name that a registry takes, in characters.
pub(crate) const LONGEST: usize = 128;

/// A name that no registry takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name has no characters.
    #[error("a circuit breaker's name must not be empty")]
    Empty,
    /// The name has more than 128 characters.
    #[error("a circuit breaker's name has at most {LONGEST} characters, but `{0}` has more")]
    TooLong(String),
    /// The name has a character outside letters, digits and `_ - . : /`.
    #[error(
        "a circuit breaker's name is made of letters, digits and `_ - . : /`, but {name:?} has {found:?}"
    )]
    Character {
        /// The name.
        name: String,
        /// The first character that it may not have.
        found: char,
    },
}

/// Whether a registry takes this name: 1 to 128 of ASCII letters, digits and `_ - . : /`.
pub(crate) fn check(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    if let Some(found) = name.chars().find(|&c| !allowed(c)) {
        return Err(NameError::Character { name: name.chars().take(LONGEST).collect(), found });
    }
    if name.len() > LONGEST {
        return Err(NameError::TooLong(name.chars().take(LONGEST).chain(['…']).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_escaped_and_kept_as_they_are() {
        let name = Name::shared("api[a\nb\u{1b}[31m]".into());
        assert_eq!(name.to_string(), "api[a\\nb\\u{1b}[31m]");
        assert_eq!(name.as_str(), "api[a\nb\u{1b}[31m]");
        assert_eq!(format!("{:>4}", Name::literal("ü")), "   ü");
    }

    #[test]
    fn a_name_is_compared_with_texts_and_found_by_one() {
        let name = Name::literal("db");
        assert_eq!(name, "db");
        assert_eq!("db", name);
        assert_eq!(&name, "db", "as an event's field is, in a match");
        assert_eq!(name, String::from("db"));
        assert_ne!(name, *"cache");
        assert_eq!(String::from(name.clone()), "db");

        let counts = std::collections::HashMap::from([(name, 3), (Name::shared("a".into()), 1)]);
        assert_eq!(counts.get("db"), Some(&3));
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(check("web_app/database-2.eu:read"), Ok(()));
        assert_eq!(check(""), Err(NameError::Empty));
        assert!(matches!(check("a b"), Err(NameError::Character { found: ' ', .. })));
        assert!(matches!(check("naïve"), Err(NameError::Character { found: 'ï', .. })));
        assert!(matches!(check("a[1]"), Err(NameError::Character { found: '[', .. })));
        assert_eq!(check(&"a".repeat(128)), Ok(()));
        assert!(matches!(check(&"a".repeat(129)), Err(NameError::TooLong(_))));
    }
    #[test]
    fn a_keyed_name_knows_its_parts_and_another_of_the_same_text_does_not() {
        for key in ["7", "", "]", "a]b", "[", "ü"] {
            let name = Name::keyed("tenant", key);
            assert_eq!(name.as_str(), format!("tenant[{key}]"));
            assert_eq!(name.parent_and_key(), Some(("tenant", key)));
            assert_eq!(name.clone().parent_and_key(), name.parent_and_key());
        }
        assert_eq!(Name::literal("tenant[7]").parent_and_key(), None);
        assert_eq!(Name::shared("tenant[7]".into()), Name::keyed("tenant", "7"));
        assert_eq!(size_of::<Name>(), 24, "as without keys");
    }
}
