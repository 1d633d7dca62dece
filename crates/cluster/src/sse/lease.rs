//! Renews the lease of this instance, by which other instances detect that it is alive.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use super::backend::SessionBackend;

/// The time after the last renewal at which an instance counts as dead.
const LEASE_DURATION: Duration = Duration::from_secs(5);

const RENEWAL_INTERVAL: Duration = Duration::from_millis(1500);

/// The lifetime of unread messages in the inbox of an instance that does not renew its lease.
const INBOX_LIFETIME: Duration = Duration::from_secs(60);

/// Renews the lease until the process exits.
pub(super) async fn maintain(backend: Arc<SessionBackend>) {
    let mut redis = backend.redis.clone();
    let mut state = backend.redis.watch();
    let mut ticks = interval(RENEWAL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_held = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            changed = state.changed() => if changed.is_err() { return },
        }
        // Detects a data loss in Redis.
        backend.is_recovering();
        if !backend.redis.is_connected() {
            continue;
        }
        let renewed: redis::RedisResult<(Option<String>,)> = redis::pipe()
            .cmd("SET")
            .arg(backend.keys.instance(&backend.instance))
            .arg("1")
            .arg("PX")
            .arg(LEASE_DURATION.as_millis() as u64)
            .arg("GET")
            .pexpire(
                backend.keys.inbox(backend.instance.as_str()),
                INBOX_LIFETIME.as_millis() as i64,
            )
            .ignore()
            .query_async(&mut redis)
            .await;
        match renewed {
            Ok((Some(_),)) => {}
            Ok((None,)) => {
                if is_held {
                    backend.metrics.lease_lost.increment(1);
                    tracing::warn!("lease expired before it was renewed");
                }
                backend.metrics.lease_acquired.increment(1);
                is_held = true;
            }
            Err(error) => tracing::debug!(%error, "cannot renew the lease"),
        }
    }
}
