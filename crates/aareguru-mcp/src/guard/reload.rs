//! Work of the guard between requests: evicts idle clients from the rate limit, and reloads the
//! API keys on SIGHUP.

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

/// How often idle clients are evicted.
const PERIOD: Duration = Duration::from_secs(1);

/// Runs for as long as it is polled. `settings` reads the settings again from their sources.
///
/// # Errors
///
/// The terminal in which the program ran is gone.
pub async fn maintain<S: ServerHandler + Clone>(
    app: &App<S>,
    settings: impl Fn() -> anyhow::Result<Settings>,
) -> anyhow::Result<()> {
    // A user who tries the program in a terminal closes the terminal to end it. A daemon has no
    // terminal, and a server with keys is meant to stay.
    let in_terminal = io::stdin().is_terminal();
    let mut hangup = if in_terminal && !app.guard.has_keys() {
        None
    } else {
        Some(signal(SignalKind::hangup()).context("listening for SIGHUP")?)
    };
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => app.guard.evict_idle(),
            () = received(&mut hangup) => {
                if in_terminal && !io::stdin().is_terminal() {
                    bail!("the terminal is gone");
                }
                reload(app, settings());
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

/// Puts the new keys in force, or leaves the old ones.
fn reload<S: ServerHandler + Clone>(app: &App<S>, settings: anyhow::Result<Settings>) {
    let reloaded = settings.and_then(|settings| app.guard.reload(&settings));
    match reloaded {
        Ok(revoked) => {
            let ended: usize = revoked
                .iter()
                .map(|principal| app.end_sessions_of(principal))
                .sum();
            let names = revoked.iter().map(rmcp_transport::Principal::key);
            tracing::info!(
                revoked = ?names.collect::<Vec<_>>(),
                sessions_ended = ended,
                "API keys read again"
            );
        }
        Err(error) => {
            tracing::error!("API keys not read again, the old ones stay in force: {error:#}");
        }
    }
}
