//! What the store decides, given / when / then.

use super::*;

const NOW: Millis = 1_000_000;
const OPEN: Millis = 30_000;

fn opening(instance: &str, base: u64, decided: Millis) -> Opening {
    Opening {
        name: "db".to_owned(),
        instance: instance.to_owned(),
        base,
        decided,
        time: OPEN,
        row: 1,
        needed: 1,
        again: false,
    }
}

impl Book {
    fn opens(&mut self, now: Millis, opening: Opening) -> (bool, View, bool) {
        let (reply, published) = self.take(now, Request::Open(opening));
        match reply {
            Reply::Told { accepted, view } => (accepted, view, published.is_some()),
            other => unreachable!("{other:?}"),
        }
    }

    fn closes(&mut self, now: Millis, instance: &str, base: u64) -> (bool, View, bool) {
        let (name, instance) = ("db".to_owned(), instance.to_owned());
        let (reply, published) = self.take(now, Request::Close { name, instance, base });
        match reply {
            Reply::Told { accepted, view } => (accepted, view, published.is_some()),
            other => unreachable!("{other:?}"),
        }
    }

    fn leases(&mut self, now: Millis, most: u32, ttl: Millis) -> Result<u64, Millis> {
        let (name, instance) = ("db".to_owned(), "one".to_owned());
        match self.take(now, Request::Lease { name, instance, most, ttl }).0 {
            Reply::Lease { lease, .. } => lease,
            other => unreachable!("{other:?}"),
        }
    }
}

#[test]
fn given_an_opening_when_it_is_told_then_all_hear_until_when() {
    let mut book = Book::default();
    let (accepted, view, published) = book.opens(NOW, opening("one", 0, NOW - 500));
    assert!(accepted && published);
    assert_eq!((view.until, view.by.as_str(), view.row), (NOW - 500 + OPEN, "one", 1));
    assert!(view.epoch >= NOW);
}

#[test]
fn given_many_that_open_at_once_when_they_tell_then_it_is_published_once() {
    let mut book = Book::default();
    let first = book.opens(NOW, opening("one", 0, NOW)).1;
    for (late, instance) in ["two", "three", "four"].iter().enumerate() {
        let decided = NOW + late as u64;
        let (_, view, published) = book.opens(decided + 5, opening(instance, 0, decided));
        assert!(!published, "{instance}");
        assert_eq!((view.epoch, view.until), (first.epoch, first.until));
    }
}

#[test]
fn given_a_writer_that_was_asleep_when_it_tells_what_is_over_then_nothing_changes() {
    let mut book = Book::default();
    let asleep = opening("one", 0, NOW);
    let open = book.opens(NOW + 10, opening("two", 0, NOW + 10)).1;
    let later = NOW + 10 + OPEN;
    let closed = book.closes(later, "two", open.epoch).1;

    let (accepted, view, published) = book.opens(later + 1_000, asleep);
    assert!(!accepted && !published);
    assert_eq!((view.epoch, view.until), (closed.epoch, 0));

    let (accepted, view, published) = book.closes(later + 1_000, "one", open.epoch);
    assert!(accepted && !published && view.epoch == closed.epoch, "it is closed already");
}

#[test]
fn given_a_closing_of_an_earlier_opening_when_it_is_told_then_the_later_one_stays() {
    let mut book = Book::default();
    let first = book.opens(NOW, opening("one", 0, NOW)).1;
    let due = NOW + OPEN;
    let second = book.opens(due, opening("two", first.epoch, due)).1;
    assert!(second.epoch > first.epoch);

    let (accepted, view, _) = book.closes(due + 1, "one", first.epoch);
    assert!(!accepted);
    assert_eq!(view.until, second.until);
}

#[test]
fn given_an_opening_that_is_newer_than_a_closing_unseen_when_it_is_told_then_it_counts() {
    let mut book = Book::default();
    let open = book.opens(NOW, opening("two", 0, NOW)).1;
    book.closes(NOW + OPEN, "two", open.epoch);

    // Cut off all the while, and open only now.
    let decided = NOW + OPEN + 5_000;
    let (accepted, view, published) = book.opens(decided + 800, opening("one", 0, decided));
    assert!(accepted && published && view.until == decided + OPEN);
}

#[test]
fn given_a_quorum_when_votes_run_out_or_are_withdrawn_then_they_do_not_count() {
    let two = |instance, decided| Opening { needed: 2, ..opening(instance, 0, decided) };
    let mut book = Book::default();
    assert_eq!(book.opens(NOW, two("one", NOW)).1.until, 0);
    assert_eq!(book.opens(NOW, two("one", NOW)).1.until, 0, "the same one");
    let late = NOW + 2 * OPEN;
    assert_eq!(book.opens(late, two("two", late)).1.until, 0, "its vote has run out");
    let withdraw = Request::Withdraw { name: "db".to_owned(), instance: "two".to_owned() };
    book.take(late, withdraw);
    assert_eq!(book.opens(late, two("three", late)).1.until, 0);
    assert_eq!(book.opens(late, two("two", late)).1.until, late + OPEN);
}

