//! How deep a TOML file is nested, seen before it is read: the parser's own bounds, eighty dots within
//! each of eighty brackets, let trees grow that overflow a small stack when they are dropped.

use toml_parser::{Source, lexer::TokenKind};

use super::tree::DEEPEST;

/// The place from which on it is nested too deep. The header of a table counts by itself, so that what is
/// under it may be as deep once more.
pub(super) fn too_deep(text: &str) -> Option<usize> {
    // Levels by the brackets that are open: each has its own and those of the dotted key before it.
    let mut open: Vec<usize> = Vec::new();
    let mut levels = 0;
    // The dots of what is under way, and those of the key before the last `=`.
    let (mut dots, mut key) = (0, 0);
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Equals => (key, dots) = (dots, 0),
            TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket => {
                open.push(key + 1);
                levels += key + 1;
                (key, dots) = (0, 0);
            }
            TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket => {
                levels -= open.pop().unwrap_or_default();
                (key, dots) = (0, 0);
            }
            TokenKind::Comma => (key, dots) = (0, 0),
            // Within brackets, a line ends nothing.
            TokenKind::Newline if open.is_empty() => (key, dots) = (0, 0),
            _ => {}
        }
        if levels + dots > DEEPEST {
            return Some(token.span().start());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_and_brackets_count_and_what_only_looks_like_them_does_not() {
        for fine in [
            &"a.b.c = 1.5\n".repeat(100),
            &"# a.b.c.d [[{{\n".repeat(100),
            &format!("a = \"{}\"", ".".repeat(100)),
            &format!("a = '''\n{}'''", "[{.\n".repeat(100)),
            &format!("a = {{ {} z = 1 }}", "a.b = 1.5, ".repeat(100)),
            &format!("[{}a]", "a.".repeat(31)),
            "",
            "}}]]",
        ] {
            assert_eq!(too_deep(fine), None, "{fine}");
        }
        for (deep, at) in [
            (format!("\n{}a = 1", "a.".repeat(40)), 66),
            (format!("a = {}", "[".repeat(40)), 36),
            (format!("[{}a]", "a.".repeat(40)), 64),
            (format!("{}a = 1", "a.b = { ".repeat(40)), 129),
        ] {
            assert_eq!(too_deep(&deep), Some(at), "{deep}");
        }
    }
}
