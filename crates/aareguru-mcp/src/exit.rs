//! How the process tells, by its exit code, why it ended.
//!
//! 0 is a clean end. The codes of mistakes in the set-up are those of
//! `sysexits.h`, so that a supervisor need not start the program again
//! (`RestartPreventExitStatus=64 78`).

use std::process::ExitCode;

use thiserror::Error;

use crate::serve::Cut;

/// Something failed; standard error says what.
pub const FAILED: u8 = 1;
/// The server was told to stop, and connections were cut.
pub const CUT: u8 = 3;
/// The command line cannot be read (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// The settings cannot be used (`EX_CONFIG`).
pub const CONFIG: u8 = 78;

/// Settings that cannot be used. It shows as what it holds.
#[derive(Debug, Error)]
#[error("{0:#}")]
pub struct Misconfigured(pub anyhow::Error);

/// The exit code for an error.
pub fn code(error: &anyhow::Error) -> ExitCode {
    let code = if error.is::<Cut>() {
        CUT
    } else if error.is::<Misconfigured>() {
        CONFIG
    } else {
        FAILED
    };
    ExitCode::from(code)
}
