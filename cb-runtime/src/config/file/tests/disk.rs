//! Files that cannot be read, or are nothing to read.

use std::{fs, path::PathBuf, time::Instant};

use super::{read, refused, warnings};
use crate::config::Source;

struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn with(&self, name: &str, bytes: &[u8]) -> Source {
        fs::write(self.path(name), bytes).unwrap();
        self.source(name)
    }

    fn source(&self, name: &str) -> Source {
        Source::file(self.path(name)).without_variables()
    }
}

#[test]
fn a_file_is_read_by_the_end_of_its_name() {
    let files = Files::new();
    for (name, text) in [("a.toml", "[alerts]"), ("a.JSON", "{\"alerts\": {}}")] {
        let read = read(&files.with(name, text.as_bytes())).unwrap();
        assert_eq!(read.path, Some(files.path(name)));
        assert!(read.warnings.is_empty());
    }
    for name in ["a.yaml", "a", ".toml"] {
        assert_eq!(
            refused(&files.with(name, b"{}")),
            [
                "the name of a configuration file ends in `.toml` or `.json`, which says what it is written in"
            ]
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_told_with_where_it_was_looked_for() {
    let files = Files::new();
    assert_eq!(refused(&files.source("a.toml")), ["there is no such file"]);
    let here = std::env::current_dir().unwrap();
    let error = read(&Source::file("no/such.toml").without_variables()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "configuration `no/such.toml` was refused, and nothing was changed:\n  there is no such file, seen from the directory `{}`",
            here.display()
        )
    );
    assert_eq!(error.file(), Some("no/such.toml"));
    let [problem] = error.problems() else { panic!("one") };
    assert_eq!((problem.line(), problem.key(), problem.variable()), (None, None, None));
}

#[test]
fn the_variable_that_names_a_file_is_told() {
    let files = Files::new();
    let path = files.path("a.toml");
    let source = Source::from_env().variables([("CIRCUIT_BREAKER_CONFIG", path.as_os_str())]);
    let why = "there is no such file (named by the variable `CIRCUIT_BREAKER_CONFIG`)";
    assert_eq!(refused(&source), [why]);
    fs::write(&path, "[defaults]\nshed = 3").unwrap();
    assert_eq!(read(&source).unwrap().layers.defaults.settings.shed, Some(3.0));
    assert_eq!(source.path(), Some(path));
}

#[test]
fn a_directory_is_no_file() {
    let files = Files::new();
    fs::create_dir(files.path("a.toml")).unwrap();
    assert_eq!(refused(&files.source("a.toml")), ["this is a directory: name a file in it"]);
}

#[cfg(unix)]
#[test]
fn a_device_is_no_file() {
    let files = Files::new();
    std::os::unix::fs::symlink("/dev/zero", files.path("a.toml")).unwrap();
    assert_eq!(refused(&files.source("a.toml")), ["this is no file that has an end"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told_so() {
    use std::os::unix::fs::PermissionsExt;

    let files = Files::new();
    let source = files.with("a.toml", b"");
    fs::set_permissions(files.path("a.toml"), fs::Permissions::from_mode(0o000)).unwrap();
    // Whoever may read all can read it.
    if fs::read(files.path("a.toml")).is_err() {
        assert_eq!(refused(&source), ["the program may not read it"]);
    }
}

#[test]
fn a_huge_file_is_refused_without_being_read() {
    let files = Files::new();
    let source = files.with("a.toml", b"");
    fs::File::options()
        .write(true)
        .open(files.path("a.toml"))
        .and_then(|file| file.set_len(100 << 30))
        .unwrap();
    let before = Instant::now();
    assert_eq!(refused(&source), ["it is larger than 1 MiB, which no configuration is"]);
    assert!(before.elapsed().as_secs() < 10, "no time to read a hundred gigabytes in");
    let most = " ".repeat(1 << 20);
    assert_eq!(warnings(&Source::toml(most).without_variables()), ["it says nothing"]);
    let text = " ".repeat((1 << 20) + 1);
    assert_eq!(
        refused(&Source::toml(text).without_variables()),
        ["it is larger than 1 MiB, which no configuration is"]
    );
}

#[test]
fn what_is_no_text_is_told_with_its_line() {
    let files = Files::new();
    assert_eq!(
        refused(&files.with("a.toml", b"[defaults]\nshed = 2 # \xff\n")),
        ["line 2: this is not in UTF-8: save the file in UTF-8"]
    );
    for start in [b"\xff\xfe", b"\xfe\xff"] {
        assert_eq!(
            refused(&files.with("a.json", start)),
            ["line 1: the file is in UTF-16: save it in UTF-8"]
        );
    }
}

#[test]
fn a_mark_of_the_byte_order_is_passed_over() {
    let files = Files::new();
    for (name, text) in [
        ("a.toml", "\u{feff}[defaults]\nshed = 2"),
        ("a.json", "\u{feff}{\"defaults\":\n{\"shed\": 2}}"),
    ] {
        let layers = read(&files.with(name, text.as_bytes())).unwrap().layers;
        let origin = layers.defaults.origins["shed"].to_string();
        assert!(origin.ends_with(&format!("{name}:2, `defaults.shed`")), "{origin}");
    }
}

#[test]
fn a_file_with_nothing_in_it_is_odd_in_toml_and_wrong_in_json() {
    let files = Files::new();
    for text in ["", "\n# nothing\n"] {
        let source = files.with("a.toml", text.as_bytes());
        assert_eq!(warnings(&source), ["it says nothing"]);
        let warning = read(&source).unwrap().warnings.remove(0);
        let path = files.path("a.toml");
        assert_eq!(
            warning.with_file(),
            format!("configuration `{}`: it says nothing", path.display()),
            "as a log, where it stands alone, has it"
        );
    }
    assert_eq!(warnings(&files.with("a.json", b"{}")), ["it says nothing"]);
    for text in ["", " \n"] {
        assert_eq!(
            refused(&files.with("a.json", text.as_bytes())),
            ["line 1: there is nothing in it, which is no JSON: `{}` says nothing"]
        );
    }
}
