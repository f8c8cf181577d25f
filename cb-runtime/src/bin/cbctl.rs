//! Sees and steers the circuit breakers of a running program.

use std::process::ExitCode;

fn main() -> ExitCode {
    cb_runtime::cli::main()
}
