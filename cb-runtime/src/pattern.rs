//! Names with `*` in them.

use std::{cmp::Reverse, fmt};

/// A breaker's name, in which `*` stands for any number of any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one name and no other.
    pub(crate) fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// By this, the more exact of two patterns comes first: a name before all others, then the one that
    /// says more characters, then the one with fewer `*`.
    pub(crate) fn exactness(&self) -> impl Ord + use<> {
        let stars = self.0.matches('*').count();
        let said = self.0.chars().count() - stars;
        (stars > 0, Reverse(said), stars)
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut left) = name.strip_prefix(start) else { return false };
        let mut pieces: Vec<&str> = rest.split('*').collect();
        // What comes after the last `*` stands at the end; what is between, at the first place it can.
        let end = pieces.pop().unwrap_or_default();
        for piece in pieces {
            match left.split_once(piece) {
                Some((_, after)) => left = after,
                None => return false,
            }
        }
        left.ends_with(end)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_number_of_any_characters() {
        for (pattern, name) in [
            ("db", "db"),
            ("*", ""),
            ("*", "db"),
            ("web_app/*", "web_app/db"),
            ("*_db", "orders_db"),
            ("a*b*c", "abc"),
            ("a*b*c", "a-b-b-c"),
            ("api[*]", "api[acme]"),
            ("**", "x"),
        ] {
            assert!(Pattern::new(pattern).matches(name), "{pattern} takes {name}");
        }
        for (pattern, name) in
            [("db", "dbx"), ("web_app/*", "web_ap/db"), ("a*b*c", "acb"), ("a*a", "a"), ("", "x")]
        {
            assert!(!Pattern::new(pattern).matches(name), "{pattern} does not take {name}");
        }
    }

    #[test]
    fn the_more_exact_pattern_comes_first() {
        let mut patterns =
            ["*", "web*", "*b*", "web_app/*", "web_app/db", "w*/*"].map(Pattern::new);
        patterns.sort_by_key(Pattern::exactness);
        let sorted = patterns.each_ref().map(Pattern::as_str);
        assert_eq!(sorted, ["web_app/db", "web_app/*", "web*", "w*/*", "*b*", "*"]);
    }
}
