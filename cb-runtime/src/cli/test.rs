//! `cbctl test`.

use serde_json::json;

use super::{
    Context,
    failure::{Failure, Finding},
    screen::{Rows, Shape, Text, Tone},
    text::took,
    wire::Test,
};

pub(super) fn run(context: &mut Context, name: &str, iterations: u32) -> Result<Finding, Failure> {
    let Context { client, screen } = context;
    let body = json!({ "service_name": name, "test_type": "health", "iterations": iterations });
    let answer = client.run(&["test-service"], &body)?;
    let test: Test = answer.read()?;
    let finding = Finding::fine_if(test.healthy);
    if screen.shape() == Shape::Json {
        screen.document(&answer.json)?;
        return Ok(finding);
    }
    let mut rows = Rows::new(&["run", "result", "time", "error"]);
    for (number, run) in (1..).zip(&test.iterations) {
        let number: u32 = number;
        let (tone, result) = if run.ok { (Tone::Good, "passed") } else { (Tone::Bad, "failed") };
        rows.push([
            number.to_string().into(),
            Text::new(tone, result),
            took(run.seconds).into(),
            run.error.clone().into(),
        ]);
    }
    screen.table(&rows)?;
    if screen.shape() == Shape::Tables {
        let (tone, verdict) =
            if test.healthy { (Tone::Good, "healthy") } else { (Tone::Bad, "not healthy") };
        screen.line(&[])?;
        screen.line(&[
            format!("{name}:").into(),
            Text::new(tone, verdict),
            format!("- {} passed, {} failed", test.passed, test.failed).into(),
        ])?;
    }
    Ok(finding)
}
