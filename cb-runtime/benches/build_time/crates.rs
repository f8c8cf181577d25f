//! The crates that are compiled: the same functions under different attributes.

use std::fmt::Write as _;

pub(crate) const PLAIN: &str = "plain";
pub(crate) const INSTRUMENTED: &str = "instrumented";
pub(crate) const PROTECTED: &str = "protected";
pub(crate) const WITH_FALLBACK: &str = "with_fallback";

pub(crate) const CRATES: [&str; 4] = [PLAIN, INSTRUMENTED, PROTECTED, WITH_FALLBACK];

pub(crate) fn is_ours(name: &str) -> bool {
    [PROTECTED, WITH_FALLBACK].contains(&name)
}

/// What stands on the functions of a crate.
pub(crate) fn title(name: &str) -> &'static str {
    match name {
        INSTRUMENTED => "#[tracing::instrument]",
        PROTECTED => "#[circuit_breaker(.., failure_threshold = 5)]",
        WITH_FALLBACK => "the same and a fallback",
        _ => "no attribute",
    }
}

fn attribute(name: &str, number: u32) -> String {
    match name {
        INSTRUMENTED => "#[tracing::instrument]".to_owned(),
        PROTECTED => {
            format!("#[cb_runtime::circuit_breaker(name = \"{number}\", failure_threshold = 5)]")
        }
        WITH_FALLBACK => format!(
            "#[cb_runtime::circuit_breaker(name = \"{number}\", failure_threshold = 5, fallback = stand_in)]"
        ),
        _ => String::new(),
    }
}

/// What is in each crate once. Each may use the runtime, so that their beginnings do not differ.
const HEAD: &str = "
use std::{future::Future, pin::Pin};

use cb_runtime::CircuitError;

#[derive(Debug)]
pub enum Failure {
    NotFound,
    Unavailable(CircuitError),
}

impl From<CircuitError> for Failure {
    fn from(error: CircuitError) -> Self {
        Self::Unavailable(error)
    }
}

pub type Answer = Pin<Box<dyn Future<Output = Result<u64, Failure>> + Send>>;

pub async fn ask(id: u64, text: &str) -> Result<u64, Failure> {
    text.len().try_into().map(|length: u64| length + id).map_err(|_| Failure::NotFound)
}

pub async fn stand_in(id: u64, _text: &str) -> Result<u64, Failure> {
    Ok(id)
}
";

/// A crate's source. All its functions get into boxes, as otherwise none of their bodies would be
/// compiled to the end.
pub(crate) fn source(name: &str, functions: u32) -> String {
    let mut source = String::from(HEAD);
    let mut boxes = String::new();
    for number in 0..functions {
        let attribute = attribute(name, number);
        // Writing to a string cannot fail.
        let _ = write!(
            source,
            "
{attribute}
pub async fn function_{number}(id: u64, text: &str) -> Result<u64, Failure> {{
    let answer = ask(id, text).await?;
    if answer == {number} {{ Err(Failure::NotFound) }} else {{ Ok(answer) }}
}}
"
        );
        let _ = writeln!(boxes, "        Box::pin(function_{number}({number}, \"text\")),");
    }
    source + "\npub fn all() -> Vec<Answer> {\n    vec![\n" + &boxes + "    ]\n}\n"
}
