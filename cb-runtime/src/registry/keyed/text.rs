//! A key as text: formatted without an allocation, and never longer than a bound.

use std::{
    fmt::{self, Display, Write as _},
    hash::{BuildHasher, DefaultHasher, Hasher, RandomState},
    io::Write as _,
    sync::LazyLock,
};

/// A key of so many bytes is kept as it is.
pub(super) const LONGEST: usize = 200;

/// A longer one's first bytes, `…` and a hash of all of it. That is more than [`LONGEST`], so it is
/// not the text of another key.
const ROOM: usize = LONGEST + '…'.len_utf8() + 16;

/// What is beyond the bound is hashed in pieces of this size, however it came.
const BLOCK: usize = 64;

/// Keys come from outside. Whoever knew the hash could make two that are taken for one.
static SHORTENING: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// The text that stands for a key.
pub(crate) struct Text {
    bytes: [u8; ROOM],
    length: usize,
    rest: Option<Box<Rest>>,
}

/// The hash of a key that is too long, as far as it has come.
struct Rest {
    hasher: DefaultHasher,
    block: [u8; BLOCK],
    filled: usize,
}

impl Text {
    /// Runs the caller's `Display`, which may panic or say that it failed; then the key is what it
    /// had written.
    #[inline]
    pub(crate) fn of(key: &dyn Display) -> Self {
        let mut text = Self { bytes: [0; ROOM], length: 0, rest: None };
        let _ = write!(text, "{key}");
        if let Some(rest) = text.rest.take() {
            text.shorten(*rest);
        }
        text
    }

    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        // Cut at a character's end only, so there is nothing that could be wrong with it.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    #[cold]
    fn write_beyond(&mut self, piece: &[u8]) {
        let free = self.bytes.get_mut(self.length..LONGEST).unwrap_or_default();
        let (fits, beyond) = piece.split_at(free.len().min(piece.len()));
        free.copy_from_slice(fits);
        self.length = LONGEST;
        let kept = &self.bytes;
        self.rest.get_or_insert_with(|| Box::new(Rest::after(&kept[..LONGEST]))).add(beyond);
    }

    #[cold]
    fn shorten(&mut self, rest: Rest) {
        let kept = match str::from_utf8(self.as_bytes()) {
            Ok(_) => LONGEST,
            // A character lies across the bound.
            Err(cut) => cut.valid_up_to(),
        };
        let mut end = &mut self.bytes[kept..];
        let room = end.len();
        let _ = write!(end, "…{:016x}", rest.finish());
        self.length = kept + room - end.len();
    }
}

impl fmt::Write for Text {
    #[inline]
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let piece = piece.as_bytes();
        match self.bytes[..LONGEST].get_mut(self.length..self.length.saturating_add(piece.len())) {
            Some(place) => {
                place.copy_from_slice(piece);
                self.length += piece.len();
            }
            None => self.write_beyond(piece),
        }
        Ok(())
    }
}

impl Rest {
    fn after(start: &[u8]) -> Self {
        let mut hasher = SHORTENING.build_hasher();
        hasher.write(start);
        Self { hasher, block: [0; BLOCK], filled: 0 }
    }

    fn add(&mut self, mut more: &[u8]) {
        while !more.is_empty() {
            let free = &mut self.block[self.filled..];
            let (fits, beyond) = more.split_at(free.len().min(more.len()));
            free[..fits.len()].copy_from_slice(fits);
            self.filled += fits.len();
            more = beyond;
            if self.filled == BLOCK {
                self.hasher.write(&self.block);
                self.filled = 0;
            }
        }
    }

    fn finish(mut self) -> u64 {
        self.hasher.write(&self.block[..self.filled]);
        // A last block of none and of zeros are two.
        self.hasher.write_usize(self.filled);
        self.hasher.finish()
    }
}

#[cfg(all(test, not(cb_loom)))]
mod tests {
    use super::*;

    /// Writes the text in pieces of so many characters.
    struct Pieces<'a>(&'a str, usize);

    impl Display for Pieces<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let characters: Vec<char> = self.0.chars().collect();
            for piece in characters.chunks(self.1) {
                f.write_str(&piece.iter().collect::<String>())?;
            }
            Ok(())
        }
    }

    fn text(key: &str) -> String {
        Text::of(&key).as_str().to_owned()
    }

    #[test]
    fn a_key_within_the_bound_is_kept_to_the_byte() {
        for key in ["", "7", "a]b", "line\nbreak\0\"'[", "ü", &"k".repeat(LONGEST)] {
            assert_eq!(text(key), key);
        }
    }

    #[test]
    fn a_key_beyond_the_bound_is_shortened_and_stays_apart_from_all_others() {
        let start = "k".repeat(LONGEST);
        let keys: Vec<String> = [1, 63, 64, 65, 100, 128, 100_000]
            .into_iter()
            .flat_map(|more| ["a", "\0"].map(|with| start.clone() + &with.repeat(more)))
            .collect();
        let mut texts: Vec<String> = keys.iter().map(|key| text(key)).collect();
        for (shown, key) in texts.iter().zip(&keys) {
            assert!(shown.starts_with(&(start.clone() + "…")), "{shown}");
            assert_eq!(shown.len(), ROOM);
            assert_ne!(text(shown), *shown, "a key that looks like a shortened one is another");
            assert_eq!(text(key), *shown, "the same key is shortened to the same text");
        }
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), keys.len());
    }

    #[test]
    fn a_long_key_is_cut_between_characters() {
        for shift in 0..4 {
            let key = "-".repeat(shift) + &"🦀".repeat(100);
            let shown = text(&key);
            let (start, _) = shown.split_once('…').unwrap();
            assert!(key.starts_with(start) && start.len() > LONGEST - 4, "{shown}");
        }
    }

    #[test]
    fn a_key_is_the_same_however_its_pieces_come() {
        for length in [0, 1, 199, 200, 201, 263, 264, 265, 500] {
            let key: String = ('a'..='z').cycle().take(length).collect();
            for size in [1, 7, 63, 64, 199, 200, 201, 500] {
                assert_eq!(Text::of(&Pieces(&key, size)).as_str(), text(&key), "{length}, {size}");
            }
        }
    }

    #[test]
    fn a_display_that_fails_leaves_what_it_has_written() {
        struct Fails;

        impl Display for Fails {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("half")?;
                Err(fmt::Error)
            }
        }

        assert_eq!(Text::of(&Fails).as_str(), "half");
    }
}
