//! Settings of a script in the words of the public interface.

use cb_runtime::{Backoff, Config, ConfigBuilder, Window};

use super::settings::{Growth, Over, Setting, Settings};

pub(crate) fn config(settings: &Settings) -> Config {
    settings.iter().fold(Config::builder(), set).build().unwrap()
}

pub(crate) fn set(builder: ConfigBuilder, setting: Setting) -> ConfigBuilder {
    match setting {
        Setting::FailureThreshold(failures) => builder.failure_threshold(failures),
        Setting::RecoveryTimeout(time) => builder.recovery_timeout(time),
        Setting::HalfOpenMaxCalls(calls) => builder.half_open_max_calls(calls),
        Setting::SuccessThreshold(successes) => builder.success_threshold(successes),
        Setting::ProbeTimeout(time) => builder.probe_timeout(time),
        Setting::FailureRate(rate) => builder.failure_rate(rate),
        Setting::SlowCall(time) => builder.slow_call(time),
        Setting::SlowCallRate(rate) => builder.slow_call_rate(rate),
        Setting::Window(Over::Calls(calls)) => builder.window(Window::calls(calls)),
        Setting::Window(Over::Time(time)) => builder.window(Window::time(time)),
        Setting::MinCalls(calls) => builder.min_calls(calls),
        Setting::Backoff(Growth { factor, max, jitter }) => {
            builder.backoff(Backoff::new(factor, max).jitter(jitter))
        }
        Setting::ResetTimeout(time) => builder.reset_timeout(time),
        Setting::Shed(factor) => builder.shed(factor),
        Setting::ResponseTimes(kept) => builder.response_times(kept),
    }
}
