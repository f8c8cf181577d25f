//! What a key may be.

use std::fmt::{self, Display};

use cb_runtime::Snapshot;

use super::*;

#[test]
fn given_a_key_of_any_kind_when_it_is_displayed_the_same_then_it_is_the_same_breaker() {
    let site = site!("keyed-kinds");

    for _ in 0..2 {
        drop(site.at(&7_u8).admit());
        drop(site.at(&String::from("7")).admit());
        drop(site.at(&&"7").admit());
        drop(site.at(&format_args!("{}", 7)).admit());
    }

    assert_eq!(get("keyed-kinds[7]").snapshot().totals.calls, 8);
}

#[test]
fn given_keys_of_any_text_when_they_are_looked_up_then_they_are_what_they_were() {
    let site = site!("keyed-odd", settings().max_keys(100));
    let keys =
        ["", "]", "[", "a]b", "a[b]", "\n", "\0", "\"'`\\", "ü🦀", " ", "\u{202e}", "[]", "{}"];
    for (calls, key) in keys.iter().enumerate() {
        (0..=calls).for_each(|_| succeed(site, key));
    }

    for (calls, key) in (1..).zip(keys) {
        let name = format!("keyed-odd[{key}]");
        let Snapshot { name: shown, parent, key: shown_key, totals, .. } = get(&name).snapshot();
        assert_eq!(shown, name);
        assert_eq!((parent.as_deref(), shown_key.as_deref()), (Some("keyed-odd"), Some(key)));
        assert_eq!(totals.calls, calls);
    }
    assert_eq!(names("keyed-odd").len(), keys.len());
    for none in ["keyed-odd[", "keyed-odd]", "keyed-odd[a", "[", "[]", "", "keyed-odd[a]c"] {
        assert!(registry().get(none).is_none(), "{none}");
        assert!(registry().remove(none).is_none(), "{none}");
    }
}

#[test]
fn given_keys_without_end_when_they_come_then_names_stay_short_and_apart() {
    let site = site!("keyed-long", settings().failure_threshold(1));
    let long = |end: char| "ü".repeat(500_000) + &end.to_string();

    fail(site, &long('a'));
    succeed(site, &long('b'));

    let name = rejected_by(site, &long('a'));
    assert!(name.starts_with("keyed-long[üü") && name.contains('…') && name.len() < 250, "{name}");
    assert_eq!(names("keyed-long").len(), 2);
    assert_eq!(get(&name).name(), name, "found as it is shown");
    assert_eq!(get(&format!("keyed-long[{}]", long('a'))).name(), name, "and as it is");
    // A key that looks like a shortened one is another key.
    let (_, shown) = name.split_once('[').unwrap();
    succeed(site, shown.strip_suffix(']').unwrap());
    assert_eq!(names("keyed-long").len(), 3);
    assert_eq!(get(&name).state(), State::Open);
    registry().remove(&format!("keyed-long[{}]", long('a'))).unwrap();
    assert_eq!(names("keyed-long").len(), 2);
}

#[test]
fn given_breakers_without_a_key_when_they_are_shown_then_none_is_read_off_their_name() {
    let breaker = CircuitBreaker::new("tenant[7]", Config::default());

    let Snapshot { name, parent, key, .. } = breaker.snapshot();

    assert_eq!((&*name, parent, key), ("tenant[7]", None, None));
}

#[test]
fn given_a_key_whose_display_panics_when_it_is_used_then_nothing_is_left_of_it() {
    struct Panics;

    impl Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half")?;
            resume_unwind(Box::new(()))
        }
    }

    let site = site!("keyed-panic");
    succeed(site, "a");

    let unwound = std::panic::catch_unwind(|| drop(site.at(&Panics).admit()));

    assert!(unwound.is_err());
    succeed(site, "a");
    succeed(site, "b");
    assert_eq!(names("keyed-panic"), ["keyed-panic[a]", "keyed-panic[b]"]);
}

#[test]
fn given_a_key_whose_display_calls_the_same_function_when_it_is_used_then_both_calls_are_made() {
    struct Calls(&'static Site);

    impl Display for Calls {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            succeed(self.0, "inner");
            f.write_str("outer")
        }
    }

    let site = site!("keyed-within");

    drop(site.at(&Calls(site)).admit());

    assert_eq!(names("keyed-within"), ["keyed-within[inner]", "keyed-within[outer]"]);
}
