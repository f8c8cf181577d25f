//! The quickstart runs to its end, tells its whole story, and is fit to be read in a pipe.

mod program;

#[test]
fn the_quickstart_tells_its_story() -> anyhow::Result<()> {
    let text = program::said(program::command("quickstart")?.output()?)?;

    program::check_story(
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
