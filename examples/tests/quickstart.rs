//! The quickstart runs to its end, tells its whole story, and is fit to be read in a pipe.

use std::{
    env::{self, consts::EXE_SUFFIX},
    process::{Command, Output},
};

use anyhow::Context;

#[test]
fn the_quickstart_tells_its_story() -> anyhow::Result<()> {
    let output = run("quickstart")?;
    let text = String::from_utf8(output.stdout)?;
    let errors = String::from_utf8(output.stderr)?;
    assert!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    assert_eq!(errors, "");

    assert_plain_and_narrow(&text);
    find_in_order(
        &text,
        &[
            "1. The service is healthy",
            "2. The service starts failing",
            "error 503",
            "breaker opened: 3 failures in a row; next probe in ",
            "not asked",
            "breaker half-open",
            "breaker opened: a probe failed; next probe in ",
            "3. The service is well again",
            "breaker half-open",
            "breaker closed",
            "4. The service is slow",
            "too slow",
            "breaker opened: 3 failures in a row; next probe in ",
            "5. The service is well again",
            "breaker half-open",
            "breaker closed",
            "Summary",
            "totals.rejected",
            "What next",
        ],
    )
}

/// `cargo test` builds the examples of a package along with its tests, into a directory beside
/// theirs.
fn run(example: &str) -> anyhow::Result<Output> {
    let test = env::current_exe()?;
    let target = test.ancestors().nth(2).context("a test should be two directories deep")?;
    let example = target.join("examples").join(format!("{example}{EXE_SUFFIX}"));
    Command::new(&example).output().with_context(|| {
        format!("{} should be there: `cargo build --examples` makes it", example.display())
    })
}

fn assert_plain_and_narrow(text: &str) {
    for line in text.lines() {
        assert!(!line.contains('\x1b'), "colour in a pipe: {line:?}");
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line:?}");
    }
}

fn find_in_order(text: &str, parts: &[&str]) -> anyhow::Result<()> {
    let mut rest = text;
    for part in parts {
        (_, rest) = rest
            .split_once(part)
            .with_context(|| format!("{part:?} should come next in what follows:\n{rest}"))?;
    }
    Ok(())
}
