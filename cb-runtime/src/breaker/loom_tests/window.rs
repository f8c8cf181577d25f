//! The window, which successes get into without being told, and the order of events.

use super::*;
use crate::observe::event::Event;

fn with_window() -> ConfigBuilder {
    settings().failure_threshold(9).min_calls(1)
}

#[test]
fn given_calls_in_flight_when_a_success_races_a_failure_then_both_are_in_the_window() {
    model(|| {
        let core = closed(with_window());
        let (one, two) = (admitted(&core), admitted(&core));

        let other = spawn(&core, move |core| core.end(one, Ending::Success));
        core.end(two, failed());
        other.join().unwrap();

        assert_eq!(core.snapshot().failure_rate, Some(0.5));
    });
}

#[test]
fn given_a_success_when_it_races_a_reset_then_it_is_counted_once_and_at_most_one_is_in_the_window()
{
    model(|| {
        let core = closed(with_window());
        let call = admitted(&core);

        let other = spawn(&core, move |core| core.end(call, Ending::Success));
        core.reset();
        other.join().unwrap();

        let after = core.snapshot();
        assert_eq!(after.totals.successes, 1);
        assert!(matches!(after.failure_rate, None | Some(0.0)));
        end_one(&core, failed());
        assert!(matches!(core.snapshot().failure_rate, Some(1.0 | 0.5)));
    });
}

#[test]
fn given_a_success_of_before_a_reset_when_it_ends_after_it_then_the_window_is_empty() {
    model_of_both(|| {
        let core = closed(with_window());
        let call = admitted(&core);
        let done = Done::new();

        let says = done.clone();
        let other = spawn(&core, move |core| {
            core.reset();
            says.say();
        });
        let is_after = done.is_said();
        core.end(call, Ending::Success);
        other.join().unwrap();

        let after = core.snapshot();
        assert_eq!(after.totals.successes, 1);
        if is_after {
            assert_eq!(after.failure_rate, None);
        } else {
            assert!(matches!(after.failure_rate, None | Some(0.0)));
        }
        is_after
    });
}

#[test]
fn given_a_call_in_flight_when_its_success_races_other_settings_then_it_is_in_the_window() {
    model(|| {
        let core = closed(with_window());
        let call = admitted(&core);

        let other = spawn(&core, move |core| core.end(call, Ending::Success));
        core.reconfigure(|settings| settings.slow_call(RECOVERY)).unwrap();
        other.join().unwrap();

        assert!(core.word_is_the_machines());
        assert_eq!(core.snapshot().totals.successes, 1);
        assert_eq!(core.snapshot().failure_rate, Some(0.0));
    });
}

#[test]
fn given_two_threads_that_change_the_state_then_each_transition_starts_where_the_last_ended() {
    model(|| {
        let core = closed(settings());

        let other = spawn(&core, |core| core.set_mode(Mode::ForcedOpen, |_| Tick::NEVER));
        core.reset();
        other.join().unwrap();

        let mut state = State::Closed;
        for event in core.history() {
            if let Event::Transition { from, to, .. } = event {
                assert_eq!(from, state);
                state = to;
            }
        }
        assert_eq!(core.state(), state);
        assert!(core.word_is_the_machines());
    });
}
