//! Settings from files, variables and code, one over the other.

#![cfg(all(feature = "config", feature = "testing"))]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a helper of a test fails the test")]

mod by_default;
mod calls;
mod explain;
mod in_one_go;
mod load;
mod precedence;
mod switched_off;
mod watch;

use cb_runtime::{ExplainedSetting, Registry, Source};

/// A file's text and nothing else.
fn toml(text: &str) -> Source {
    Source::toml(text).without_variables()
}

/// One setting of a breaker, explained.
fn explained(registry: &Registry, name: &str, setting: &str) -> ExplainedSetting {
    let explanation = registry.explain(name).expect("the breaker is known");
    let found = explanation.settings.into_iter().find(|found| found.setting == setting);
    found.expect("every setting is explained")
}

/// The problems of a source that is refused, one to a line.
fn refused(registry: &Registry, source: Source) -> Vec<String> {
    let problem = registry.load(source).expect_err("it is refused");
    problem.problems().iter().map(ToString::to_string).collect()
}
