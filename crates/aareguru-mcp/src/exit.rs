//! The exit codes of the process.
//!
//! 0 is a clean exit. Errors in the command line and the settings have the codes of `sysexits.h`,
//! so that a supervisor can refrain from restarting the program (`RestartPreventExitStatus=64 78`).

use std::process::ExitCode;

use edge::serve::UncleanShutdown;
use thiserror::Error;

/// A failure, described on standard error.
pub const FAILED: u8 = 1;
/// A shutdown that closed connections before they were finished.
pub const UNCLEAN_SHUTDOWN: u8 = 3;
/// An invalid command line (`EX_USAGE`).
pub const USAGE: u8 = 64;
/// Invalid settings (`EX_CONFIG`).
pub const CONFIG: u8 = 78;

/// Invalid settings. Displayed as the error that it contains.
#[derive(Debug, Error)]
#[error("{0:#}")]
pub struct ConfigError(pub anyhow::Error);

/// Returns the exit code for an error.
pub fn code(error: &anyhow::Error) -> ExitCode {
    let code = if error.is::<UncleanShutdown>() {
        UNCLEAN_SHUTDOWN
    } else if error.is::<ConfigError>() {
        CONFIG
    } else {
        FAILED
    };
    ExitCode::from(code)
}
