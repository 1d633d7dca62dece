//! Keeps the connection up.

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

use super::{Live, Purpose, Shared, State, metrics};

/// How often Redis is asked whether it is there.
const PERIOD: Duration = Duration::from_secs(1);
/// The pause before the second try to connect; doubled for each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A connection that was just made, and which start of which Redis it is to.
pub(super) struct Connected {
    live: Live,
    generation: u64,
}

pub(super) async fn connect(shared: &Shared) -> RedisResult<Connected> {
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
        .set_response_timeout(Some(shared.timeout))
        .set_push_sender(on_push);
    let mut connection = shared.address.open(&config, shared.timeout).await?;
    let info: String = redis::cmd("INFO")
        .arg("server")
        .query_async(&mut connection)
        .await?;
    if let Some(why_not) = unsuitable(&info) {
        return Err((ErrorKind::InvalidClientConfig, why_not).into());
    }
    // While it reads its file it knows who it is, and answers nothing else.
    ping(&mut connection).await?;
    Ok(Connected {
        live: Live { connection, lost },
        generation: generation(&info),
    })
}

/// Why this server is none that keeps what the instances share.
fn unsuitable(info: &str) -> Option<&'static str> {
    let mut lines = info.lines();
    match lines.find_map(|line| line.strip_prefix("redis_mode:"))? {
        "cluster" => Some(
            "it runs as Redis Cluster, which spreads its keys over several servers and is not \
             supported; start it with cluster-enabled no",
        ),
        "sentinel" => {
            Some("it is a Sentinel; redis+sentinel://HOST:26379/SERVICE asks it for the master")
        }
        _ => None,
    }
}

/// Changes with each start.
fn generation(info: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let run_id = info.lines().find(|line| line.starts_with("run_id:"));
    run_id.hash(&mut hasher);
    hasher.finish()
}

async fn ping(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    redis::cmd("PING").query_async(connection).await
}

/// Runs until nobody needs Redis any more.
pub(super) async fn run(weak: Weak<Shared>, mut first: Option<Connected>) {
    let mut pause = FIRST_PAUSE;
    // Each outage is told once.
    let mut is_told = first.is_none();
    loop {
        let Some(shared) = weak.upgrade() else { return };
        let connected = match first.take() {
            Some(connected) => Ok(connected),
            None => connect(&shared).await,
        };
        match connected {
            Ok(connected) => {
                if is_told {
                    tracing::info!("Redis answers");
                }
                let Some(error) = keep(&weak, shared, connected).await else {
                    return;
                };
                tracing::error!(
                    error = error.as_ref().map(tracing::field::display),
                    "Redis does not answer; sessions go on, each on its own instance"
                );
                is_told = true;
                pause = FIRST_PAUSE;
            }
            Err(error) => {
                drop(shared);
                tracing::debug!(%error, "Redis still does not answer");
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Offers a connection for as long as it is good; returns why it is not. `None` if nobody needs it
/// any more.
async fn keep(
    weak: &Weak<Shared>,
    shared: Arc<Shared>,
    connected: Connected,
) -> Option<Option<RedisError>> {
    let Live {
        mut connection,
        lost,
    } = connected.live.clone();
    *shared.live.write() = Some(connected.live);
    shared
        .state
        .send_replace(State::Connected(connected.generation));
    metrics::record_connected();
    drop(shared);
    let error = loop {
        tokio::select! {
            () = lost.notified() => break None,
            () = sleep(PERIOD) => {}
        }
        if weak.strong_count() == 0 {
            return None;
        }
        let start = Instant::now();
        let pinged = ping(&mut connection).await;
        Purpose::UPKEEP.record_sent(start.elapsed(), pinged.as_ref().err());
        if let Err(error) = pinged {
            break Some(error);
        }
    };
    let shared = weak.upgrade()?;
    *shared.live.write() = None;
    shared.state.send_replace(State::Lost);
    metrics::record_lost();
    Some(error)
}
