//! Texts that live as long as the program.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The text, for ever. Settings are `Copy` and hold texts of the program's; those of a file are few, and
/// the same at each reload, so that each distinct one is kept once and never given back.
pub(super) fn intern(text: &str) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    texts.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once() {
        let (one, other) = (intern("interned once"), intern(&String::from("interned once")));
        assert_eq!(one, "interned once");
        assert!(std::ptr::eq(one, other));
    }
}
