//! Connects to Redis, checks the connection periodically, and reconnects.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, ErrorKind, PushInfo, PushKind, RedisError, RedisResult,
    aio::MultiplexedConnection,
};
use tokio::{sync::Notify, time::sleep};

use super::{CommandPurpose, ConnectionManager, ConnectionState, OpenConnection, metrics};

/// The interval of pings.
const PING_INTERVAL: Duration = Duration::from_secs(1);
/// The delay before the second attempt to connect. It doubles with each attempt.
const FIRST_DELAY: Duration = Duration::from_millis(50);
/// The longest delay between two attempts.
const MAX_DELAY: Duration = Duration::from_secs(1);

/// A new connection, and a number for the start of the server that it is to.
pub(super) struct NewConnection {
    open: OpenConnection,
    generation: u64,
}

pub(super) async fn connect(manager: &ConnectionManager) -> RedisResult<NewConnection> {
    let lost = Arc::new(Notify::new());
    let on_push = {
        let lost = lost.clone();
        move |push: PushInfo| -> Result<(), ()> {
            if push.kind == PushKind::Disconnection {
                lost.notify_one();
            }
            Ok(())
        }
    };
    let config = AsyncConnectionConfig::new()
        .set_response_timeout(Some(manager.timeout))
        .set_push_sender(on_push);
    let mut connection = manager.address.open(&config, manager.timeout).await?;
    let info: String = redis::cmd("INFO")
        .arg("server")
        .query_async(&mut connection)
        .await?;
    if let Some(reason) = unsupported_mode(&info) {
        return Err((ErrorKind::InvalidClientConfig, reason).into());
    }
    // While Redis loads its data, INFO succeeds and all other commands fail.
    ping(&mut connection).await?;
    Ok(NewConnection {
        open: OpenConnection { connection, lost },
        generation: generation(&info),
    })
}

/// Returns why this server cannot be used, if its mode is not supported.
fn unsupported_mode(info: &str) -> Option<&'static str> {
    let mut lines = info.lines();
    match lines.find_map(|line| line.strip_prefix("redis_mode:"))? {
        "cluster" => Some(
            "it runs as Redis Cluster, which is not supported; start it with cluster-enabled no",
        ),
        "sentinel" => {
            Some("it is a Sentinel; use redis+sentinel://HOST:26379/SERVICE to find the master")
        }
        _ => None,
    }
}

/// Returns a number that differs for each start of a server.
fn generation(info: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let run_id = info.lines().find(|line| line.starts_with("run_id:"));
    run_id.hash(&mut hasher);
    hasher.finish()
}

async fn ping(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    redis::cmd("PING").query_async(connection).await
}

/// Maintains the connection until the last [`Redis`](super::Redis) is dropped.
pub(super) async fn run(weak: Weak<ConnectionManager>, mut first: Option<NewConnection>) {
    let mut delay = FIRST_DELAY;
    // An outage is logged once, and its end too.
    let mut is_outage_logged = first.is_none();
    loop {
        let Some(manager) = weak.upgrade() else {
            return;
        };
        let new = match first.take() {
            Some(new) => Ok(new),
            None => connect(&manager).await,
        };
        match new {
            Ok(new) => {
                if is_outage_logged {
                    tracing::info!("connection to Redis established");
                }
                let Some(error) = use_until_lost(&weak, manager, new).await else {
                    return;
                };
                tracing::error!(
                    error = error.as_ref().map(tracing::field::display),
                    "connection to Redis lost; sessions continue, each on its own instance"
                );
                is_outage_logged = true;
                delay = FIRST_DELAY;
            }
            Err(error) => {
                drop(manager);
                tracing::debug!(%error, "cannot reconnect to Redis");
                sleep(delay).await;
                delay = (delay * 2).min(MAX_DELAY);
            }
        }
    }
}

/// Publishes a connection for use, and pings until it fails. Returns the error, if there is one, or
/// `None` if the last [`Redis`](super::Redis) was dropped.
async fn use_until_lost(
    weak: &Weak<ConnectionManager>,
    manager: Arc<ConnectionManager>,
    new: NewConnection,
) -> Option<Option<RedisError>> {
    let OpenConnection {
        mut connection,
        lost,
    } = new.open.clone();
    *manager.open.write() = Some(new.open);
    manager
        .state
        .send_replace(ConnectionState::Connected(new.generation));
    metrics::record_connected();
    drop(manager);
    let error = loop {
        tokio::select! {
            () = lost.notified() => break None,
            () = sleep(PING_INTERVAL) => {}
        }
        if weak.strong_count() == 0 {
            return None;
        }
        let start = Instant::now();
        let pong = ping(&mut connection).await;
        CommandPurpose::HEALTH_CHECK.record_sent(start.elapsed(), pong.as_ref().err());
        if let Err(error) = pong {
            break Some(error);
        }
    };
    let manager = weak.upgrade()?;
    *manager.open.write() = None;
    manager.state.send_replace(ConnectionState::Lost);
    metrics::record_lost();
    Some(error)
}
