//! The values that arguments take.

use std::time::Duration;

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum State {
    Closed,
    #[value(alias = "half_open")]
    HalfOpen,
    Open,
    #[value(alias = "forced_open")]
    ForcedOpen,
    Disabled,
    #[value(alias = "metrics_only")]
    MetricsOnly,
}

impl State {
    /// As the API has it.
    pub(super) const fn wire(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Mode {
    /// The breaker decides
    Normal,
    /// Every call is turned away
    #[value(alias = "forced_open")]
    ForcedOpen,
    /// Every call passes, and none is counted
    Disabled,
    /// Every call passes and is counted
    #[value(alias = "metrics_only")]
    MetricsOnly,
}

impl Mode {
    /// As the API has it.
    pub(super) const fn wire(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::ForcedOpen => "forced_open",
            Self::Disabled => "disabled",
            Self::MetricsOnly => "metrics_only",
        }
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<u32>().map(|seconds| Duration::from_secs(seconds.into()));
    let found = seconds.or_else(|_| humantime::parse_duration(text));
    match found {
        Ok(time) if !time.is_zero() => Ok(time),
        Ok(_) => Err("it is to be longer than nothing".to_owned()),
        Err(_) => Err("write a time such as 30s, 250ms or 1h 30m".to_owned()),
    }
}

/// As often as this may be asked: a program has better things to do than to answer.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let time = duration(text)?;
    if time < SHORTEST { Err("100ms is the shortest".to_owned()) } else { Ok(time) }
}

pub(super) fn score(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(score) if (0.0..=1.0).contains(&score) => Ok(score),
        _ => Err("a score is a number from 0 to 1".to_owned()),
    }
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write KEY=VALUE, such as failure_threshold=3".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_alone_is_seconds() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("0s").is_err());
        assert!(duration("soon").is_err());
    }

    #[test]
    fn a_value_may_hold_what_separates_it() {
        let found = pair("backoff={\"a\"=1}").unwrap();
        assert_eq!(found, ("backoff".to_owned(), "{\"a\"=1}".to_owned()));
        assert!(pair("failure_threshold").is_err());
        assert!(pair("=3").is_err());
    }
}
