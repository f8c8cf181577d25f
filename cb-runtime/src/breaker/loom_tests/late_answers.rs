//! Calls that end while others change the state.

use super::*;

/// The call may end before the change, and then counts, or after it, and then must leave no trace but
/// in the totals.
fn late_answer(ending: fn() -> Ending, change: fn(&Core), expected: &[(State, u32)]) {
    let core = closed(settings().failure_threshold(2));
    let call = admitted(&core);

    let other = spawn(&core, change);
    core.end(call, ending());
    other.join().unwrap();

    let after = core.snapshot();
    let found = (after.state, after.consecutive_failures);
    assert!(expected.contains(&found), "{found:?} is not among {expected:?}");
    assert!(core.word_is_the_machines());
    assert_eq!(after.totals.successes + after.totals.failures, after.totals.calls);
}

fn open_by_two_failures(core: &Core) {
    end_one(core, failed());
    // In the order in which the success came between, this is one failure of two.
    if let Ok(call) = core.admit() {
        core.end(call, failed());
    }
}

#[test]
fn given_a_call_in_flight_when_it_fails_while_another_resets_then_its_failure_counts_before_only() {
    model(|| late_answer(failed, Core::reset, &[(State::Closed, 0), (State::Closed, 1)]));
}

#[test]
fn given_a_call_in_flight_when_it_succeeds_while_others_open_then_it_closes_nothing() {
    let success = || Ending::Success;
    let expected = [(State::Open, 0), (State::Closed, 1)];
    model(move || late_answer(success, open_by_two_failures, &expected));
}

#[test]
fn given_a_call_in_flight_when_it_fails_while_others_open_then_it_opens_once() {
    model(|| {
        let core = closed(settings().failure_threshold(2));
        let call = admitted(&core);

        let other = spawn(&core, open_by_two_failures);
        core.end(call, failed());
        other.join().unwrap();

        let after = core.snapshot();
        assert_eq!((after.state, after.openings), (State::Open, 1));
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_a_call_in_flight_when_it_fails_while_a_probe_is_under_way_then_it_reopens_nothing() {
    model(|| {
        let core = closed(settings());
        let late = admitted(&core);
        end_one(&core, failed());
        DUE.set_now();

        let other = spawn(&core, move |core| core.end(late, failed()));
        let probe = admitted(&core);
        other.join().unwrap();

        assert_eq!((core.state(), core.snapshot().openings), (State::HalfOpen, 1));
        assert!(core.admit().is_err(), "the permit is still the probe's");
        core.end(probe, Ending::Success);
        assert_eq!(core.state(), State::Closed);
        assert!(core.word_is_the_machines());
        assert_eq!(core.snapshot().totals.failures, 2, "it is in the totals");
    });
}

#[test]
fn given_a_call_in_flight_when_it_ends_while_a_probe_closes_then_the_new_row_is_empty() {
    for ending in [failed, || Ending::Success] {
        model(move || {
            let core = closed(settings());
            let late = admitted(&core);
            end_one(&core, failed());
            DUE.set_now();
            let probe = admitted(&core);

            let other = spawn(&core, move |core| core.end(late, ending()));
            core.end(probe, Ending::Success);
            other.join().unwrap();

            let after = core.snapshot();
            assert_eq!((after.state, after.consecutive_failures), (State::Closed, 0));
            assert!(core.word_is_the_machines());
        });
    }
}
