//! The accept loops, and how they end.
//!
//! axum's own `serve` has no limit on the time a client may take to send its
//! headers and none on the number of connections, so connections are driven
//! here by hyper. What a client may take, of time and of connections, is
//! counted here; what it may ask is the business of `http.rs`.

mod body;
mod capacity;
mod connection;
mod files;
mod head;
mod listener;
mod signals;

pub use capacity::{Limits, Overload};
pub use connection::Timeouts;
pub use files::raise_limit;
pub use listener::{Inherited, Listener, SocketMode};
pub use signals::signals;

use std::{future, io, net::IpAddr, sync::Arc, time::Duration};

use axum::Router;
use futures_util::{Stream, StreamExt};
use sd_notify::NotifyState;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use capacity::Capacity;
use connection::Connection;

use crate::counter_vec::CounterVec;

/// How long streams may take to end after the last running request.
const CLOSING: Duration = Duration::from_secs(2);

/// How long to wait when the system has no socket to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What is served, and within which bounds.
#[derive(Debug)]
pub struct Server {
    /// Answers every request.
    pub router: Router,
    /// How many connections there may be.
    pub limits: Limits,
    /// How long a client may take.
    pub timeouts: Timeouts,
    /// How it ends.
    pub shutdown: Shutdown,
}

/// The steps of the end, and how long each may take.
#[derive(Debug, Clone)]
pub struct Shutdown {
    /// Cancelled first: the server is not ready any more, but still serves.
    pub stopping: CancellationToken,
    /// How long it goes on serving then, so that load balancers notice.
    pub delay: Duration,
    /// Cancelled next: running requests finish, streams end.
    pub draining: CancellationToken,
    /// How long running requests may take to finish.
    pub grace: Duration,
}

/// Connections that were still open in the end.
#[derive(Debug, Error)]
#[error("{connections} connections were cut {why}")]
pub struct Cut {
    connections: usize,
    why: String,
}

/// Serves until the first of `signals`, such as [`signals()`], and ends as
/// [`Shutdown`] says. The second ends it at once.
///
/// # Errors
///
/// [`Cut`], if connections were still open in the end.
pub async fn run(
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

    let signal = next(&mut signals).await;
    notify(NotifyState::Stopping);
    stopping.cancel();
    let open = connections.len();
    tracing::info!(reason = signal, connections = open, "stopping");
    let hurried = tokio::select! {
        () = tokio::time::sleep(delay) => None,
        signal = next(&mut signals) => Some(signal),
    };

    // From here on nobody new is let in.
    accepting.shutdown().await;
    if let Some(signal) = hurried {
        return ended(&connections, format!("at once by a second {signal}"));
    }
    draining.cancel();
    connections.close();
    let why = tokio::select! {
        () = connections.wait() => String::new(),
        () = tokio::time::sleep(grace + CLOSING) => {
            format!("after {grace:?} (SHUTDOWN_GRACE_SECONDS)")
        }
        signal = next(&mut signals) => format!("at once by a second {signal}"),
    };
    ended(&connections, why)
}

fn ended(connections: &TaskTracker, why: String) -> anyhow::Result<()> {
    match connections.len() {
        0 => {
            tracing::info!("stopped");
            Ok(())
        }
        connections => Err(Cut { connections, why }.into()),
    }
}

/// Serves one listener until the process ends; nothing tells it to stop.
pub async fn for_ever(listener: Listener, router: Router, limits: Limits, timeouts: Timeouts) {
    let acceptor = Acceptor::new(router, limits, timeouts, CancellationToken::new());
    acceptor.accept(listener).await;
}

/// The name of the next signal.
async fn next(signals: &mut (impl Stream<Item = &'static str> + Unpin)) -> &'static str {
    match signals.next().await {
        Some(signal) => signal,
        None => future::pending().await,
    }
}

/// What all accept loops share.
struct Acceptor {
    router: Router,
    capacity: Capacity,
    timeouts: Timeouts,
    connections: TaskTracker,
    closed: Arc<CounterVec>,
    draining: CancellationToken,
}

impl Acceptor {
    fn new(
        router: Router,
        limits: Limits,
        timeouts: Timeouts,
        draining: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            router,
            capacity: Capacity::new(limits),
            timeouts,
            connections: TaskTracker::new(),
            closed: Arc::new(connection::closed()),
            draining,
        })
    }

    async fn accept(self: Arc<Self>, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, peer),
                Err(error) => refused(&error).await,
            }
        }
    }

    fn serve(&self, stream: listener::Stream, peer: Option<IpAddr>) {
        // A response would take what is short.
        let Some(permit) = self.capacity.admit(peer) else {
            return;
        };
        let connection = Connection {
            stream,
            peer,
            permit,
            token: self.connections.token(),
            closed: self.closed.clone(),
        };
        let served = connection.serve(self.router.clone(), self.timeouts, self.draining.clone());
        tokio::spawn(served);
    }
}

/// Most accept errors concern one connection; when the process is out of
/// sockets, a pause lets others end instead of spinning.
async fn refused(error: &io::Error) {
    let of_one_client = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    );
    if !of_one_client {
        tracing::error!(%error, "cannot accept connections");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

/// Tells systemd, if it is systemd that has started us.
fn notify(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd cannot be told");
    }
}
