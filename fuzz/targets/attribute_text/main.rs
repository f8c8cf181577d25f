//! The attribute on text: the first line is what stands in its brackets, the rest is the item under it.

#![no_main]

#[path = "../answered.rs"]
mod answered;

use libfuzzer_sys::{Corpus, fuzz_target};

/// What the attribute stands on where there is no second line.
const FUNCTION: &str = "async fn f(&self, a: String) -> Result<u32, E> { self.g(a).await }";

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Ok(text) = str::from_utf8(bytes) else { return Corpus::Reject };
    let (settings, item) = text.split_once('\n').unwrap_or((text, FUNCTION));
    // What are no tokens never gets to a macro.
    match (settings.parse(), item.parse()) {
        (Ok(settings), Ok(item)) if text.len() <= answered::LONGEST => {
            answered::check(&settings, &item);
            Corpus::Keep
        }
        _ => Corpus::Reject,
    }
});
