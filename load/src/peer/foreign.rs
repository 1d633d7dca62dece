//! Servers that are programs of another language: interpreters and packages are
//! those that `interop/setup` installed, the programs stand in `peers/`.

use std::{
    env,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, ensure};
use nix::sys::{prctl::set_pdeathsig, signal::Signal};

/// The Python SDK on uvicorn.
pub(crate) const PYTHON_SDK: Foreign = Foreign {
    interpreter: "py-load/bin/python",
    program: "python_sdk.py",
};

/// The TypeScript SDK on Express.
pub(crate) const TYPESCRIPT_SDK: Foreign = Foreign {
    interpreter: "node/bin/node",
    program: "typescript_sdk.cjs",
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign {
    /// Below the folder of `interop/setup`.
    interpreter: &'static str,
    /// Below `peers/`.
    program: &'static str,
}

impl Foreign {
    /// Whether what it needs is installed.
    pub(crate) fn is_set_up(self) -> bool {
        home().is_some_and(|home| home.join(self.interpreter).exists())
    }

    /// What its interpreter says of itself.
    pub(crate) fn interpreter(self) -> Option<PathBuf> {
        home().map(|home| home.join(self.interpreter))
    }

    /// Becomes the program; returns only if that fails. The kernel ends it with
    /// the measuring side.
    pub(crate) fn replace_this_process(self) -> anyhow::Result<()> {
        ensure!(
            self.is_set_up(),
            "{} is not installed: run interop/setup",
            self.interpreter
        );
        let home = home().context("there is no home folder: set INTEROP_HOME")?;
        set_pdeathsig(Signal::SIGKILL).context("asking to end with the parent")?;
        let program = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("peers")
            .join(self.program);
        let error = Command::new(home.join(self.interpreter))
            .arg(&program)
            .env_clear()
            .env("INTEROP_HOME", &home)
            .env("NODE_ENV", "production")
            .exec();
        Err(error).with_context(|| format!("running {}", program.display()))
    }
}

/// Where `interop/setup` installs.
fn home() -> Option<PathBuf> {
    if let Some(home) = env::var_os("INTEROP_HOME") {
        return Some(home.into());
    }
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("aareguru-mcp/interop"))
}
