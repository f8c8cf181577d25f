//! A file that is watched by a thread of the system.

use std::{fs, time::Duration};

use cb_runtime::{Config, Event, Registry, Source};
use tokio::time::timeout;

/// Far more than the two seconds that it may take: a test is no measurement.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_file_that_is_replaced_is_in_force_and_what_is_wrong_with_another_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("breakers.json");
    let replace = |threshold: &str| {
        let text = format!(r#"{{"breakers": {{"db": {{"failure_threshold": {threshold}}}}}}}"#);
        let new = directory.path().join("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &path).unwrap();
    };
    replace("7");
    let registry = Registry::new();
    let db = registry.get_or_register("db", Config::default()).unwrap();
    registry.load(Source::file(&path).without_variables()).unwrap();
    let mut events = registry.subscribe();
    registry.watch().unwrap();
    registry.watch().unwrap();

    for (threshold, written) in [(8, "8"), (9, "9")] {
        replace(written);

        let told = timeout(LONG, events.recv()).await.expect("it is seen").unwrap();
        assert!(matches!(told, Event::ConfigChanged { .. }), "{told:?}");
        assert_eq!(db.config().failure_threshold(), threshold);
    }
}
