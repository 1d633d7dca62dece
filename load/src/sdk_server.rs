//! Servers on the SDKs of other languages. `interop/setup` installs interpreters and packages; the
//! programs are in `peers/`.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};

pub(crate) const PYTHON_SDK: Sdk = Sdk {
    interpreter: "py-load/bin/python",
    program: "python_sdk.py",
};

pub(crate) const TYPESCRIPT_SDK: Sdk = Sdk {
    interpreter: "node/bin/node",
    program: "typescript_sdk.cjs",
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sdk {
    /// Relative to the folder of `interop/setup`.
    interpreter: &'static str,
    /// Relative to `peers/`.
    program: &'static str,
}

impl Sdk {
    pub(crate) fn is_installed(self) -> bool {
        self.interpreter().is_some_and(|path| path.exists())
    }

    pub(crate) fn interpreter(self) -> Option<PathBuf> {
        home().map(|home| home.join(self.interpreter))
    }

    pub(crate) fn command(self) -> anyhow::Result<Command> {
        ensure!(
            self.is_installed(),
            "{} is not installed: run interop/setup",
            self.interpreter
        );
        let home = home().context("no home folder; set INTEROP_HOME")?;
        let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let mut command = Command::new(home.join(self.interpreter));
        command
            .arg(programs.join(self.program))
            .env_clear()
            .env("INTEROP_HOME", &home)
            .env("NODE_ENV", "production");
        Ok(command)
    }
}

/// Returns the folder of `interop/setup`.
fn home() -> Option<PathBuf> {
    let folder = |name| env::var_os(name).map(PathBuf::from);
    folder("INTEROP_HOME").or_else(|| {
        let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")))?;
        Some(cache.join("aareguru-mcp/interop"))
    })
}
