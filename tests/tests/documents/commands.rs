//! The commands in the README name what there is.

use super::{read, root};

#[test]
fn every_example_that_the_readme_names_is_there() {
    let readme = read("README.md");
    let manifest: toml::Table = toml::from_str(&read("examples/Cargo.toml")).unwrap();
    let examples: Vec<_> = manifest["example"].as_array().unwrap().iter().collect();
    let names: Vec<_> = examples.iter().map(|example| example["name"].as_str().unwrap()).collect();

    for command in readme.split("--example ").skip(1) {
        let called: String =
            command.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        assert!(names.contains(&called.as_str()), "there is no example `{called}`");
    }
    for example in examples {
        let path = root().join("examples").join(example["path"].as_str().unwrap());
        assert!(path.exists(), "{}", path.display());
    }
}

#[test]
fn every_version_that_the_readme_asks_for_is_the_one_that_there_is() {
    let workspace: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let version = workspace["workspace"]["package"]["version"].as_str().unwrap();
    let short = version.rsplit_once('.').unwrap().0;
    let (mut seen, readme) = (0, read("README.md"));
    for line in readme.lines().filter(|line| line.starts_with("cb-runtime = ")) {
        assert!(line.contains(&format!("\"{short}\"")), "{line}");
        seen += 1;
    }
    assert!(seen > 0);
}
