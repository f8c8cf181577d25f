//! The text of an error, kept short.

use std::fmt::{self, Write};

/// So many characters of an error's text are kept.
const LONGEST: usize = 200;

/// The first 200 characters of what is displayed. What would come after is not even formatted.
pub(crate) fn cut(shown: &dyn fmt::Display) -> Box<str> {
    let mut text = Cut { text: String::new(), left: LONGEST };
    // The only error is the cut's own, for having had enough.
    let _ = write!(text, "{shown}");
    text.text.into_boxed_str()
}

struct Cut {
    text: String,
    left: usize,
}

impl Write for Cut {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for character in piece.chars() {
            if self.left == 0 {
                return Err(fmt::Error);
            }
            self.text.push(character);
            self.left -= 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(&*cut(&"refused"), "refused");
        assert_eq!(cut(&"ü".repeat(1000)).chars().count(), LONGEST);
    }
}
