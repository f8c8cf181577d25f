//! Every wrong use of the attribute, with what the compiler says to it.
//!
//! The messages are part of the interface: read one aloud before you accept a change to it.
//! `TRYBUILD=overwrite cargo test -p cb-tests --test ui` records them anew.

#[test]
fn wrong_uses_are_told_how_to_mend() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
