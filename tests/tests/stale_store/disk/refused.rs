//! Directories that cannot be used, and what is said about them.

use std::fs;

use super::{child::Process, *};

#[tokio::test]
async fn given_a_store_in_another_process_when_it_is_opened_then_it_is_refused_until_that_one_is_gone()
 {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start("holds", directory.path(), 0);
    assert_eq!(process.line().unwrap(), "holds");

    let error = try_open(directory.path()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "stale answers cannot be kept in `{}`: another store has it open (process {}); give each \
             process, and each function, a directory of its own, or end the other process",
            directory.path().display(),
            process.id()
        )
    );
    process.kill();
    open(directory.path()).await;
}

#[tokio::test]
async fn given_a_store_in_this_process_when_it_is_opened_again_then_it_is_refused_until_it_is_closed()
 {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    let error = try_open(directory.path()).await.unwrap_err();
    assert!(matches!(error, DiskStoreError::InUse { .. }), "{error}");
    store.close().await;
    open(directory.path()).await;
}

#[tokio::test]
async fn given_several_stores_in_one_directory_when_each_has_its_own_in_it_then_they_do_not_meet() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) =
        (directory.path().join("shop/prices"), directory.path().join("shop/stock"));
    let (first, second) = (open(&first).await, open(&second).await);
    first.put(1, Page::new(1, 1));
    second.put(1, Page::new(1, 2));
    first.flush().await;
    second.flush().await;
    assert_eq!(serial(&first, 1).await, Some(1));
    assert_eq!(serial(&second, 1).await, Some(2));
    assert_eq!(first.path(), directory.path().join("shop/prices"));
}

#[tokio::test]
async fn given_a_file_in_the_way_when_the_store_is_opened_then_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("answers");
    fs::write(&file, "mine").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = try_open(&path).await.unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("stale answers cannot be kept in `{}`: ", path.display()))
        );
        assert!(
            error.ends_with("a file is in the way: remove it, or choose another directory"),
            "{error}"
        );
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}

#[cfg(unix)]
#[test]
fn given_a_directory_that_may_not_be_written_when_the_store_is_opened_then_it_says_so() {
    use std::os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    };

    let directory = tempfile::tempdir().unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
    for path in [directory.path().to_owned(), directory.path().join("below")] {
        let mut command = Process::command("opens", &path, 0);
        if fs::metadata(&directory).unwrap().uid() == 0 {
            // Root may do all; nobody may not.
            command.uid(65_534).gid(65_534);
            // Whose test binary nobody can reach, from a copy that all can.
            let copy = directory.path().join("test");
            fs::copy(command.get_program(), &copy).unwrap();
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
            let mut copied = std::process::Command::new(copy);
            copied.args(command.get_args()).stdout(std::process::Stdio::piped());
            copied.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            copied.uid(65_534).gid(65_534);
            command = copied;
        }
        let said = Process::spawn(&mut command).rest().join("\n");
        assert!(said.contains(&format!("`{}", path.display())), "{said}");
        assert!(
            said.ends_with(
                "let the user that the program runs as write there, or choose another directory"
            ),
            "{said}"
        );
    }
}

#[tokio::test]
async fn given_a_size_when_the_disk_has_not_that_much_or_it_makes_no_sense_then_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("answers");
    let of = |bytes| Pages::builder(&path).disk(bytes).open();
    for bytes in [0, (2 << 20) - 1, (64 << 30) + 1, u64::MAX] {
        let error = of(bytes).await.unwrap_err();
        let expected = format!("`disk({bytes})`: from 2 MiB to 64 GiB are possible");
        assert_eq!(error.to_string(), expected);
    }
    assert!(!path.exists());
}
