//! The workspace of the crates that are compiled, and the compiler's runs.

use std::{
    error::Error,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process,
    time::Instant,
};

use crate::crates;

/// In this variable stands where the compiler's instructions are to be written.
const COUNTS: &str = "CB_BUILD_TIME_COUNTS";

/// What cargo is told to do.
#[derive(Clone, Copy)]
pub(crate) enum Command {
    Check,
    Build,
}

impl Command {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Check => "cargo check",
            Self::Build => "cargo build",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Build => "build",
        }
    }
}

/// What a run of the compiler is measured in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    /// Millions of them, in the compiler alone.
    Instructions,
}

impl Unit {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Instructions => "10⁶ instr.",
        }
    }
}

/// A directory with a crate for each attribute.
pub(crate) struct Workspace(PathBuf);

impl Workspace {
    /// Lies in the benchmark's own target directory, and depends on what this workspace does, in the same
    /// versions: so nothing is asked of the network.
    pub(crate) fn create(functions: u32) -> Result<Self, Box<dyn Error>> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join("build_time"));
        let root = &workspace.0;
        fs::create_dir_all(root)?;
        let members = crates::CRATES.map(|name| format!("\"{name}\"")).join(", ");
        fs::write(
            root.join("Cargo.toml"),
            format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n"),
        )?;
        fs::copy(here.join("../Cargo.lock"), root.join("Cargo.lock"))?;
        for name in crates::CRATES {
            let sources = root.join(name).join("src");
            fs::create_dir_all(&sources)?;
            let manifest = format!(
                "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\ncb-runtime = {{ path = '{}' }}\n\
                 tracing = {{ version = \"0.1\", default-features = false, features = [\"attributes\", \"std\"] }}\n",
                here.display(),
            );
            fs::write(root.join(name).join("Cargo.toml"), manifest)?;
            fs::write(sources.join("lib.rs"), crates::source(name, functions))?;
        }
        Ok(workspace)
    }

    /// Compiles one crate, as if it had been changed; what that took.
    pub(crate) fn compile(
        &self,
        command: Command,
        name: &str,
        unit: Unit,
    ) -> Result<f64, Box<dyn Error>> {
        let source = self.0.join(name).join("src/lib.rs");
        fs::write(&source, fs::read(&source)?)?;
        let counts = self.0.join("counts");
        let mut cargo = process::Command::new(env!("CARGO"));
        cargo
            .args([command.name(), "--offline", "--quiet", "--package", name])
            .current_dir(&self.0)
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .env("CARGO_INCREMENTAL", "0")
            // What measures or lints this workspace is not for those crates.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        if unit == Unit::Instructions {
            // Cargo runs the compiler through this program, which runs it through valgrind.
            cargo.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe()?).env(COUNTS, &counts);
        }
        let start = Instant::now();
        let output = cargo.output()?;
        let seconds = start.elapsed().as_secs_f64();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("the crate `{name}` does not compile:\n{said}").into());
        }
        match unit {
            Unit::Seconds => Ok(seconds),
            Unit::Instructions => Ok(counted(&counts)? / 1e6),
        }
    }
}

/// Runs the compiler through valgrind, where this program was called for that; whether it went well.
pub(crate) fn run_counted() -> Option<Result<(), Box<dyn Error>>> {
    let counts = std::env::var_os(COUNTS)?;
    let mut file = OsString::from("--cachegrind-out-file=");
    file.push(counts);
    let status = process::Command::new("valgrind")
        .args(["--quiet", "--tool=cachegrind", "--cache-sim=no"])
        .arg(file)
        .args(std::env::args_os().skip(1))
        .status();
    Some(match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("the compiler failed under valgrind, {status}").into()),
        Err(error) => Err(format!("valgrind cannot be run: {error}").into()),
    })
}

/// What cachegrind wrote: the instructions of the program that ended last.
fn counted(counts: &Path) -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string(counts)?;
    let summary = text.lines().find_map(|line| line.strip_prefix("summary:"));
    Ok(summary.ok_or("cachegrind wrote no summary")?.trim().parse()?)
}
