//! Why a command did not come to its answer.

use std::io;

use serde_json::{Value, json};

use super::text::plain;

/// What became of the thing that was asked about, where there is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Fine,
    Not,
}

impl Finding {
    pub(super) fn fine_if(fine: bool) -> Self {
        if fine { Self::Fine } else { Self::Not }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// `cbctl` was called in a way that makes no sense.
    Usage(String),
    /// Nobody answered, or somebody else than the management API.
    NoAnswer(String),
    /// The server refused.
    Refused(Refusal),
    /// The output could not be written.
    Output(io::Error),
}

/// What the server says of why it refuses.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Problem details.
    pub(super) problem: Value,
    /// What `cbctl` has to add.
    pub(super) advice: Option<String>,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// The exit status. What it means is in the help.
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Refused(refusal) => match refusal.status {
                404 => 1,
                400..=499 => 2,
                _ => 3,
            },
            // Who reads has had enough, which is no fault.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::NoAnswer(_) | Self::Output(_) => 3,
        }
    }

    /// Whether trying again may help: the server may come back.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Refused(refusal) => refusal.status >= 500 || refusal.status == 429,
            Self::Usage(_) | Self::Output(_) => false,
        }
    }

    /// For people; one line or a few.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Usage(text) | Self::NoAnswer(text) => text.clone(),
            Self::Refused(refusal) => refusal.text(),
            Self::Output(error) => format!("the output cannot be written: {error}"),
        }
    }

    /// As problem details.
    pub(super) fn problem(&self) -> Value {
        let title = match self {
            Self::Refused(refusal) => return refusal.problem.clone(),
            Self::Usage(_) => "wrong usage",
            Self::NoAnswer(_) => "no answer",
            Self::Output(_) => "output failed",
        };
        json!({ "type": "about:blank", "title": title, "detail": self.text() })
    }
}

impl Refusal {
    fn member(&self, name: &str) -> Option<&str> {
        self.problem.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    fn text(&self) -> String {
        let said = self.member("detail").or_else(|| self.member("title"));
        let mut text = said.map_or_else(
            || format!("the server answered {}", self.status),
            |said| plain(said).into_owned(),
        );
        let meant = self.problem.get("did_you_mean").and_then(Value::as_array);
        let meant: Vec<String> = meant
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|name| format!("`{}`", plain(name)))
            .filter(|name| !text.contains(name.as_str()))
            .collect();
        if !meant.is_empty() {
            text = format!(
                "{}; did you mean {}?",
                text.trim_end_matches(['.', '?']),
                meant.join(" or ")
            );
        }
        if let Some(advice) = &self.advice {
            text = format!("{text}\n{advice}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, problem: Value) -> Failure {
        Failure::Refused(Refusal { status, problem, advice: None })
    }

    #[test]
    fn a_problem_is_told_in_the_servers_words_and_steers_no_terminal() {
        let problem = json!({ "detail": "there is no breaker `\u{1b}[2Jx`", "did_you_mean": ["pay", "play"] });
        let failure = refused(404, problem);
        assert_eq!(
            failure.text(),
            "there is no breaker `\\u{1b}[2Jx`; did you mean `pay` or `play`?"
        );
        assert_eq!(failure.status(), 1);
        let failure = refused(500, json!({}));
        assert_eq!((failure.text().as_str(), failure.status()), ("the server answered 500", 3));
    }

    #[test]
    fn what_the_server_has_said_is_not_said_twice() {
        let problem = json!({ "detail": "unknown: did you mean `pay`?", "did_you_mean": ["pay"] });
        assert_eq!(refused(404, problem).text(), "unknown: did you mean `pay`?");
    }
}
