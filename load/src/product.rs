//! Starts the product, with recorded data or with a fake upstream that it polls more often than the
//! real one permits. All settings are the defaults, except for the limits that protect it from load.

use std::{env, path::PathBuf, process::Command};

use anyhow::Context;

/// A limit that is never reached.
const UNLIMITED: &str = "1000000000";

pub(crate) fn is_built() -> bool {
    binary().is_ok_and(|binary| binary.exists())
}

/// Returns the path of the binary, in the folder of this program.
fn binary() -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("finding this program")?;
    Ok(own.with_file_name("aareguru-mcp"))
}

pub(crate) fn command(upstream: Option<&str>) -> anyhow::Result<Command> {
    let mut command = Command::new(binary()?);
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
    command
        .env("HTTP_MAX_CONNECTIONS", UNLIMITED)
        .env("SSE_MAX_SESSIONS", UNLIMITED)
        .env("SSE_MAX_SESSIONS_PER_CLIENT", UNLIMITED)
        .env("RATE_LIMIT_PER_MINUTE", UNLIMITED);
    Ok(command)
}