#[test]
fn given_leases_when_all_are_out_then_one_is_free_once_it_is_given_back_or_over() {
    let mut book = Book::default();
    let open = book.opens(NOW, opening("one", 0, NOW)).1;
    assert_eq!(book.leases(NOW + 1_000, 2, 100), Err(OPEN - 1_000), "it is open still");

    let due = NOW + OPEN;
    let (one, two) = (book.leases(due, 2, 5_000), book.leases(due, 2, 9_000));
    assert!(one.is_ok() && two.is_ok() && one != two);
    assert_eq!(book.leases(due, 2, 100), Err(20));
    let given = |lease, success_of| {
        let (name, instance) = ("db".to_owned(), "one".to_owned());
        Request::GiveBack(GivenBack { name, instance, lease, success_of })
    };
    assert_eq!(book.take(due, given(two.unwrap_or_default(), 0)).1, None);
    let three = book.leases(due, 2, 9_000);
    assert!(three.is_ok());
    assert!(book.leases(due + 4_999, 2, 100).is_err());
    assert!(book.leases(due + 5_000, 2, 100).is_ok());

    assert_eq!(book.take(due + 5_001, given(one.unwrap_or_default(), 1)).1, None, "late");
    let closed = book.take(due + 5_001, given(three.unwrap_or_default(), 1)).1;
    assert!(closed.is_some_and(|view| !view.is_open() && view.epoch > open.epoch));
}

#[test]
fn given_a_store_that_was_started_empty_when_one_comes_back_then_it_is_told_so_once() {
    let sync = |book: &mut Book, since| {
        let request = Request::Sync { instance: "one".to_owned(), since, ttl: 1_000 };
        match book.take(NOW, request).0 {
            Reply::Synced(synced) => synced,
            other => unreachable!("{other:?}"),
        }
    };
    let mut book = Book::default();
    let first = sync(&mut book, Since::default());
    assert!(!first.lost && first.living == 1);
    let other_store = Since { born: 7, cursor: 3, seen: 3 };
    let second = sync(&mut book, other_store);
    assert!(second.lost);
    assert!(!sync(&mut book, second.since).lost);
    let ahead = Since { seen: NOW + 90_000, ..second.since };
    assert!(sync(&mut book, ahead).lost, "some of it was lost");
    let next = book.opens(NOW, opening("one", 0, NOW)).1;
    assert!(next.epoch > NOW + 90_000, "greater than any that was seen");
}

#[test]
fn given_more_changes_than_are_told_at_once_when_one_asks_on_then_it_hears_of_each_once() {
    let mut book = Book::default();
    for number in 0..250 {
        let name = format!("breaker{number}");
        book.opens(NOW, Opening { name, ..opening("one", 0, NOW) });
    }
    let (mut since, mut names) = (Since::default(), Vec::new());
    loop {
        let synced = book.sync(NOW, since);
        names.extend(synced.views.into_iter().map(|view| view.name));
        since = synced.since;
        if !synced.more {
            break;
        }
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 250);
    assert!(book.sync(NOW, since).views.is_empty());
}

#[test]
fn given_who_has_heard_all_when_it_asks_then_nothing_is_told_again_but_what_it_missed() {
    let mut book = Book::default();
    let told = |number: u64| {
        let named = Opening { name: format!("breaker{number}"), ..opening("one", 0, NOW) };
        let mode = Order::Mode("disabled".to_owned());
        match number % 3 {
            0 => Request::Open(named),
            1 => Request::Order { name: named.name, order: mode, lasts: 1_000 },
            _ => Request::Order { name: named.name, order: Order::Reset, lasts: 1_000 },
        }
    };
    book.take(NOW, told(0));
    let mut all_heard = book.sync(NOW, Since::default()).since;
    let mut one_missed = all_heard;
    for number in 1..10 {
        // A number that is given to a lease is not missed by those who hear of none.
        book.take(
            NOW,
            Request::Lease { name: "db".into(), instance: "one".into(), most: 9, ttl: 9 },
        );
        let (_, published) = book.take(NOW, told(number));
        let view = published.expect("each is published");
        all_heard.hear(&view);
        if number != 5 {
            one_missed.hear(&view);
        }
    }
    assert_eq!(book.sync(NOW, all_heard).views, []);
    let missed = book.sync(NOW, one_missed).views;
    let names: Vec<&str> = missed.iter().map(|view| view.name.as_str()).collect();
    assert_eq!(names, ["breaker5", "breaker6", "breaker7", "breaker8", "breaker9"]);
}

#[test]
fn given_a_breaker_that_is_closed_for_long_when_others_ask_then_it_is_forgotten() {
    let mut book = Book::default();
    book.opens(NOW, opening("one", 0, NOW));
    book.sync(NOW + OPEN + KEPT - 1, Since::default());
    assert_eq!(book.pages.len(), 1);
    book.sync(NOW + OPEN + KEPT, Since::default());
    assert_eq!(book.pages.len(), 0);
}
