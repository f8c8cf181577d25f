//! A breaker's settings as a script gives them, and what the ones that are not given come to.

use std::{fmt, time::Duration};

/// What rates are taken over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Over {
    Calls(u32),
    Time(Duration),
}

/// `factor`, `max`, `jitter`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Growth {
    pub(crate) factor: f64,
    pub(crate) max: Duration,
    pub(crate) jitter: f64,
}

/// One setting.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Setting {
    FailureThreshold(u32),
    RecoveryTimeout(Duration),
    HalfOpenMaxCalls(u32),
    SuccessThreshold(u32),
    ProbeTimeout(Duration),
    FailureRate(f64),
    SlowCall(Duration),
    SlowCallRate(f64),
    Window(Over),
    MinCalls(u32),
    Backoff(Growth),
    ResetTimeout(Duration),
    Shed(f64),
    ResponseTimes(bool),
}

/// The settings given, at most one of each kind; a later one of a kind stands for the earlier.
#[derive(Clone, PartialEq, Default)]
pub(crate) struct Settings(Vec<Setting>);

impl FromIterator<Setting> for Settings {
    fn from_iter<I: IntoIterator<Item = Setting>>(settings: I) -> Self {
        settings.into_iter().fold(Self::default(), |given, setting| given.with(setting))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// The value of the given setting of one kind.
macro_rules! given {
    ($settings:expr, $kind:ident) => {
        $settings.0.iter().find_map(|setting| match setting {
            Setting::$kind(value) => Some(*value),
            _ => None,
        })
    };
}

impl Settings {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Setting> {
        self.0.iter().copied()
    }

    #[must_use]
    pub(crate) fn with(&self, setting: Setting) -> Self {
        let kind = std::mem::discriminant(&setting);
        let mut all = self.clone();
        all.0.retain(|other| std::mem::discriminant(other) != kind);
        all.0.push(setting);
        all
    }

    #[must_use]
    fn without(&self, unwanted: impl Fn(&Setting) -> bool) -> Self {
        Self(self.iter().filter(|setting| !unwanted(setting)).collect())
    }

    /// The nearest settings that keep their bounds.
    #[must_use]
    pub(crate) fn mended(&self) -> Self {
        let mut mended = self.clone();
        if given!(self, SlowCall).is_none() {
            mended = mended.without(|setting| matches!(setting, Setting::SlowCallRate(_)));
        }
        if let (Some(min), Over::Calls(calls)) = (given!(self, MinCalls), self.window()) {
            mended = mended.with(Setting::MinCalls(min.min(calls)));
        }
        mended
    }

    /// Whether every setting is within its bounds and none contradicts another.
    pub(crate) fn valid(&self) -> bool {
        let rate = |rate: Option<f64>| rate.is_none_or(|rate| rate > 0.0 && rate <= 1.0);
        let long = |time: Option<Duration>| time.is_none_or(|time| !time.is_zero());
        let min_fits = match self.window() {
            Over::Calls(calls) => {
                calls >= 1 && given!(self, MinCalls).is_none_or(|min| min <= calls)
            }
            Over::Time(time) => time >= Duration::from_millis(1),
        };
        self.failure_threshold() >= 1
            && long(Some(self.recovery_timeout()))
            && self.half_open_max_calls() >= 1
            && self.success_threshold() >= 1
            && long(given!(self, ProbeTimeout))
            && rate(self.failure_rate())
            && long(self.slow_call())
            && rate(given!(self, SlowCallRate))
            && (given!(self, SlowCallRate).is_none() || self.slow_call().is_some())
            && given!(self, MinCalls).is_none_or(|min| min >= 1)
            && min_fits
            && self.backoff().is_none_or(|growth| {
                growth.factor >= 1.0
                    && !growth.max.is_zero()
                    && (0.0..=1.0).contains(&growth.jitter)
            })
            && long(self.reset_timeout())
            && self.shed().is_none_or(|factor| factor > 1.0)
    }

    pub(crate) fn failure_threshold(&self) -> u32 {
        given!(self, FailureThreshold).unwrap_or(5)
    }

    pub(crate) fn recovery_timeout(&self) -> Duration {
        given!(self, RecoveryTimeout).unwrap_or(Duration::from_secs(60))
    }

    pub(crate) fn half_open_max_calls(&self) -> u32 {
        given!(self, HalfOpenMaxCalls).unwrap_or(1)
    }

    pub(crate) fn success_threshold(&self) -> u32 {
        given!(self, SuccessThreshold).unwrap_or(1)
    }

    pub(crate) fn probe_timeout(&self) -> Duration {
        given!(self, ProbeTimeout).unwrap_or(self.recovery_timeout())
    }

    pub(crate) fn failure_rate(&self) -> Option<f64> {
        given!(self, FailureRate)
    }

    pub(crate) fn slow_call(&self) -> Option<Duration> {
        given!(self, SlowCall)
    }

    pub(crate) fn slow_call_rate(&self) -> Option<f64> {
        self.slow_call()?;
        Some(given!(self, SlowCallRate).unwrap_or(1.0))
    }

    pub(crate) fn window(&self) -> Over {
        given!(self, Window).unwrap_or(Over::Calls(100))
    }

    pub(crate) fn min_calls(&self) -> u32 {
        given!(self, MinCalls).unwrap_or(match self.window() {
            Over::Calls(calls) => calls.min(10),
            Over::Time(_) => 10,
        })
    }

    pub(crate) fn backoff(&self) -> Option<Growth> {
        given!(self, Backoff)
    }

    pub(crate) fn reset_timeout(&self) -> Option<Duration> {
        given!(self, ResetTimeout)
    }

    pub(crate) fn shed(&self) -> Option<f64> {
        given!(self, Shed)
    }

    /// Whether the same is in force, whether it is given or the default.
    pub(crate) fn come_to_the_same(&self, other: &Self) -> bool {
        let in_force = |settings: &Self| {
            let rates = (settings.failure_rate(), settings.slow_call(), settings.slow_call_rate());
            (
                (settings.failure_threshold(), settings.recovery_timeout()),
                (settings.half_open_max_calls(), settings.success_threshold()),
                (settings.probe_timeout(), given!(settings, ResponseTimes).unwrap_or(true)),
                (rates, settings.window(), settings.min_calls()),
                (settings.backoff(), settings.reset_timeout(), settings.shed()),
            )
        };
        in_force(self) == in_force(other)
    }
}
