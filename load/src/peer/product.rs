//! The product itself, with recorded data, or with those of an upstream that is
//! asked more often than the true one may be, and otherwise its defaults, except
//! for the limits that protect it from exactly what happens here.

use std::{env, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::Context;
use nix::sys::{prctl::set_pdeathsig, signal::Signal};

/// A bound that is not reached here, neither by sessions nor by requests.
const OUT_OF_REACH: &str = "1000000000";

/// Whether there is one to measure.
pub(crate) fn is_built() -> bool {
    binary().is_ok_and(|binary| binary.exists())
}

/// Where cargo puts it: beside this program.
fn binary() -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("finding this program")?;
    Ok(own.with_file_name("aareguru-mcp"))
}

/// Becomes the product; returns only if that fails.
///
/// The product does not watch its standard input, so the kernel ends it with
/// the measuring side.
pub(crate) fn replace_this_process(upstream: Option<&str>) -> anyhow::Result<()> {
    set_pdeathsig(Signal::SIGTERM).context("asking to end with the parent")?;
    let binary = binary()?;
    let mut command = Command::new(&binary);
    command.args(["serve", "--http-port", "0"]).env_clear();
    match upstream {
        None => command.arg("--demo"),
        Some(url) => command
            .env("AAREGURU_BASE_URL", url)
            .env("HYDRO_BASE_URL", url)
            .env("CACHE_TTL_SECONDS", "2")
            .env("HTTP_CLIENT_TIMEOUT", "2")
            .env("AAREGURU_TOTAL_TIMEOUT_SECONDS", "4"),
    };
    let error = command
        .env("HTTP_MAX_CONNECTIONS", OUT_OF_REACH)
        .env("SSE_MAX_SESSIONS", OUT_OF_REACH)
        .env("SSE_MAX_SESSIONS_PER_CLIENT", OUT_OF_REACH)
        .env("RATE_LIMIT_PER_MINUTE", OUT_OF_REACH)
        .exec();
    Err(error).with_context(|| format!("running {}", binary.display()))
}
