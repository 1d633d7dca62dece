//! Tells the other instances that this one is alive.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};

use super::Shared;

/// How long the others believe in an instance that says nothing.
pub(super) const LEASE: Duration = Duration::from_secs(5);

/// How often it says that it is there.
const PERIOD: Duration = Duration::from_millis(1500);

/// How long word for an instance is kept that does not come to fetch it.
const INBOX_LIFETIME: Duration = Duration::from_secs(60);

/// Runs until the process ends.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut redis = shared.redis.clone();
    let mut state = shared.redis.watch();
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_held = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            changed = state.changed() => if changed.is_err() { return },
        }
        // So that it is noticed soon when Redis has lost its memory.
        shared.is_told_again();
        if !shared.redis.is_connected() {
            continue;
        }
        let renewed: redis::RedisResult<(Option<String>,)> = redis::pipe()
            .cmd("SET")
            .arg(shared.keys.instance(&shared.instance))
            .arg("1")
            .arg("PX")
            .arg(LEASE.as_millis() as u64)
            .arg("GET")
            .pexpire(
                shared.keys.inbox(shared.instance.as_str()),
                INBOX_LIFETIME.as_millis() as i64,
            )
            .ignore()
            .query_async(&mut redis)
            .await;
        match renewed {
            Ok((Some(_),)) => {}
            Ok((None,)) => {
                if is_held {
                    // Meanwhile the others have done without this one.
                    shared.metrics.lease_lost.increment(1);
                    tracing::warn!("the lease of this instance had run out");
                }
                shared.metrics.lease_acquired.increment(1);
                is_held = true;
            }
            Err(error) => tracing::debug!(%error, "the lease is not renewed"),
        }
    }
}
