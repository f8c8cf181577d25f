//! How many are kept, and who goes.

use cb_runtime::Mode;

use super::*;

#[test]
fn given_more_keys_than_are_kept_when_a_new_one_comes_then_the_longest_idle_goes() {
    let site = site!("keyed-idle");
    for key in ["a", "b", "c", "a"] {
        succeed(site, key);
    }
    drop(get("keyed-idle[b]").snapshot());

    succeed(site, "d");
    assert_eq!(names("keyed-idle"), ["a", "c", "d"].map(|key| format!("keyed-idle[{key}]")));
    succeed(site, "e");
    assert_eq!(names("keyed-idle"), ["a", "d", "e"].map(|key| format!("keyed-idle[{key}]")));

    succeed(site, "b");
    assert_eq!(get("keyed-idle[b]").snapshot().totals.calls, 1, "it is a new one");
}

#[tokio::test(start_paused = true)]
async fn given_open_ones_when_new_keys_come_then_they_stay_until_their_open_time_is_over() {
    let site = site!("keyed-open");
    fail(site, "open");
    get("keyed-open[open]").snapshot();
    succeed(site, "forced");
    get("keyed-open[forced]").force_open();

    for key in 0..50 {
        succeed(site, &key.to_string());
    }
    let expected = ["49", "forced", "open"].map(|key| format!("keyed-open[{key}]"));
    assert_eq!(names("keyed-open"), expected);

    advance(RECOVERY - NANO).await;
    succeed(site, "new");
    assert_eq!(rejected_by(site, "open"), "keyed-open[open]");
    assert_eq!(rejected_by(site, "forced"), "keyed-open[forced]");
    // Its open time is over, but there is a closed one.
    advance(NANO).await;
    succeed(site, "newer");
    let expected = ["forced", "newer", "open"].map(|key| format!("keyed-open[{key}]"));
    assert_eq!(names("keyed-open"), expected);
}

#[tokio::test(start_paused = true)]
async fn given_none_that_is_closed_when_a_new_key_comes_then_the_longest_idle_half_open_one_goes() {
    let site = site!("keyed-half-open");
    for key in ["a", "b"] {
        fail(site, key);
    }
    advance(RECOVERY).await;
    fail(site, "c");

    fail(site, "d");
    assert_eq!(
        names("keyed-half-open"),
        ["b", "c", "d"].map(|key| format!("keyed-half-open[{key}]"))
    );
    fail(site, "e");
    assert_eq!(
        names("keyed-half-open"),
        ["c", "d", "e"].map(|key| format!("keyed-half-open[{key}]"))
    );
    assert_eq!(registry().get("keyed-half-open").map(drop), None, "all had places of their own");
}

#[test]
fn given_modes_set_by_an_operator_when_new_keys_come_then_those_breakers_stay() {
    let site = site!("keyed-modes");
    succeed(site, "off");
    get("keyed-modes[off]").disable();
    succeed(site, "watched");
    get("keyed-modes[watched]").metrics_only();

    (0..50).for_each(|key| succeed(site, &key.to_string()));
    assert_eq!(get("keyed-modes[off]").mode(), Mode::Disabled);
    assert_eq!(get("keyed-modes[watched]").mode(), Mode::MetricsOnly);

    get("keyed-modes[off]").resume();
    succeed(site, "new");
    assert_eq!(
        names("keyed-modes"),
        ["49", "new", "watched"].map(|key| format!("keyed-modes[{key}]"))
    );
}

#[tokio::test(start_paused = true)]
async fn given_none_that_may_go_when_new_keys_come_then_they_share_the_breaker_of_the_plain_name() {
    let site = site!("keyed-full");
    let opened = "circuit breaker `keyed-full` opened: 1 failure; next probe in 30s";
    let full = "circuit breaker `keyed-full`: each of its 3 keyed breakers is open or set by an \
                operator, so none may go; until one may, calls with other keys share the breaker \
                `keyed-full`";
    for key in ["a", "b", "c"] {
        fail(site, key);
    }

    let lines = logged(false, || {
        succeed(site, "d");
        fail(site, "e");
        assert_eq!(rejected_by(site, "f"), "keyed-full");
    });

    let rejected = "circuit breaker `keyed-full` turned a call away: it is open";
    let expected = [(Level::WARN, full), (Level::WARN, opened), (Level::DEBUG, rejected)];
    assert_eq!(lines, expected.map(|(level, line)| (level, line.to_owned())), "said once");
    let names = names("keyed-full");
    assert_eq!(names, ["", "[a]", "[b]", "[c]"].map(|key| format!("keyed-full{key}")));
    assert_eq!(get("keyed-full").config(), get("keyed-full[a]").config());
    assert_eq!(get("keyed-full").snapshot().totals.calls, 2);
    assert_eq!(rejected_by(site, "a"), "keyed-full[a]", "those that are there are found as ever");
    assert!(registry().get("keyed-full[d]").is_none());
}

#[tokio::test(start_paused = true)]
async fn given_a_full_name_when_there_is_room_again_then_new_keys_have_breakers_of_their_own() {
    let site = site!("keyed-again");
    let fill = || ["a", "b", "c"].into_iter().for_each(|key| fail(site, key));
    let warnings = |act: &dyn Fn()| {
        let lines = logged(false, act);
        lines.iter().filter(|(_, line)| line.contains("none may go")).count()
    };
    fill();
    assert_eq!(warnings(&|| succeed(site, "d")), 1);

    get("keyed-again[b]").reset();
    succeed(site, "d");
    assert!(registry().get("keyed-again[b]").is_none());
    assert_eq!(get("keyed-again[d]").snapshot().totals.calls, 1);

    // The next such time is said again, but not at once.
    fail(site, "d");
    assert_eq!(warnings(&|| succeed(site, "e")), 0);
    advance(SECOND * 60).await;
    get("keyed-again[a]").force_open();
    get("keyed-again[c]").force_open();
    get("keyed-again[d]").force_open();
    assert_eq!(warnings(&|| (0..10).for_each(|key| succeed(site, &key.to_string()))), 1);
}

#[test]
fn given_a_log_that_panics_when_no_place_is_left_then_the_call_has_its_own_answer() {
    let site = site!("keyed-log", settings().max_keys(1));
    succeed(site, "a");
    get("keyed-log[a]").force_open();

    let lines = logged(true, || succeed(site, "b"));

    assert_eq!(lines.len(), 1, "the log was asked, and panicked");
}

#[test]
fn given_a_removed_key_when_as_many_new_ones_come_as_are_kept_then_none_goes_for_it() {
    let site = site!("keyed-removed");
    for key in ["a", "b", "c"] {
        succeed(site, key);
    }
    get("keyed-removed[a]").force_open();

    registry().remove("keyed-removed[a]");
    succeed(site, "d");

    assert_eq!(names("keyed-removed"), ["b", "c", "d"].map(|key| format!("keyed-removed[{key}]")));
}

#[test]
fn given_a_call_under_way_when_its_breaker_is_forgotten_then_it_ends_without_effect_on_the_next() {
    let site = site!("keyed-flight", settings().failure_threshold(1).max_keys(1));

    let answer = call_with(site, "a", || {
        succeed(site, "b");
        assert!(registry().get("keyed-flight[a]").is_none());
        Err("refused")
    });

    assert_eq!(answer, FAILED);
    succeed(site, "a");
    let totals = get("keyed-flight[a]").snapshot().totals;
    assert_eq!((totals.calls, totals.failures), (1, 0));
}
