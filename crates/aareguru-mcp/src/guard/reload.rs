//! Background tasks of the guard: evicts idle clients from the rate limit, and reloads the API keys
//! on SIGHUP.

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use anyhow::{Context, bail};
use rmcp::ServerHandler;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use crate::{app::App, settings::Settings};

/// The interval at which idle clients are evicted.
const EVICTION_INTERVAL: Duration = Duration::from_secs(1);

/// Runs the tasks until it is dropped. `read_settings` reads the settings from their sources.
///
/// # Errors
///
/// The terminal in which the program ran has closed.
pub async fn run_background_tasks<S: ServerHandler + Clone>(
    app: &App<S>,
    read_settings: impl Fn() -> anyhow::Result<Settings>,
) -> anyhow::Result<()> {
    // Without a handler, SIGHUP terminates the process: closing the terminal stops a server that
    // was started by hand. A server with keys must survive the signal, which reloads them.
    let in_terminal = io::stdin().is_terminal();
    let mut hangup = if in_terminal && !app.guard.has_keys() {
        None
    } else {
        Some(signal(SignalKind::hangup()).context("cannot handle SIGHUP")?)
    };
    let mut ticks = interval(EVICTION_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => app.guard.evict_idle(),
            () = received(&mut hangup) => {
                if in_terminal && !io::stdin().is_terminal() {
                    bail!("the terminal has closed");
                }
                reload(app, read_settings());
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
fn reload<S: ServerHandler + Clone>(app: &App<S>, settings: anyhow::Result<Settings>) {
    let reloaded = settings.and_then(|settings| app.guard.reload(&settings));
    match reloaded {
        Ok(revoked) => {
            let sessions_closed: usize = revoked
                .iter()
                .map(|principal| app.end_sessions_of(principal))
                .sum();
            let names = revoked.iter().map(rmcp_transport::Principal::key);
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
