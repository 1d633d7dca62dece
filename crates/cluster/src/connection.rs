//! The connection to Redis that all parts of the process share, and its state.
//!
//! A task pings Redis every second and reconnects if it does not respond. Without a connection,
//! commands fail immediately. No command is sent twice.

mod address;
mod certificates;
mod connect_error;
mod metrics;
mod reconnect;

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
use crate::config::{Config, JoinError};

pub use self::metrics::CommandPurpose;

/// A handle to Redis for one purpose. Accepts commands like any connection of the `redis` crate.
/// Clones are cheap.
///
/// Each command completes or fails within `REDIS_TIMEOUT_MILLISECONDS`.
#[derive(Clone)]
pub struct Redis {
    manager: Arc<ConnectionManager>,
    purpose: CommandPurpose,
}

struct ConnectionManager {
    address: Address,
    key_prefix: String,
    timeout: Duration,
    open: RwLock<Option<OpenConnection>>,
    state: watch::Sender<ConnectionState>,
}

/// The connection in use.
#[derive(Clone)]
struct OpenConnection {
    connection: MultiplexedConnection,
    /// Notified when the connection must be replaced.
    lost: Arc<Notify>,
}

/// The state of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionState {
    /// There was no connection yet.
    Never,
    /// Redis responds. The number differs for each start of a Redis server: after a change, earlier
    /// writes may be lost.
    Connected(u64),
    /// The connection is lost.
    Lost,
}

impl Redis {
    /// Creates a handle without connecting.
    ///
    /// # Errors
    ///
    /// The configuration is invalid. The error names the setting and does not contain the URL.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let key_prefix = config.key_prefix.clone();
        ensure!(
            !key_prefix.contains(|c: char| c.is_whitespace() || c.is_control()),
            "cannot use REDIS_KEY_PREFIX {key_prefix:?}: it must not contain spaces or control \
             characters"
        );
        let certificates = certificates::read(config)?;
        let address =
            Address::parse(config.url.expose(), certificates.as_ref()).context("REDIS_URL")?;
        metrics::register();
        Ok(Self {
            purpose: CommandPurpose::HEALTH_CHECK,
            manager: Arc::new(ConnectionManager {
                address,
                key_prefix,
                timeout: config.timeout,
                open: RwLock::default(),
                state: watch::Sender::new(ConnectionState::Never),
            }),
        })
    }

    /// Connects, and starts the task that keeps the connection open until the last clone is dropped.
    ///
    /// # Errors
    ///
    /// The configuration is wrong, or Redis is unreachable and `wait` is false.
    pub(crate) async fn connect(&self, wait: bool) -> Result<(), JoinError> {
        let first = reconnect::connect(&self.manager).await;
        if let Err(error) = &first {
            let address = &self.manager.address;
            if let Some(problem) = connect_error::settings_problem(error) {
                let error = anyhow::anyhow!("REDIS_URL: {address} {problem}: {error}");
                return Err(JoinError::Config(error));
            }
            let hint = connect_error::tls_hint(error, address.is_tls());
            if !wait {
                return Err(JoinError::Unreachable(anyhow::anyhow!(
                    "REDIS_URL: cannot connect to Redis at {address}: {error}{hint}; start Redis, \
                     or set REDIS_WAIT=true to start without it and connect later"
                )));
            }
            tracing::warn!(%error, "cannot connect to Redis yet");
        }
        let manager = Arc::downgrade(&self.manager);
        tokio::spawn(reconnect::run(manager, first.ok()));
        Ok(())
    }

    /// Returns a handle to the same connection with another purpose, which metrics show.
    pub fn for_purpose(&self, purpose: CommandPurpose) -> Self {
        Self {
            manager: self.manager.clone(),
            purpose,
        }
    }

    /// Returns the full name of a key, prefixed with `REDIS_KEY_PREFIX`.
    pub fn key(&self, name: impl fmt::Display) -> String {
        format!("{}{name}", self.manager.key_prefix)
    }

    /// Returns host, port and database, without user and password.
    pub fn address(&self) -> impl tracing::Value + '_ {
        tracing::field::display(&self.manager.address)
    }

    /// Returns the timeout of a command.
    pub fn timeout(&self) -> Duration {
        self.manager.timeout
    }

    /// Returns the state of the connection.
    pub fn state(&self) -> ConnectionState {
        *self.manager.state.borrow()
    }

    /// Returns a receiver that is notified of each change of the state.
    pub fn watch(&self) -> watch::Receiver<ConnectionState> {
        self.manager.state.subscribe()
    }

    /// Returns whether there is a connection.
    pub fn is_connected(&self) -> bool {
        matches!(self.state(), ConnectionState::Connected(_))
    }

    /// Opens a separate connection, for blocking commands or subscriptions. It is neither measured
    /// nor reopened. `config` sets the response timeout and the receiver of pushes.
    ///
    /// # Errors
    ///
    /// Redis is unreachable.
    pub async fn open(&self, config: AsyncConnectionConfig) -> RedisResult<MultiplexedConnection> {
        let manager = &self.manager;
        manager.address.open(&config, manager.timeout).await
    }

    /// Runs a command on the connection, and records its duration and outcome.
    async fn observe<T>(
        &self,
        command: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let Some(OpenConnection { connection, lost }) = self.manager.open.read().clone() else {
            self.purpose.record_unsent();
            return Err(not_connected());
        };
        let start = Instant::now();
        let result = command(connection).await;
        self.purpose
            .record_sent(start.elapsed(), result.as_ref().err());
        if let Err(error) = &result {
            // After a failover, the former master may be a replica.
            if error.is_unrecoverable_error() || error.code() == Some("READONLY") {
                lost.notify_one();
            }
        }
        result
    }
}

impl ConnectionLike for Redis {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.observe(async |mut connection: MultiplexedConnection| {
            connection.send_packed_command(cmd).await
        }))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(
            self.observe(async move |mut connection: MultiplexedConnection| {
                connection
                    .send_packed_commands(pipeline, offset, count)
                    .await
            }),
        )
    }

    fn get_db(&self) -> i64 {
        self.manager.address.database()
    }
}

fn not_connected() -> RedisError {
    (ErrorKind::Io, "not connected to Redis").into()
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("address", &format_args!("{}", self.manager.address))
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
