//! The word before the machine, what is published beside it, and the row of failures.

use super::*;

#[test]
fn given_three_threads_when_reset_mode_and_failure_race_then_the_word_is_the_machines() {
    model_of_three(|| {
        let core = closed(settings());

        let failure = spawn(&core, |core| {
            if let Ok(call) = core.admit() {
                core.end(call, failed());
            }
        });
        let mode = spawn(&core, |core| {
            core.set_mode(Mode::ForcedOpen, |_| Tick::NEVER);
        });
        core.reset();
        failure.join().unwrap();
        mode.join().unwrap();

        assert!(core.word_is_the_machines());
        let forced = core.mode() == Mode::ForcedOpen;
        assert!(!forced || core.admit().is_err());
    });
}

#[test]
fn given_a_row_one_short_when_two_fail_at_once_then_it_opens_once() {
    model(|| {
        let core = closed(settings().failure_threshold(2));
        end_one(&core, failed());
        let (one, two) = (admitted(&core), admitted(&core));

        let other = spawn(&core, move |core| core.end(one, failed()));
        core.end(two, failed());
        other.join().unwrap();

        let after = core.snapshot();
        assert_eq!((after.state, after.openings), (State::Open, 1));
        assert_eq!(after.last_opening, Some(OpenReason::ConsecutiveFailures { count: 2 }));
        assert_eq!(after.totals.failures, 3);
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_calls_in_flight_when_a_success_races_a_failure_then_the_row_is_that_of_some_order() {
    model(|| {
        let core = closed(settings().failure_threshold(9));
        let (one, two) = (admitted(&core), admitted(&core));

        let other = spawn(&core, move |core| core.end(one, Ending::Success));
        core.end(two, failed());
        other.join().unwrap();

        assert!(core.snapshot().consecutive_failures <= 1);
        assert!(core.word_is_the_machines(), "its bit for the row among the rest");
    });
}

#[test]
fn given_a_row_when_a_success_has_ended_then_a_failure_after_it_starts_a_row_of_one() {
    // The success goes by the word; had it missed the failure before it, the row would be two.
    model_of_both(|| {
        let core = closed(settings().failure_threshold(9));
        let late = admitted(&core);
        let done = Done::new();

        let says = done.clone();
        let other = spawn(&core, move |core| {
            end_one(core, failed());
            says.say();
        });
        let is_after = done.is_said();
        core.end(late, Ending::Success);
        other.join().unwrap();

        end_one(&core, failed());
        let row = core.snapshot().consecutive_failures;
        assert!(
            row == 1 || (row == 2 && !is_after),
            "{row}, and the success was after: {is_after}"
        );
        is_after
    });
}

#[test]
fn given_a_rejection_when_the_breaker_opens_anew_meanwhile_then_its_error_tells_of_one_opening() {
    model(|| {
        let core = closed(settings());
        end_one(&core, failed());
        let first = core.snapshot().last_opening;
        assert_eq!(first, Some(OpenReason::ConsecutiveFailures { count: 1 }));

        let other = spawn(&core, |core| {
            DUE.set_now();
            end_one(core, failed());
        });
        let rejection = core.admit().err().map(Refusal::into_error);
        other.join().unwrap();

        if let Some(CircuitError::Open { opening, .. }) = rejection {
            let told = (opening.since, opening.until, opening.reason());
            let second = (DUE, DUE.after(RECOVERY), OpenReason::ProbeFailed);
            let first = (Tick(0), DUE, OpenReason::ConsecutiveFailures { count: 1 });
            assert!(told == first || told == second, "parts of two openings: {told:?}");
        }
    });
}

#[test]
fn given_an_opening_when_a_rejection_has_seen_it_then_its_error_tells_all_of_it() {
    model(|| {
        let core = closed(settings());

        let other = spawn(&core, |core| end_one(core, failed()));
        let rejection = core.admit().err().map(Refusal::into_error);
        other.join().unwrap();

        if let Some(CircuitError::Open { opening, .. }) = rejection {
            assert_eq!((opening.since, opening.until), (Tick(0), DUE));
            assert_eq!(opening.reason(), OpenReason::ConsecutiveFailures { count: 1 });
        }
    });
}

#[test]
fn given_forced_open_for_a_time_when_a_rejection_has_seen_it_then_its_error_tells_the_end() {
    model(|| {
        let core = closed(settings());

        let other = spawn(&core, |core| core.set_mode(Mode::ForcedOpen, |_| DUE));
        let rejection = core.admit().err().map(Refusal::into_error);
        other.join().unwrap();

        if let Some(CircuitError::ForcedOpen { until, .. }) = rejection {
            assert!(until.is_some(), "the mode was seen without its end");
        }
    });
}
