//! `cbctl check`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{
    failure::{Failure, Finding},
    screen::{Rows, Screen, Shape, Text, Tone},
    text::{count, plain},
};
use crate::{
    config::{ConfigProblem, LoadError, Source},
    registry::check_outside,
};

pub(super) fn run(
    screen: &mut Screen,
    file: PathBuf,
    breakers: &[String],
) -> Result<Finding, Failure> {
    let name = file.to_string_lossy().into_owned();
    // The variables of this process are not those of the program.
    let source = Source::file(file).without_variables();
    let checked = check_outside(&source, (!breakers.is_empty()).then_some(breakers));
    let finding = Finding::fine_if(checked.is_ok());
    let (problems, warnings, untold) = match &checked {
        Ok(warnings) => (&[][..], &warnings[..], 0),
        Err(error) => (error.problems(), &[][..], error.untold()),
    };
    if screen.shape() == Shape::Json {
        let list = |problems: &[ConfigProblem]| problems.iter().map(document).collect::<Vec<_>>();
        screen.document(&json!({
            "file": name,
            "ok": checked.is_ok(),
            "problems": list(problems),
            "warnings": list(warnings),
        }))?;
        return Ok(finding);
    }
    if screen.shape() == Shape::Lines {
        for (kind, problem) in marked(problems, warnings) {
            let line = problem.line().map(|line| line.to_string()).unwrap_or_default();
            let key = problem.key().unwrap_or_default();
            let texts = [
                name.as_str().into(),
                line.into(),
                kind.into(),
                key.into(),
                problem.message().into(),
            ];
            screen.columns(&texts, &[])?;
        }
        return Ok(finding);
    }
    let (tone, verdict) = match &checked {
        Ok(_) => (Tone::Good, "nothing is wrong".to_owned()),
        Err(error) => (Tone::Bad, found(error)),
    };
    screen.line(&[format!("{}:", plain(&name)).into(), Text::new(tone, verdict)])?;
    if problems.len() + warnings.len() > 0 {
        screen.line(&[])?;
        let mut rows = Rows::new(&["line", "", "key", "what"]);
        for (kind, problem) in marked(problems, warnings) {
            let tone = if kind == "warning" { Tone::Unsure } else { Tone::Bad };
            rows.push([
                problem.line().map(|line| line.to_string()).into(),
                Text::new(tone, kind),
                problem.key().unwrap_or_default().into(),
                problem.message().into(),
            ]);
        }
        screen.table(&rows)?;
    }
    if untold > 0 {
        screen.line(&[format!("and {untold} more").into()])?;
    }
    Ok(finding)
}

fn found(error: &LoadError) -> String {
    count((error.problems().len() + error.untold()) as u64, "problem")
}

fn marked<'a>(
    problems: &'a [ConfigProblem],
    warnings: &'a [ConfigProblem],
) -> impl Iterator<Item = (&'static str, &'a ConfigProblem)> {
    let problems = problems.iter().map(|problem| ("error", problem));
    problems.chain(warnings.iter().map(|warning| ("warning", warning)))
}

fn document(problem: &ConfigProblem) -> Value {
    json!({ "line": problem.line(), "key": problem.key(), "message": problem.message() })
}
