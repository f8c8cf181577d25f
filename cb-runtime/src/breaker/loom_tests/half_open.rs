//! Permits of a half-open breaker, and who decides what comes after it.

use super::*;

fn permits_are_exact(threads: usize, permits: u32) {
    let core = due(settings().half_open_max_calls(permits));

    let racers: Vec<_> = (1..threads).map(|_| spawn(&core, |core| core.admit().is_ok())).collect();
    let mine = core.admit().is_ok();
    let passed = racers
        .into_iter()
        .map(|racer| racer.join().unwrap())
        .chain([mine])
        .filter(|&passed| passed)
        .count();

    assert_eq!(passed, permits as usize);
    assert_eq!(core.state(), State::HalfOpen);
    assert!(core.word_is_the_machines());
    let totals = core.snapshot().totals;
    assert_eq!(totals.calls, 1 + passed as u64);
    assert_eq!(totals.rejected, (threads - passed) as u64);
}

#[test]
fn given_one_permit_when_two_race_for_it_then_one_has_it() {
    model(|| permits_are_exact(2, 1));
}

#[test]
fn given_one_permit_when_three_race_for_it_then_one_has_it() {
    model_of_three(|| permits_are_exact(3, 1));
}

#[test]
fn given_two_permits_when_three_race_for_them_then_two_have_them() {
    model_of_three(|| permits_are_exact(3, 2));
}

#[test]
fn given_an_open_breaker_when_a_reset_races_a_probe_then_it_is_closed_or_reopened_by_the_probe() {
    model(|| {
        let core = due(settings());

        let other = spawn(&core, |core| {
            if let Ok(call) = core.admit() {
                core.end(call, failed());
            }
        });
        core.reset();
        other.join().unwrap();

        let after = core.snapshot();
        // The call was a probe and failed first (the reset closed), or was a probe and failed late, or
        // came after the reset and opened a closed breaker.
        let expected = [(State::Closed, 2), (State::Closed, 1), (State::Open, 2)];
        assert!(expected.contains(&(after.state, after.openings)), "{after:?}");
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_a_probe_under_way_when_it_is_cancelled_then_its_permit_goes_to_one_caller() {
    model_of_three(|| {
        let core = due(settings());
        let probe = admitted(&core);

        let racers = [(); 2].map(|()| spawn(&core, |core| core.admit().is_ok()));
        core.end(probe, Ending::Cancelled);
        let passed =
            racers.into_iter().map(|racer| racer.join().unwrap()).filter(|&passed| passed).count();

        // Either may have come too early; never do both pass, and none leaves the permit lost.
        assert!(passed <= 1);
        assert_eq!(core.admit().is_ok(), passed == 0);
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_a_hung_probe_when_it_answers_while_another_takes_its_permit_then_the_other_keeps_it() {
    for ending in [failed, || Ending::Success, || Ending::Cancelled] {
        model(move || {
            let core = due(settings().probe_timeout(RECOVERY));
            let hung = admitted(&core);
            DUE.after(RECOVERY).set_now();

            let next = spawn(&core, admitted);
            core.end(hung, ending());
            let next = next.join().unwrap();

            assert_eq!((core.state(), core.snapshot().openings), (State::HalfOpen, 1));
            assert!(core.admit().is_err());
            core.end(next, Ending::Success);
            assert_eq!(core.state(), State::Closed);
            assert!(core.word_is_the_machines());
        });
    }
}

#[test]
fn given_two_probes_when_one_succeeds_and_one_fails_then_one_change_is_made_and_the_other_is_late()
{
    model(|| {
        let core = due(settings().half_open_max_calls(2));
        let (one, two) = (admitted(&core), admitted(&core));

        let other = spawn(&core, move |core| core.end(one, Ending::Success));
        core.end(two, failed());
        other.join().unwrap();

        let after = core.snapshot();
        let expected = [(State::Closed, 1, 0), (State::Open, 2, 0)];
        let found = (after.state, after.openings, after.consecutive_failures);
        assert!(expected.contains(&found), "{found:?}");
        assert!(core.word_is_the_machines());
        assert_eq!((after.totals.successes, after.totals.failures), (1, 2));
    });
}

/// A call that the breaker may admit, but for which there is no place.
fn is_full(core: &Core) -> bool {
    let refusal = core.admit_with(1, || None::<()>).expect_err("there is no place");
    matches!(refusal.into_error(), CircuitError::BulkheadFull { .. })
}

#[test]
fn given_a_probe_without_a_place_when_another_races_it_then_its_permit_is_not_lost() {
    model(|| {
        let core = due(settings());

        let other = spawn(&core, is_full);
        let passed = core.admit().is_ok();
        let full = other.join().unwrap();

        assert!(passed || full, "one of them had the permit");
        assert_eq!(core.admit().is_ok(), !passed, "who came while it was out, has it now");
        assert_eq!(core.snapshot().totals.calls, 2, "the one without a place is not among them");
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_a_probe_without_a_place_when_a_reset_races_it_then_the_breaker_is_closed() {
    model(|| {
        let core = due(settings());

        let other = spawn(&core, is_full);
        core.reset();
        assert!(
            other.join().unwrap(),
            "the breaker would have let it pass, as a probe or as a call"
        );

        assert_eq!(core.state(), State::Closed);
        let totals = core.snapshot().totals;
        assert_eq!((totals.calls, totals.rejected), (1, 1));
        assert!(core.word_is_the_machines());
        assert!(core.admit().is_ok());
    });
}
