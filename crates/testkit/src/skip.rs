//! Skips tests that need a program that is not installed.

use std::{
    env,
    io::{self, Write},
};

/// Prints that a test is skipped, bypassing the test runner, which captures the output of passing
/// tests.
#[expect(clippy::explicit_write, reason = "what macros print is captured")]
pub fn skip(missing: &str) {
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "{missing}");
    writeln!(
        io::stderr(),
        "skipped: {missing}; `.ci/packages` installs it"
    )
    .unwrap();
}
