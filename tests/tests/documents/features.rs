//! The tables of features have the features that there are, and say which are there by default.

use std::collections::BTreeSet;

use super::read;

/// Names, and whether they are there by default, of the rows of the first table below this heading.
fn table(text: &str, heading: &str) -> BTreeSet<(String, bool)> {
    let rows = text.lines().map(|line| line.trim_start_matches("//!").trim());
    rows.skip_while(|line| *line != heading)
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|row| {
            let cells: Vec<_> = row.split('|').map(str::trim).collect();
            let name = cells[1].trim_matches('`').to_owned();
            let default = match cells[2] {
                "yes" => true,
                "no" => false,
                other => unreachable!("`{name}` is neither there by default nor not: {other}"),
            };
            (name, default)
        })
        .collect()
}

fn manifest() -> toml::Table {
    toml::from_str(&read("cb-runtime/Cargo.toml")).unwrap()
}

fn texts(value: &toml::Value) -> Vec<&str> {
    value.as_array().unwrap().iter().filter_map(toml::Value::as_str).collect()
}

/// Of the crate itself.
fn features() -> BTreeSet<(String, bool)> {
    let manifest = manifest();
    let features = manifest["features"].as_table().unwrap();
    let default = texts(&features["default"]);
    let names = features.keys().filter(|name| *name != "default");
    names.map(|name| (name.clone(), default.contains(&name.as_str()))).collect()
}

#[test]
fn the_tables_have_every_feature() {
    let features = features();
    assert!(!features.is_empty());
    assert_eq!(table(&read("cb-runtime/src/lib.rs"), "# Features"), features);
    assert_eq!(table(&read("README.md"), "## Features"), features);
}

#[test]
fn full_is_all_of_them() {
    let manifest = manifest();
    let full: BTreeSet<_> = texts(&manifest["features"]["full"]).into_iter().collect();
    let features = features();
    let names = features.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "full");
    assert_eq!(full, names.collect());
}

#[test]
fn no_dependency_is_a_feature_by_accident() {
    let manifest = manifest();
    for (name, dependency) in manifest["dependencies"].as_table().unwrap() {
        let is_optional = dependency.get("optional").and_then(toml::Value::as_bool) == Some(true);
        let named = format!("dep:{name}");
        let features = manifest["features"].as_table().unwrap();
        let is_named = features.values().any(|parts| texts(parts).contains(&named.as_str()));
        assert_eq!(is_optional, is_named, "{name}");
    }
}

#[test]
fn the_versions_of_other_crates_in_the_interface_are_those_of_the_manifest() {
    let workspace: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let dependencies = workspace["workspace"]["dependencies"].as_table().unwrap();
    let lib = read("cb-runtime/src/lib.rs");
    let rows = lib.lines().map(|line| line.trim_start_matches("//!").trim());
    let rows = rows
        .skip_while(|line| *line != "# Other crates in this one's interface")
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2);
    let mut seen = 0;
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        for name in cells[1].split(", ").map(|name| name.trim_matches('`')) {
            let dependency = &dependencies[name];
            let version = dependency.get("version").unwrap_or(dependency).as_str().unwrap();
            let is_it = version == cells[2] || version.starts_with(&format!("{}.", cells[2]));
            assert!(is_it, "`{name}` is {version} in Cargo.toml, and not {}", cells[2]);
            seen += 1;
        }
    }
    assert!(seen > 5, "{seen} crates, where there are more");
}

#[test]
fn the_versions_of_rust_are_those_of_the_manifest() {
    let workspace: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let version = workspace["workspace"]["package"]["rust-version"].as_str().unwrap();
    let told = format!("Rust {version} or later");
    assert!(read("README.md").contains(&told), "the README is to say `{told}`");
}
