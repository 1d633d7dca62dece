//! Background tasks of the guard: evicts idle clients from the rate limit, and reloads the API keys
//! on SIGHUP.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use anyhow::{Context, bail};
use rmcp_transport::Principal;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use super::Guard;
use crate::config::ApiKeyConfig;

/// The interval at which idle clients are evicted.
const EVICTION_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the tasks until it is dropped.
///
/// `read_config` reads the configuration from its sources. `end_sessions_of` ends the sessions of a
/// principal whose key was revoked, and returns how many there were.
///
/// # Errors
///
/// The terminal in which the program ran has closed.
pub async fn run_background_tasks(
    guard: &Guard,
    read_config: impl Fn() -> anyhow::Result<ApiKeyConfig>,
    end_sessions_of: impl Fn(&Principal) -> usize,
) -> anyhow::Result<()> {
    // Without a handler, SIGHUP terminates the process: closing the terminal stops a server that
    // was started by hand. A server with keys must survive the signal, which reloads them.
    let in_terminal = io::stdin().is_terminal();
    let mut hangup = if in_terminal && !guard.has_keys() {
        None
    } else {
        Some(signal(SignalKind::hangup()).context("cannot handle SIGHUP")?)
    };
    let mut ticks = interval(EVICTION_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => guard.evict_idle(),
            () = received(&mut hangup) => {
                if in_terminal && !io::stdin().is_terminal() {
                    bail!("the terminal has closed");
                }
                reload(guard, read_config(), &end_sessions_of);
            }
        }
    }
}

async fn received(hangup: &mut Option<Signal>) {
    match hangup {
        Some(hangup) => {
            hangup.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Applies the new keys, or keeps the old ones if the new ones are invalid.
fn reload(
    guard: &Guard,
    config: anyhow::Result<ApiKeyConfig>,
    end_sessions_of: impl Fn(&Principal) -> usize,
) {
    let reloaded = config.and_then(|config| guard.reload(&config));
    match reloaded {
        Ok(revoked) => {
            let sessions_closed: usize = revoked.iter().map(end_sessions_of).sum();
            let names = revoked.iter().map(Principal::key);
            tracing::info!(
                revoked = ?names.collect::<Vec<_>>(),
                sessions_closed,
                "API keys reloaded"
            );
        }
        Err(error) => {
            let error = format!("{error:#}");
            tracing::error!(
                error,
                "cannot reload API keys; the previous keys stay valid"
            );
        }
    }
}
