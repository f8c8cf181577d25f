//! A text as a configuration file, in TOML and in JSON: what must be true of each is in
//! `cb-runtime/src/config/file/rewrite.rs`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

/// Longer input is not tried, for the sake of the number of those that are.
const LONGEST: usize = 4096;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    match str::from_utf8(bytes) {
        Ok(text) if text.len() <= LONGEST => {
            cb_runtime::check_config(text);
            Corpus::Keep
        }
        _ => Corpus::Reject,
    }
});
