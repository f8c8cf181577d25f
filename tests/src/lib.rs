//! The tests of the workspace, and as doc tests the code in its README.

#[doc = include_str!("../../README.md")]
pub struct Readme;
