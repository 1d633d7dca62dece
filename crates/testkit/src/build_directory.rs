//! Paths in cargo's target directory.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Returns the path of the server binary, which is two levels above the running test:
/// `target/debug/deps/it-…`.
///
/// Cargo builds it for the integration tests of the package `aareguru-mcp`. Tests of other packages
/// cannot use it.
pub(crate) fn server_binary() -> PathBuf {
    let name = format!("aareguru-mcp{}", env::consts::EXE_SUFFIX);
    let path = profile().join(name);
    assert!(path.exists(), "{} is not built", path.display());
    path
}

/// Returns a directory for the files of tests, as `CARGO_TARGET_TMPDIR` is.
pub(crate) fn temporary() -> PathBuf {
    profile().with_file_name("tmp")
}

fn profile() -> PathBuf {
    let test = env::current_exe().unwrap();
    test.ancestors().nth(2).map(Path::to_owned).unwrap()
}
