//! Texts from outside, as they are shown to people.

/// The most characters of a text that are shown.
const LONGEST: usize = 200;

/// The text, cut where it is long, with escapes for what would steer a terminal, forge a line of a log
/// or stand in another order than it is in.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len().min(LONGEST + 8));
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if is_hidden(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The same between the marks of code.
pub(crate) fn quoted(text: &str) -> String {
    format!("`{}`", shown(text))
}

/// Whether it would steer a terminal, end a line, or show what follows in another order.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A key as TOML has it: in quotes only where it needs them.
pub(super) fn key(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(is_bare) {
        return shown(key);
    }
    let escaped = key.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", shown(&escaped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_and_what_is_hidden_escaped() {
        assert_eq!(shown("größe"), "größe");
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\u{1b}[31m\\u{202e}");
        assert_eq!(shown(&"ü".repeat(300)).chars().count(), 201);
        assert!(shown(&"x".repeat(201)).ends_with("x…"));
        assert_eq!(shown(&"x".repeat(200)).len(), 200);
    }

    #[test]
    fn a_key_has_quotes_where_it_needs_them() {
        assert_eq!(key("web-app_2"), "web-app_2");
        assert_eq!(key("web_app/*"), "\"web_app/*\"");
        assert_eq!(key("a\"b\\c\n"), "\"a\\\"b\\\\c\\n\"");
        assert_eq!(key(""), "\"\"");
    }
}
