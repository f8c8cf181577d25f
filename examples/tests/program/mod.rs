//! The examples as programs, for the tests of each.
#![allow(dead_code, reason = "each test uses what it needs")]

pub(crate) mod cbctl;
pub(crate) mod server;

use std::{
    env::{self, consts::EXE_SUFFIX},
    process::{Command, Output},
};

use anyhow::Context;

/// An example, with nothing in force that may be set where the tests run.
///
/// `cargo test` builds the examples of a package along with its tests, into a directory beside theirs.
pub(crate) fn command(example: &str) -> anyhow::Result<Command> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("a test should be two directories deep")?;
    let example = target.join("examples").join(format!("{example}{EXE_SUFFIX}"));
    anyhow::ensure!(
        example.exists(),
        "{} should be there: `cargo build --examples` makes it",
        example.display()
    );
    let mut command = Command::new(&example);
    command.env_remove("RUST_BACKTRACE");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CIRCUIT_BREAKER") || text.starts_with("CB_") {
            command.env_remove(&name);
        }
    }
    Ok(command)
}

/// What a program that has ended well has said.
pub(crate) fn said(output: Output) -> anyhow::Result<String> {
    let text = String::from_utf8(output.stdout)?;
    let errors = String::from_utf8(output.stderr)?;
    anyhow::ensure!(output.status.success(), "{}\n{text}\n{errors}", output.status);
    anyhow::ensure!(errors.is_empty(), "{errors}");
    Ok(text)
}

/// The same of one that needs a Redis; `None` where there is none, said aloud, and a failure in CI.
pub(crate) fn said_with_redis(example: &str) -> anyhow::Result<Option<String>> {
    let output = command(example)?.output()?;
    let is_missing =
        String::from_utf8_lossy(&output.stderr).contains("`redis-server` is not installed");
    if is_missing && env::var_os("CI").is_none() {
        eprintln!("skipped: `redis-server` is not installed");
        return Ok(None);
    }
    said(output).map(Some)
}

/// Holds a text against what should be in it, one after the other.
pub(crate) fn find_in_order(text: &str, parts: &[&str]) -> anyhow::Result<()> {
    let mut rest = text;
    for part in parts {
        (_, rest) = rest
            .split_once(part)
            .with_context(|| format!("{part:?} should come next in what follows:\n{rest}"))?;
    }
    Ok(())
}

/// Holds a story against what should be told, in a form that fits a terminal and has no colours in a pipe.
pub(crate) fn check_story(text: &str, parts: &[&str]) -> anyhow::Result<()> {
    for line in text.lines() {
        assert!(!line.contains('\x1b'), "colour in a pipe: {line:?}");
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line:?}");
    }
    find_in_order(text, parts)
}

/// Has an example tell its story twice: with real servers, which CI must have, and with stand-ins.
pub(crate) fn check_both_stories(example: &str, parts: &[&str]) -> anyhow::Result<()> {
    let text = said(command(example)?.output()?)?;
    if env::var_os("CI").is_some() {
        assert!(text.contains("Redis: a real one; PostgreSQL: a real one."), "{text}");
    }
    check_story(&text, parts)?;
    let text = said(command(example)?.arg("--stand-ins").output()?)?;
    assert!(text.contains("Redis: a stand-in; PostgreSQL: a stand-in."), "{text}");
    check_story(&text, parts)
}
