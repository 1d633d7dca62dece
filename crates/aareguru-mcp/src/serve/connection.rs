//! One connection, from its first byte to its last.

use std::{net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio_util::{
    io::InspectReader, sync::CancellationToken, task::task_tracker::TaskTrackerToken,
};

use super::{
    body::TimedBody,
    capacity::ConnectionPermit,
    head::{HeadTimer, Wait},
    listener::Stream,
};
use crate::{counter_vec::CounterVec, guard::PeerAddress};

/// The most bytes of a request's head; more is answered with 431, and so are
/// more than 100 headers, hyper's default. hyper lets pass what it has read in
/// one piece, which is at most twice as much.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The most bytes that are read ahead, or wait to be written, beside the one
/// chunk that is under way.
const MAX_BUFFERED_BYTES: usize = 64 * 1024;

/// How long a connection may take that is only told that there are too many.
const REFUSAL: Duration = Duration::from_secs(2);

/// How long a client may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the head of a request, from its first byte on; for the first head
    /// of a connection from the beginning on.
    pub head: Duration,
    /// For the body of a request, once it has to be waited for.
    pub body: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
}

/// A connection that was accepted.
pub(super) struct Connection {
    pub(super) stream: Stream,
    /// The address of the other end; `None` on a Unix socket.
    pub(super) peer: Option<IpAddr>,
    pub(super) permit: ConnectionPermit,
    pub(super) token: TaskTrackerToken,
    /// Counts how connections end.
    pub(super) closed: Arc<CounterVec>,
}

pub(super) fn closed() -> CounterVec {
    CounterVec::new(
        "aareguru_mcp_connections_closed_total",
        "Connections that ended, by how",
        "reason",
        [
            "normal",
            "idle",
            "head_timeout",
            "head_too_large",
            "bad_request",
            "broken",
        ],
    )
}

impl Connection {
    /// Serves it to its end; after `draining` it takes no more requests.
    pub(super) async fn serve(
        self,
        router: Router,
        mut timeouts: Timeouts,
        draining: CancellationToken,
    ) {
        let Self {
            stream,
            peer,
            permit,
            token,
            closed,
        } = self;
        let overload = permit.overload;
        if overload.is_some() {
            timeouts.head = timeouts.head.min(REFUSAL);
            timeouts.body = timeouts.body.min(REFUSAL);
        }
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request: Request<Incoming>| {
            let body = |body| TimedBody::new(body, timeouts.body, draining.clone());
            let mut request = request.map(body);
            request.extensions_mut().insert(PeerAddress(peer));
            if let Some(overload) = overload {
                request.extensions_mut().insert(overload);
            }
            router.call(request)
        });
        let wait = Arc::new(Wait::default());
        // The stream may outlive this task, because a WebSocket takes it along.
        let held = (permit, token);
        let reading = wait.clone();
        let stream = InspectReader::new(stream, move |bytes: &[u8]| {
            let _ = &held;
            reading.read(bytes);
        });
        let connection = http1::Builder::new()
            .timer(HeadTimer {
                wait: wait.clone(),
                timeouts,
            })
            .header_read_timeout(timeouts.keep_alive.max(timeouts.head))
            .max_header_size(MAX_HEAD_BYTES)
            .max_buf_size(MAX_BUFFERED_BYTES)
            .keep_alive(overload.is_none())
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = draining.cancelled() => {
                wait.stop();
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        match result {
            Ok(()) => closed.increment("normal"),
            Err(error) => {
                let reason = reason(&error, &wait);
                closed.increment(reason);
                tracing::debug!(%error, reason, "connection ended early");
            }
        }
    }
}

fn reason(error: &hyper::Error, wait: &Wait) -> &'static str {
    if error.is_timeout() {
        if wait.is_idle() {
            "idle"
        } else {
            "head_timeout"
        }
    } else if error.is_parse_too_large() {
        "head_too_large"
    } else if error.is_parse() {
        "bad_request"
    } else {
        "broken"
    }
}
