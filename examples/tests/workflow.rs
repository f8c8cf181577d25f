//! The example `workflow` runs to its end, tells its whole story, and leaves an export.

mod program;

use std::{collections::BTreeMap, fs};

use anyhow::Context;

#[test]
fn the_workflow_tells_its_story_and_loses_nothing() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let export = directory.path().join("breakers.json");
    let text = program::said(program::command("workflow")?.arg(&export).output()?)?;

    // The path of the export is as long as it is.
    let (story, _) = text.split_once("registry().export_to(").context("an export is written")?;
    for line in story.lines() {
        assert!(!line.contains('\x1b'), "colour in a pipe: {line:?}");
        assert!(line.chars().count() <= 80, "wider than 80 columns: {line:?}");
    }
    program::find_in_order(
        &text,
        &[
            "1. All services are well",
            "8 hits         summary       stored",
            "2. The llm is slow",
            "8 hits         too slow      stored",
            "llm opened: 4 failures in a row; next probe in 0.9 s",
            "on_degraded: ",
            "2 hits         not asked     stored",
            "llm open again: a probe failed; ",
            "3. The llm is well again",
            "2 hits         summary       stored",
            "llm closed: ",
            "on_recovered: ",
            "8 hits         summary       stored",
            "4. The vector search is flaky",
            "by keyword     summary       stored",
            "vector_search opened: 2 failures in a row; ",
            "vector_search closed: ",
            "vector_search opened: 2 failures in a row; ",
            "5. The vector search is well again",
            "vector_search closed: ",
            "8 hits         summary       stored",
            "6. The database fails",
            "8 hits         summary       error 503",
            "done           done          error 503",
            "database opened: 2 failures in a row; ",
            "pauses: health is failed, score 0.50, critical and down: database",
            "goes on: ",
            "done           done          error 503",
            "database open again: a probe failed; ",
            "7. The database is well again",
            "pauses: ",
            "goes on: ",
            "done           done          stored",
            "database closed: ",
            "8 hits         summary       stored",
            "Summary",
            "registry().explain(\"llm\")",
            "failure_threshold    4      attribute at examples/workflow/steps.rs:",
            "recovery_timeout     900ms  circuit-breakers.toml:",
            ", instead of 1m",
            "success_threshold    1      preset of `llm`",
            "call_timeout         300ms  circuit-breakers.toml:",
            ", instead of 30s",
            "registry().health()",
            "healthy, score 1.00: 3 of 3 breakers are closed",
            "registry().alerts()",
            "critical  3 circuit breakers opened within 1m",
            "registry().recommendations()",
            "`vector_search` has opened 3 times in 10 minutes and closed in between",
            "registry().export_to(..)",
            "What next",
        ],
    )?;
    for once in ["on_degraded: ", "on_recovered: "] {
        assert_eq!(text.matches(once).count(), 1, "{once:?} in\n{text}");
    }
    check_export(&fs::read(&export)?)
}

fn check_export(json: &[u8]) -> anyhow::Result<()> {
    let export: serde_json::Value = serde_json::from_slice(json)?;
    assert_eq!(export["health"]["verdict"], "healthy");
    let breakers = export["breakers"].as_array().context("a list of breakers")?;
    let openings: BTreeMap<_, _> =
        breakers.iter().map(|one| (one["name"].as_str(), one["openings"].as_u64())).collect();
    let expected = [("database", 2), ("llm", 2), ("vector_search", 3)];
    assert!(openings.into_iter().eq(expected.map(|(name, times)| (Some(name), Some(times)))));
    Ok(())
}
