//! Totals that several threads add to.

use super::*;

#[test]
fn given_threads_that_share_a_stripe_when_both_count_then_no_call_is_lost() {
    model(|| {
        let core = closed(settings().failure_threshold(9));

        let other = spawn(&core, |core| {
            end_one(core, Ending::Success);
            end_one(core, failed());
        });
        end_one(&core, Ending::Success);
        core.count_fallback(false);
        other.join().unwrap();

        let totals = core.snapshot().totals;
        assert_eq!((totals.calls, totals.successes, totals.failures), (3, 2, 1));
        assert_eq!(totals.fallbacks, 1);
    });
}

#[test]
fn given_threads_with_stripes_of_their_own_when_both_count_then_no_call_is_lost() {
    model(|| {
        let core = closed(settings().failure_threshold(9));

        let other = spawn(&core, |core| {
            slot::own(1);
            end_one(core, Ending::Success);
            end_one(core, Ending::Ignored);
        });
        slot::own(0);
        end_one(&core, Ending::Success);
        let seen = core.snapshot().totals;
        assert!((1..=2).contains(&seen.successes), "a reader sees what has been written: {seen:?}");
        other.join().unwrap();

        let totals = core.snapshot().totals;
        assert_eq!((totals.calls, totals.successes, totals.ignored), (3, 2, 1));
    });
}

#[test]
fn given_a_stripe_handed_over_when_the_next_owner_counts_then_it_goes_on_from_there() {
    model(|| {
        let core = closed(settings());
        // As in `slot`: what the first owner wrote went through the lock on the free numbers.
        let free = Arc::new(loom::sync::Mutex::new(Some(0)));
        let take = |free: &loom::sync::Mutex<Option<usize>>| free.lock().unwrap().take();

        let theirs = Arc::clone(&free);
        let other = spawn(&core, move |core| {
            let Some(number) = take(&theirs) else { return 0 };
            slot::own(number);
            end_one(core, Ending::Success);
            *theirs.lock().unwrap() = Some(number);
            1
        });
        let mine = take(&free).map_or(0, |number| {
            slot::own(number);
            end_one(&core, Ending::Success);
            *free.lock().unwrap() = Some(number);
            1
        });
        let calls = mine + other.join().unwrap();

        assert_eq!(core.snapshot().totals.successes, calls);
        assert_eq!(core.snapshot().totals.calls, calls);
    });
}

#[test]
fn given_timed_calls_when_they_end_at_once_then_each_is_in_the_figures() {
    model(|| {
        let core = closed(settings().response_times(true));

        let other = spawn(&core, |core| end_one(core, Ending::Success));
        end_one(&core, Ending::Success);
        other.join().unwrap();

        let after = core.snapshot();
        assert_eq!(after.response_times.map(|times| times.timed), Some(2));
        assert!(after.last_success.is_some());
    });
}

#[test]
fn given_answers_of_fallbacks_and_old_ones_when_threads_count_them_then_none_is_lost() {
    model(|| {
        let core = closed(settings());

        let other = spawn(&core, |core| {
            core.count_fallback(true);
            core.count_retry(2);
        });
        core.count_fallback(true);
        core.count_stale_answer(RECOVERY);
        other.join().unwrap();

        let totals = core.snapshot().totals;
        assert_eq!((totals.fallbacks, totals.fallback_failures), (2, 2));
        assert_eq!((totals.stale_answers, totals.retries), (1, 1));
    });
}
