//! The quickstart runs to its end, tells its whole story, and is fit to be read in a pipe.

mod program;

use anyhow::Context;

#[test]
fn the_quickstart_tells_its_story() -> anyhow::Result<()> {
    let text = program::said(program::command("quickstart")?.output()?)?;

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
