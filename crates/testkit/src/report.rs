//! Output of tests that pass.

use std::{
    env,
    io::{self, Write},
};

/// Prints a line, bypassing the test runner, which captures the output of passing tests. The line is
/// written at once, so that the output of other tests does not come in between.
pub fn report(line: &str) {
    io::stderr()
        .write_all(format!("{line}\n").as_bytes())
        .unwrap();
}

/// Reports that a test is skipped because of a missing program. Panics with `CI=true`.
pub fn skip(missing: &str) {
    assert_ne!(env::var("CI").as_deref(), Ok("true"), "{missing}");
    report(&format!("skipped: {missing}; `.ci/packages` installs it"));
}
