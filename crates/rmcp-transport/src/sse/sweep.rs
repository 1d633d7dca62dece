//! Enforces time limits: closes overdue sessions, and limits how long requests may run during a
//! shutdown.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use rmcp::ServerHandler;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::sse::{
    close_reason::CloseReason, metrics::Metrics, registry::Registry, service_state::ServiceState,
    session::Session, store::SessionStore,
};

const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The maximum number of sessions that are stored again per sweep, after the store has recovered.
const MAX_SNAPSHOTS_PER_SWEEP: usize = 2_000;

/// Starts the background task of a service, if it is not running. It ends after a shutdown, or when
/// the service is dropped.
pub(crate) fn start<S: ServerHandler>(state: &Arc<ServiceState<S>>) {
    state.sweep_started.call_once(|| {
        let registry = state.registry.clone();
        let token = state.config.cancellation_token.clone();
        let timeout = state.config.drain_timeout;
        let service = Arc::downgrade(state);
        tokio::spawn(async move {
            tokio::select! {
                () = sweep(&service, &registry) => {}
                () = token.cancelled() => drain(&registry, timeout).await,
            }
            for session in registry.sessions() {
                session.close(CloseReason::Shutdown);
            }
        });
    });
}

async fn sweep<S: ServerHandler>(service: &Weak<ServiceState<S>>, registry: &Registry<Session<S>>) {
    let mut ticks = interval(SWEEP_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut idle_checked_at = Instant::now();
    let mut listed_at = idle_checked_at;
    loop {
        ticks.tick().await;
        let Some(service) = service.upgrade() else {
            return;
        };
        let now = Instant::now();
        let with_idle =
            // Half an interval of tolerance: ticks are not exact.
            now.duration_since(idle_checked_at) + SWEEP_INTERVAL / 2 >= service.config.idle_check_interval;
        if with_idle {
            idle_checked_at = now;
        }
        let sessions = registry.sessions();
        let mut queued_bytes = 0;
        for session in &sessions {
            session.sweep(now, with_idle);
            queued_bytes += session.waiting_bytes();
        }
        service.metrics.queued_bytes.set(queued_bytes as f64);
        if let Some(store) = &service.config.store {
            let list_open = now.duration_since(listed_at) + SWEEP_INTERVAL / 2
                >= service.config.keep_interval();
            if list_open {
                listed_at = now;
            }
            update_store(&sessions, &**store, list_open, &service.metrics);
        }
    }
}

/// Stores sessions that are missing in the store, and reports the open sessions to it.
fn update_store<S: ServerHandler>(
    sessions: &[Arc<Session<S>>],
    store: &dyn SessionStore,
    list_open: bool,
    metrics: &Metrics,
) {
    let generation = store.generation();
    let written = sessions
        .iter()
        .filter(|session| session.journal_snapshot(generation));
    written.take(MAX_SNAPSHOTS_PER_SWEEP).for_each(drop);
    if list_open {
        store.keep(
            sessions
                .iter()
                .map(|session| session.session_ref())
                .collect(),
        );
    }
    let unstored = sessions.iter().filter(|session| session.is_unstored());
    metrics.unstored.set(unstored.count() as f64);
}

/// Closes every session once its requests have finished, within `timeout`.
async fn drain<S: ServerHandler>(registry: &Registry<Session<S>>, timeout: Duration) {
    let sessions = registry.sessions();
    tracing::info!(sessions = sessions.len(), "draining");
    sessions
        .iter()
        .for_each(|session: &Arc<Session<S>>| session.drain());
    drop(sessions);
    let deadline = sleep(timeout);
    tokio::pin!(deadline);
    let mut ticks = interval(Duration::from_millis(10));
    while registry.len() > 0 {
        tokio::select! {
            _ = ticks.tick() => {}
            () = &mut deadline => return,
        }
    }
}
