//! A crate outside the workspace uses the attribute in every shape that is promised, as a user's would:
//! with lints, dependencies and a lock file of its own. See `tests/stranger`.

use std::{path::Path, process::Command};

#[test]
fn a_strangers_crate_compiles_and_behaves() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO"))
        .args(["test", "--locked", "--manifest-path"])
        .arg(tests.join("stranger/Cargo.toml"))
        // Kept with the workspace's own, so that it is compiled once.
        .env("CARGO_TARGET_DIR", tests.join("../target/stranger"))
        // What measures or lints this workspace is not for that crate.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTDOCFLAGS")
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "the crate in tests/stranger fails:\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
}
