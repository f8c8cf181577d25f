//! How many instructions a call takes, counted by valgrind's callgrind: the one figure that does not
//! depend on what else the machine does.
//!
//! The benchmark runs itself once more under callgrind, with an argument that has each row make so many
//! calls and then twice as many. What the second batch takes more is the calls': the loop and the calls,
//! and nothing that a batch does once.

use std::{
    error::Error,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::rows::{Group, Row};

/// Has this program be the one that is counted.
const COUNTED: &str = "--counted";

/// A multiple of the stride in which busy calls are timed, so that as many of them are in each batch.
const CALLS: u32 = 25_600;

/// Callgrind writes what it has counted and starts anew where this is called: before the first batch of
/// a row, between the two, and behind the second.
#[inline(never)]
fn boundary() {
    black_box(());
}

const BOUNDARIES: usize = 3;

/// Whether this is the run that is counted.
pub(crate) fn is_counted() -> bool {
    std::env::args().any(|argument| argument == COUNTED)
}

/// Makes the calls that are to be counted.
pub(crate) fn make_calls(groups: &[Group]) {
    for row in groups.iter().flat_map(|group| &group.rows) {
        // Until calls are timed in strides, and all is there that is made once.
        (row.batch)(CALLS);
        boundary();
        (row.batch)(CALLS);
        boundary();
        (row.batch)(2 * CALLS);
        boundary();
    }
}

/// Notes for each row what its calls take.
///
/// # Errors
/// Where there is no valgrind, or it does not count as expected; in a user's words.
pub(crate) fn count(groups: &mut [Group]) -> Result<(), Box<dyn Error>> {
    let rows: Vec<&mut Row> = groups.iter_mut().flat_map(|group| &mut group.rows).collect();
    let counts = counted(rows.len() * BOUNDARIES)?;
    for (row, counts) in rows.into_iter().zip(counts.chunks_exact(BOUNDARIES)) {
        if let [_, few, many] = counts {
            row.instructions = Some((many - few) / f64::from(CALLS));
        }
    }
    Ok(())
}

/// The instructions between boundaries.
fn counted(boundaries: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        return Err("valgrind is not installed (Debian: `apt-get install valgrind`)".into());
    }
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("instructions");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    fs::create_dir_all(&directory)?;
    let counts = directory.join("counts");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg("--dump-before=*call_cost*instructions*boundary*")
        .arg(std::env::current_exe()?)
        .arg(COUNTED)
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("callgrind failed, {}:\n{said}", output.status).into());
    }
    (1..=boundaries).map(|dump| total(&dump_of(&counts, dump))).collect()
}

/// Dumps are numbered from one.
fn dump_of(counts: &Path, number: usize) -> PathBuf {
    let mut name = counts.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn total(dump: &Path) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(dump)
        .map_err(|error| format!("callgrind wrote no `{}`: {error}", dump.display()))?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:"));
    let total = total.ok_or_else(|| format!("there is no total in `{}`", dump.display()))?;
    Ok(total.trim().parse()?)
}
