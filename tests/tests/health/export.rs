use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::*;

async fn registry() -> Registry {
    let registry = Registry::new();
    open(&make(&registry, "db", settings().critical(true))).await;
    make(&registry, "cache", settings());
    registry
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Without the times by the wall clock, which differ from one moment to the next.
fn timeless(mut json: serde_json::Value) -> serde_json::Value {
    json["at"].take();
    for list in ["alerts", "breakers"] {
        for entry in json[list].as_array_mut().unwrap() {
            for time in ["since", "last_success", "last_failure"] {
                entry.as_object_mut().unwrap().remove(time);
            }
        }
    }
    json
}

#[tokio::test(start_paused = true)]
async fn it_has_all_that_is_known() {
    let registry = registry().await;
    let json = registry.export();
    assert!(json["at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(json["health"], serde_json::to_value(registry.health()).unwrap());
    let of = |list: &str, field: &str| -> Vec<String> {
        let entries = json[list].as_array().unwrap().iter();
        entries.map(|entry| entry[field].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("alerts", "kind"), ["critical_open", "transition"]);
    assert_eq!(of("breakers", "name"), ["cache", "db"]);
    assert_eq!(json["declarations"], serde_json::json!([]), "they are the program's");
}

#[test]
fn the_programs_has_its_declarations() {
    let json = cb_runtime::registry().export();
    let mut declared = json["declarations"].as_array().unwrap().clone();
    declared.retain(|declared| declared["name"] == "health.tenants");
    let [declared] = &declared[..] else { panic!("there is one: {declared:?}") };
    assert_eq!(declared["function"], "health::keyed::ask");
    assert!(declared["file"].as_str().unwrap().ends_with("keyed.rs"));
    assert!(declared["line"].is_u64());
    assert_eq!(declared["fallback"], serde_json::Value::Null);
    assert_eq!(declared["settings"]["recovery_timeout"], "30s");
}

#[tokio::test(start_paused = true)]
async fn a_file_is_the_same_and_takes_the_place_of_another() {
    let (registry, directory) = (registry().await, tempfile::tempdir().unwrap());
    let path = directory.path().join("breakers.json");
    fs::write(&path, "before".repeat(100_000)).unwrap();
    registry.export_to(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.ends_with("}\n"), "whole, and a line");
    let json = serde_json::from_str(&text).unwrap();
    assert_eq!(timeless(json), timeless(registry.export()));
    assert_eq!(names(directory.path()), ["breakers.json"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_written_names_the_path_and_leaves_nothing() {
    let (registry, directory) = (registry().await, tempfile::tempdir().unwrap());
    let file = directory.path().join("file");
    fs::write(&file, "before").unwrap();
    let below = directory.path().join("directory");
    fs::create_dir(&below).unwrap();
    let cases = [
        (directory.path().join("missing/breakers.json"), ErrorKind::NotFound),
        (file.join("breakers.json"), ErrorKind::NotADirectory),
        (below.clone(), ErrorKind::IsADirectory),
        (below.join(".."), ErrorKind::IsADirectory),
        (PathBuf::new(), ErrorKind::InvalidInput),
    ];
    for (path, kind) in cases {
        let error = registry.export_to(&path).unwrap_err();
        assert_eq!((&error.path, error.source.kind()), (&path, kind), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    let mut left = names(directory.path());
    left.sort();
    assert_eq!(left, ["directory", "file"]);
    assert_eq!(names(&below), [""; 0]);
    assert_eq!(fs::read(&file).unwrap(), b"before");
}

/// For root too, who may write where others may not.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_directory_that_nobody_can_write_is_an_error() {
    let error = registry().await.export_to("/proc/self/breakers.json").unwrap_err();
    assert!(error.to_string().contains("`/proc/self/breakers.json`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_finds_a_whole_file_while_many_write() {
    let (registry, directory) = (registry().await, tempfile::tempdir().unwrap());
    let path = directory.path().join("breakers.json");
    registry.export_to(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| registry.export_to(&path).unwrap()));
        }
        for _ in 0..200 {
            let text = fs::read_to_string(&path).unwrap();
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    });
    assert_eq!(names(directory.path()), ["breakers.json"]);
}
