//! The accept loop, and how it ends.
//!
//! axum's own `serve` has no limit on the time a client may take to send its
//! headers, so connections are driven here by hyper.

use std::{future::Future, io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal as unix_signal},
};
use tokio_util::{
    sync::CancellationToken,
    task::{TaskTracker, task_tracker::TaskTrackerToken},
};

use crate::guard::PeerAddress;

/// How long a client may take to send the head of a request.
const HEADER_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How long streams may take to end after the last running request.
const CLOSING: Duration = Duration::from_secs(2);

/// How long to wait when the system has no socket to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` is ready, then cancels `shutdown`, gives running
/// requests `grace` to finish, and the connections a little longer to end.
///
/// # Errors
///
/// Connections that were still open in the end, and were cut.
pub async fn run(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = &'static str>,
    shutdown: &CancellationToken,
    grace: Duration,
) -> anyhow::Result<()> {
    let connections = TaskTracker::new();
    let mut stop = pin!(stop);
    let reason = loop {
        tokio::select! {
            reason = &mut stop => break reason,
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => {
                    let token = Token(Arc::new(connections.token()));
                    let served =
                        connection(stream, client.ip(), router.clone(), shutdown.clone(), token);
                    connections.spawn(served);
                }
                Err(error) => refused(&error).await,
            }
        }
    };

    tracing::info!(reason, connections = connections.len(), "stopping");
    drop(listener);
    shutdown.cancel();
    connections.close();
    tokio::time::timeout(grace + CLOSING, connections.wait())
        .await
        .map_err(|_| {
            let open = connections.len();
            anyhow::anyhow!("{open} connections were cut after {grace:?} (SHUTDOWN_GRACE_SECONDS)")
        })?;
    tracing::info!("stopped");
    Ok(())
}

/// Ready when the process is told to stop, by SIGTERM or Ctrl-C; says by which.
///
/// # Errors
///
/// The system does not let us listen for signals.
pub fn signal() -> anyhow::Result<impl Future<Output = &'static str>> {
    let mut terminate = unix_signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = unix_signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

/// What the shutdown waits for. A connection that becomes a WebSocket outlives
/// the task that has accepted it, and takes this along in the extensions of its
/// request.
#[derive(Debug, Clone)]
struct Token(#[expect(dead_code, reason = "held to be dropped")] Arc<TaskTrackerToken>);

/// Drives one connection to its end; after `shutdown` it takes no more
/// requests.
async fn connection(
    stream: TcpStream,
    client: IpAddr,
    router: Router,
    shutdown: CancellationToken,
    token: Token,
) {
    // Events are small and must not wait for more.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY not set");
    }
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(PeerAddress(Some(client)));
        request.extensions_mut().insert(token.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_READ_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended early");
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
