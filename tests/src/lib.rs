//! The tests of the workspace, and as doc tests the code in the READMEs.

#[doc = include_str!("../../README.md")]
pub struct Readme;

#[doc = include_str!("../../cb-macros/README.md")]
pub struct ReadmeOfMacros;
