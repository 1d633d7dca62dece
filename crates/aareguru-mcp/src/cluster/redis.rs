//! The one connection to Redis that everything shares, and what is told of it.
//!
//! A task keeps it up: it asks after Redis every second, and connects anew when there is no answer.
//! Meanwhile commands fail at once, so that nobody waits for what will not come. Nothing is sent
//! twice.

mod address;
mod certificates;
mod metrics;
mod trouble;
mod upkeep;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use parking_lot::RwLock;
use redis::{
    AsyncConnectionConfig, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::sync::{Notify, watch};

use self::address::Address;
use crate::settings::Settings;

pub use self::metrics::Purpose;

/// Redis, for one purpose. It takes commands like any connection of the `redis` crate; a clone is
/// cheap.
///
/// Each command is answered, or fails, within `REDIS_TIMEOUT_MILLISECONDS`.
#[derive(Clone)]
pub struct Redis {
    shared: Arc<Shared>,
    purpose: Purpose,
}

struct Shared {
    address: Address,
    key_prefix: String,
    timeout: Duration,
    live: RwLock<Option<Live>>,
    state: watch::Sender<State>,
}

/// A connection that is in use.
#[derive(Clone)]
struct Live {
    connection: MultiplexedConnection,
    /// Told when the connection is of no use any more.
    lost: Arc<Notify>,
}

/// How the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Redis has not answered yet.
    Never,
    /// Redis answers. The number is another one when Redis was started anew, or is another server,
    /// and what was written may be lost.
    Connected(u64),
    /// Redis does not answer any more.
    Lost,
}

impl Redis {
    /// Where the settings say; `None` if they name no Redis. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, named; never its value.
    pub fn new(settings: &Settings) -> anyhow::Result<Option<Self>> {
        let Some(url) = &settings.redis_url else {
            return Ok(None);
        };
        let key_prefix = settings.redis_key_prefix.clone();
        ensure!(
            !key_prefix.contains(|c: char| c.is_whitespace() || c.is_control()),
            "REDIS_KEY_PREFIX `{}` has spaces in it: take letters, digits and colons",
            key_prefix.escape_debug()
        );
        let certificates = certificates::read(settings)?;
        let address = Address::parse(url.expose(), certificates.as_ref()).context("REDIS_URL")?;
        metrics::register();
        Ok(Some(Self {
            purpose: Purpose::UPKEEP,
            shared: Arc::new(Shared {
                address,
                key_prefix,
                timeout: Duration::from_millis(settings.redis_timeout_milliseconds),
                live: RwLock::default(),
                state: watch::Sender::new(State::Never),
            }),
        }))
    }

    /// Starts to keep a connection up, for as long as this or a clone is there. Unless it is to
    /// `wait`, Redis has to answer now.
    pub(super) async fn connect(&self, wait: bool) -> anyhow::Result<()> {
        let first = upkeep::connect(&self.shared).await;
        if let Err(error) = &first {
            let address = &self.shared.address;
            if let Some(mistake) = trouble::mistake(error) {
                let error = anyhow::anyhow!("REDIS_URL: {address} {mistake}: {error}");
                return Err(crate::exit::ConfigError(error).into());
            }
            let guess = trouble::guess(error, address.is_tls());
            ensure!(
                wait,
                "REDIS_URL: Redis cannot be reached at {address}: {error}{guess}; \
                 start it, or set REDIS_WAIT=true to start without it and connect when it is there"
            );
            tracing::warn!(%error, "Redis cannot be reached yet");
        }
        let weak = Arc::downgrade(&self.shared);
        tokio::spawn(upkeep::run(weak, first.ok()));
        Ok(())
    }

    /// The same connection for another purpose, under which it is counted.
    pub fn for_purpose(&self, purpose: Purpose) -> Self {
        Self {
            shared: self.shared.clone(),
            purpose,
        }
    }

    /// The name of a key, which begins with `REDIS_KEY_PREFIX`.
    pub fn key(&self, name: impl fmt::Display) -> String {
        format!("{}{name}", self.shared.key_prefix)
    }

    /// Host, port and database, without user and password.
    pub fn address(&self) -> impl tracing::Value + '_ {
        tracing::field::display(&self.shared.address)
    }

    /// How long a command may take.
    pub fn timeout(&self) -> Duration {
        self.shared.timeout
    }

    /// How the connection is now.
    pub fn state(&self) -> State {
        *self.shared.state.borrow()
    }

    /// Tells of each change.
    pub fn watch(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Whether Redis answers, as far as is known.
    pub fn is_connected(&self) -> bool {
        matches!(self.state(), State::Connected(_))
    }

    /// A connection of its own, for commands that block or for subscriptions, of which nothing is
    /// counted and which nobody keeps up. With `config` go how long a command may take, and who
    /// takes pushes.
    ///
    /// # Errors
    ///
    /// Redis cannot be reached.
    pub async fn open(&self, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        self.shared.address.open(&config, self.shared.timeout).await
    }

    async fn observed<T>(
        &self,
        ask: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let Some(Live { connection, lost }) = self.shared.live.read().clone() else {
            self.purpose.record_unsent();
            return Err(not_connected());
        };
        let start = Instant::now();
        let result = ask(connection).await;
        self.purpose
            .record_sent(start.elapsed(), result.as_ref().err());
        if let Err(error) = &result {
            // What was a master may have become a replica.
            if error.is_unrecoverable_error() || error.code() == Some("READONLY") {
                lost.notify_one();
            }
        }
        result
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(
            self.observed(async |mut connection: MultiplexedConnection| {
                connection.send_packed_command(cmd).await
            }),
        )
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(
            self.observed(async move |mut connection: MultiplexedConnection| {
                connection
                    .send_packed_commands(pipeline, offset, count)
                    .await
            }),
        )
    }

    fn get_db(&self) -> i64 {
        self.shared.address.database()
    }
}

fn not_connected() -> RedisError {
    (ErrorKind::Io, "Redis cannot be reached").into()
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("address", &format_args!("{}", self.shared.address))
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
