//! Scripts that found something, kept.

use std::time::Duration;

use super::{
    drive,
    script::{End, Script, Step, Way},
    settings::{Over, Setting},
};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn call(end: End) -> Step {
    Step::Call(Way::Permit, end, Duration::ZERO)
}

fn agrees(settings: &[Setting], steps: &[Step]) {
    let script = Script { settings: settings.iter().copied().collect(), steps: steps.to_vec() };
    if let Err(difference) = drive::run(&script) {
        panic!("{difference}\n{script:?}");
    }
}

#[test]
fn given_a_window_when_the_breaker_is_forced_open_and_resumed_then_it_goes_on() {
    agrees(
        &[Setting::Window(Over::Calls(1))],
        &[call(End::Failure), Step::ForceOpen, Step::Resume, call(End::Success)],
    );
}

#[test]
fn given_a_dry_run_when_its_time_is_over_then_a_reader_sees_no_row_and_no_rates_of_it() {
    agrees(
        &[Setting::Window(Over::Calls(1))],
        &[Step::MetricsOnlyFor(ms(10)), call(End::Failure), Step::Wait(ms(10))],
    );
}

#[test]
fn given_no_reset_timeout_when_one_is_set_then_what_has_just_been_counted_stays() {
    agrees(
        &[Setting::Window(Over::Calls(1))],
        &[
            Step::Wait(ms(500)),
            call(End::Success),
            Step::Reconfigure(Setting::ResetTimeout(ms(100))),
            Step::Wait(ms(99)),
            Step::Wait(ms(1)),
        ],
    );
}

#[test]
fn given_a_window_of_time_when_it_is_made_shorter_then_the_latest_calls_stay() {
    agrees(
        &[Setting::Window(Over::Time(ms(2000))), Setting::MinCalls(1)],
        &[
            call(End::Success),
            Step::Wait(ms(120)),
            call(End::Failure),
            Step::Reconfigure(Setting::Window(Over::Time(ms(100)))),
            Step::Wait(ms(99)),
        ],
    );
}

#[test]
fn given_an_endless_window_when_it_is_made_short_then_the_latest_calls_stay() {
    agrees(
        &[Setting::Window(Over::Time(ms(100))), Setting::MinCalls(1)],
        &[
            call(End::Success),
            Step::Reconfigure(Setting::Window(Over::Time(Duration::MAX))),
            call(End::Failure),
            Step::Reconfigure(Setting::Window(Over::Time(ms(100)))),
        ],
    );
}

#[test]
fn given_an_endless_window_when_it_is_made_short_later_then_the_latest_calls_stay() {
    agrees(
        &[Setting::Window(Over::Time(ms(100))), Setting::MinCalls(1)],
        &[
            call(End::Failure),
            Step::Reconfigure(Setting::Window(Over::Time(Duration::MAX))),
            Step::Call(Way::Permit, End::Failure, ms(3000)),
            Step::Reconfigure(Setting::Window(Over::Time(ms(100)))),
        ],
    );
}
