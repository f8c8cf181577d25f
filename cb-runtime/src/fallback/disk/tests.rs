//! What cannot be arranged from outside: the clock of the computer, types that have changed, and code of
//! the user's that panics.

use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serializer};
use tempfile::TempDir;

use super::*;
use crate::StaleAnswer;

const HOUR: Duration = Duration::from_secs(3_600);

fn at_noon() -> SystemTime {
    UNIX_EPOCH + 12 * HOUR
}

fn at_one() -> SystemTime {
    UNIX_EPOCH + 13 * HOUR
}

fn before_1970() -> SystemTime {
    UNIX_EPOCH - HOUR
}

async fn open<V>(directory: &TempDir, clock: fn() -> SystemTime) -> DiskStore<u32, V>
where
    V: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    DiskStore::builder(directory).disk(2 << 20).clock(clock).open().await.unwrap()
}

async fn written_at(directory: &TempDir, clock: fn() -> SystemTime) {
    let store = open(directory, clock).await;
    store.put(7, 2.5);
    store.close().await;
}

#[tokio::test]
async fn given_an_answer_of_an_earlier_run_when_it_is_read_then_its_age_is_that_of_the_computers_clock()
 {
    let directory = tempfile::tempdir().unwrap();
    written_at(&directory, at_noon).await;
    let store = open(&directory, at_one).await;
    assert_eq!(store.get(&7).await, Some(StaleAnswer::new(2.5, HOUR)));
    // From memory now, and it has gone on.
    let answer = store.get(&7).await.unwrap();
    assert!(answer.age >= HOUR && answer.age < 2 * HOUR, "{answer:?}");
}

#[tokio::test]
async fn given_a_clock_that_was_set_back_when_the_answer_is_from_the_future_then_there_is_none() {
    let directory = tempfile::tempdir().unwrap();
    written_at(&directory, at_one).await;
    assert_eq!(open::<f64>(&directory, at_noon).await.get(&7).await, None);
    assert_eq!(open::<f64>(&directory, at_one).await.get(&7).await.map(|a| a.value), Some(2.5));
}

#[tokio::test]
async fn given_a_clock_before_1970_when_an_answer_is_put_then_it_is_in_memory_only() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, before_1970).await;
    store.put(7, 2.5);
    store.flush().await;
    assert_eq!(store.get(&7).await.map(|answer| answer.value), Some(2.5));
    store.close().await;
    assert_eq!(open::<f64>(&directory, at_noon).await.get(&7).await, None);
}

#[test]
fn given_a_type_that_has_changed_when_its_text_is_read_then_there_is_no_value() {
    #[derive(Serialize)]
    struct Old {
        euros: u32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct New {
        cents: u32,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Grown {
        euros: u32,
        #[serde(default)]
        currency: Option<String>,
    }
    // As if all were the same type in several builds of a program.
    let kind = Kind::of::<u32, Old>(0);
    let text = record::write_value(&Old { euros: 5 }, kind, at_noon()).unwrap();
    assert_eq!(record::read_value::<New>(&text, kind, at_one()), None);
    assert_eq!(record::read_value::<Vec<u32>>(&text, kind, at_one()), None);
    let grown = Grown { euros: 5, currency: None };
    assert_eq!(record::read_value(&text, kind, at_one()), Some((grown, HOUR)));

    for other in [Kind::of::<u64, Old>(0), Kind::of::<u32, Grown>(0), Kind::of::<u32, Old>(1)] {
        assert_eq!(record::read_value::<Grown>(&text, other, at_one()), None, "{other:?}");
    }
}

#[test]
fn given_a_value_when_it_is_written_and_read_then_it_is_the_same_to_the_last_bit() {
    let kind = Kind::of::<u32, f64>(0);
    for _ in 0..1_000 {
        let value = f64::from_bits(fastrand::u64(..));
        let text = record::write_value(&value, kind, at_noon()).unwrap();
        let read = record::read_value::<f64>(&text, kind, at_noon()).map(|(value, _)| value);
        // JSON knows no other numbers.
        let expected = value.is_finite().then_some(value);
        assert_eq!(read.map(f64::to_bits), expected.map(f64::to_bits));
    }
}

#[test]
fn given_a_key_that_json_does_not_hold_whole_when_it_is_written_then_it_is_refused() {
    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Query {
        text: String,
        #[serde(skip)]
        user: u32,
    }
    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Article {
        Number(u32),
        Code(u32),
    }
    let of = |user| Query { text: "bread".to_owned(), user };
    assert!(record::write_key(&of(0)).is_some());
    assert_eq!(record::write_key(&of(1)), None);
    assert!(record::write_key(&Article::Number(1)).is_some());
    assert_eq!(record::write_key(&Article::Code(1)), None);
}

#[tokio::test]
async fn given_answers_that_cannot_be_written_when_others_are_put_then_those_are_on_disk() {
    /// Panics where it is 13.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Touchy(u32);

    impl Serialize for Touchy {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            assert_ne!(self.0, 13);
            serializer.serialize_u32(self.0)
        }
    }

    impl<'de> Deserialize<'de> for Touchy {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u32::deserialize(deserializer)?;
            assert_ne!(number, 14);
            Ok(Self(number))
        }
    }

    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, at_noon).await;
    for number in 0..20 {
        store.put(number, Touchy(number));
    }
    assert_eq!(store.get(&13).await.map(|answer| answer.value), Some(Touchy(13)));
    store.close().await;
    let store = open::<Touchy>(&directory, at_noon).await;
    for number in 0..20 {
        let expected = (number != 13 && number != 14).then_some(Touchy(number));
        assert_eq!(store.get(&number).await.map(|answer| answer.value), expected);
    }
}

#[tokio::test]
async fn given_an_answer_that_is_put_while_an_older_one_is_read_then_the_older_one_is_not_remembered()
 {
    let desk = Desk::new(2);
    let answer = |value| Answer { value, since: Tick::now(), stored: at_noon() };
    desk.put(7, answer("new"));
    desk.remember(7, answer("old"));
    assert_eq!(desk.find(&7).unwrap().value, "new");

    // Nor where the new one is on its way to the disk.
    desk.put(8, answer("other"));
    desk.put(9, answer("other"));
    let writing = desk.write();
    desk.remember(7, answer("old"));
    assert_eq!(desk.find(&7).unwrap().value, "new");
    assert_eq!(writing.len(), 3);

    desk.written();
    assert!(desk.find(&7).is_none(), "the disk has it now");
    desk.remember(7, answer("of the disk"));
    assert_eq!(desk.find(&7).unwrap().value, "of the disk");
}
