//! Accepts connections, limits their number and their time, and shuts them down.
//!
//! `axum::serve` limits neither the number of connections nor the time that a client may take to
//! send its headers, so connections are driven with hyper. Limits on requests are in `guard`.

mod connection;
mod connection_limiter;
mod connection_timeouts;
mod file_limit;
mod head_timeout;
mod listener;
mod signals;
mod timed_body;

pub use connection_limiter::{ConnectionLimits, Overload};
pub use connection_timeouts::ConnectionTimeouts;
pub use file_limit::raise_file_limit;
pub use listener::{InheritedSockets, Listener, SocketMode};
pub use signals::signals;

use std::{future, io, net::IpAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::{Stream, StreamExt};
use sd_notify::NotifyState;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use connection::Connection;
use connection_limiter::ConnectionLimiter;

use crate::counter_vec::CounterVec;

/// How long connections may take to close after the grace period for running requests.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause after the system could not accept a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What to serve, and within which limits.
#[derive(Debug)]
pub struct Server {
    /// Handles every request.
    pub router: Router,
    /// The limits on the number of connections.
    pub limits: ConnectionLimits,
    /// The timeouts of each connection.
    pub timeouts: ConnectionTimeouts,
    /// The steps of the shutdown.
    pub shutdown: Shutdown,
}

/// The steps of the shutdown, and how long each may take.
#[derive(Debug, Clone)]
pub struct Shutdown {
    /// Cancelled first: the server reports that it is not ready, and continues to serve.
    pub stopping: CancellationToken,
    /// How long the server continues to serve, so that load balancers notice.
    pub delay: Duration,
    /// Cancelled next: running requests finish, and streams close.
    pub draining: CancellationToken,
    /// How long running requests may take to finish.
    pub grace: Duration,
}

/// The error of a shutdown that closed connections before they were finished.
#[derive(Debug, Error)]
#[error("{connections} connections were closed before they were finished: {reason}")]
pub struct UncleanShutdown {
    connections: usize,
    reason: String,
}

/// Serves until the first of `signals`, such as [`signals()`], and then shuts down in the steps of
/// [`Shutdown`]. A second signal closes all connections.
///
/// # Errors
///
/// [`UncleanShutdown`], if connections were open at the end of the shutdown.
pub async fn serve_until_shutdown(
    listeners: Vec<Listener>,
    server: Server,
    mut signals: impl Stream<Item = &'static str> + Unpin,
) -> anyhow::Result<()> {
    let Shutdown {
        stopping,
        delay,
        draining,
        grace,
    } = server.shutdown;
    let Server {
        router,
        limits,
        timeouts,
        ..
    } = server;
    let acceptor = Acceptor::new(router, limits, timeouts, draining.clone());
    let connections = acceptor.connections.clone();
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(acceptor.clone().accept(listener));
    }
    notify(NotifyState::Ready);

    let signal = next_signal(&mut signals).await;
    notify(NotifyState::Stopping);
    stopping.cancel();
    let open = connections.len();
    tracing::info!(reason = signal, connections = open, "stopping");
    let second_signal = tokio::select! {
        () = tokio::time::sleep(delay) => None,
        signal = next_signal(&mut signals) => Some(signal),
    };

    accepting.shutdown().await;
    if let Some(signal) = second_signal {
        return finish(&connections, format!("a second {signal}"));
    }
    draining.cancel();
    connections.close();
    let reason = tokio::select! {
        () = connections.wait() => String::new(),
        () = tokio::time::sleep(grace + CLOSE_TIMEOUT) => {
            format!("SHUTDOWN_GRACE_SECONDS exceeded ({grace:?})")
        }
        signal = next_signal(&mut signals) => format!("a second {signal}"),
    };
    finish(&connections, reason)
}

fn finish(connections: &TaskTracker, reason: String) -> anyhow::Result<()> {
    match connections.len() {
        0 => {
            tracing::info!("stopped");
            Ok(())
        }
        connections => Err(UncleanShutdown {
            connections,
            reason,
        }
        .into()),
    }
}

/// Serves one listener until the process exits, without a shutdown.
pub async fn serve_until_exit(
    listener: Listener,
    router: Router,
    limits: ConnectionLimits,
    timeouts: ConnectionTimeouts,
) {
    let acceptor = Acceptor::new(router, limits, timeouts, CancellationToken::new());
    acceptor.accept(listener).await;
}

/// Waits for the next signal, and returns its name.
async fn next_signal(signals: &mut (impl Stream<Item = &'static str> + Unpin)) -> &'static str {
    match signals.next().await {
        Some(signal) => signal,
        None => future::pending().await,
    }
}

/// The state that all accept loops share.
struct Acceptor {
    router: Router,
    limiter: ConnectionLimiter,
    timeouts: ConnectionTimeouts,
    connections: TaskTracker,
    closed: Arc<CounterVec>,
    draining: CancellationToken,
}

impl Acceptor {
    fn new(
        router: Router,
        limits: ConnectionLimits,
        timeouts: ConnectionTimeouts,
        draining: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            router,
            limiter: ConnectionLimiter::new(limits),
            timeouts,
            connections: TaskTracker::new(),
            closed: Arc::new(connection::closed_counters()),
            draining,
        })
    }

    async fn accept(self: Arc<Self>, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, peer),
                Err(error) => handle_accept_error(&error).await,
            }
        }
    }

    fn serve(&self, stream: listener::SocketStream, peer: Option<IpAddr>) {
        // A flood is not answered: responses would use up the resources that are short.
        let Some(permit) = self.limiter.admit(peer) else {
            return;
        };
        let connection = Connection {
            stream,
            peer,
            permit,
            token: self.connections.token(),
            closed: self.closed.clone(),
        };
        let serving = connection.serve(self.router.clone(), self.timeouts, self.draining.clone());
        tokio::spawn(serving);
    }
}

/// Logs an accept error and pauses, unless it concerns a single connection. When the process is out
/// of sockets, the pause lets connections close instead of busy-looping.
async fn handle_accept_error(error: &io::Error) {
    let is_of_one_connection = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    );
    if !is_of_one_connection {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Notifies systemd, if it started the process.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot notify systemd");
    }
}
