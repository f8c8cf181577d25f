//! The command `cbctl`.

use std::process::ExitCode;

/// Runs `cbctl` with the arguments of the process.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
