//! What other instances have decided, against what happens here meanwhile.

use super::*;

#[test]
fn given_a_closing_elsewhere_when_it_races_a_probe_that_fails_then_a_later_opening_stays() {
    model(|| {
        let core = due(settings());
        let probe = admitted(&core);
        let latest = core.as_others_see().opening.since;

        let other = spawn(&core, move |core| core.adopt_closing(latest));
        core.end(probe, failed());
        other.join().unwrap();

        // The probe reopened, and the closing is about an earlier opening; or it was too late.
        let after = core.snapshot();
        let expected = [(State::Open, 2), (State::Closed, 1)];
        assert!(expected.contains(&(after.state, after.openings)), "{after:?}");
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_an_opening_elsewhere_when_it_races_a_probe_that_succeeds_then_it_stands_in_any_case() {
    model(|| {
        let core = due(settings());
        let probe = admitted(&core);

        let other = spawn(&core, |core| core.adopt_opening(Tick::NEVER, 2));
        core.end(probe, Ending::Success);
        other.join().unwrap();

        // From half-open or, a moment later, from closed: a probe's late answer closes nothing.
        assert_eq!(core.state(), State::Open);
        assert_eq!(core.as_others_see().opening.until, Tick::NEVER);
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_an_opening_of_its_own_that_comes_back_when_it_races_a_reset_then_that_stands() {
    model(|| {
        let core = due(settings());

        let other = spawn(&core, |core| core.stay_open(Tick::NEVER, 1));
        core.reset();
        other.join().unwrap();

        assert_eq!(core.state(), State::Closed);
        assert!(core.word_is_the_machines());
    });
}

#[test]
fn given_an_opening_here_when_it_races_one_elsewhere_then_it_is_one_opening_with_the_end_of_theirs()
{
    model(|| {
        let core = due(settings());
        core.reset();
        let call = admitted(&core);

        let other = spawn(&core, |core| core.adopt_opening(Tick::NEVER, 1));
        core.end(call, failed());
        other.join().unwrap();

        let after = core.snapshot();
        assert_eq!((after.state, after.openings), (State::Open, 2));
        assert_eq!(core.as_others_see().opening.until, Tick::NEVER);
        assert!(core.word_is_the_machines());
    });
}
