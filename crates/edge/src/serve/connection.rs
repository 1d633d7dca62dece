//! Serves one connection with hyper, and counts why connections close.

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
    connection_limiter::ConnectionPermit,
    connection_timeouts::ConnectionTimeouts,
    head_timeout::{HeadState, HeadTimer},
    listener::SocketStream,
    timed_body::TimedBody,
};
use crate::{client_address::PeerAddress, counter_vec::CounterVec};

/// The maximum size of a request head. Larger ones, and those with more than 100 headers (hyper's
/// default), get 431. hyper accepts a head that it has read at once, up to twice this size.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// The maximum size of the read buffer and of the write buffer, in addition to the chunk in transit.
const MAX_BUFFERED_BYTES: usize = 64 * 1024;

/// The head and body timeout of a connection whose requests are refused.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(2);

/// An accepted connection.
pub(super) struct Connection {
    pub(super) stream: SocketStream,
    /// The address of the peer; `None` on a Unix socket.
    pub(super) peer: Option<IpAddr>,
    pub(super) permit: ConnectionPermit,
    pub(super) token: TaskTrackerToken,
    /// Counts closed connections by reason.
    pub(super) closed: Arc<CounterVec>,
}

pub(super) fn closed_counters() -> CounterVec {
    CounterVec::new(
        "aareguru_mcp_connections_closed_total",
        "Connections closed, by reason",
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
    /// Serves the connection until it closes. Once `draining` is cancelled, it accepts no further
    /// requests.
    pub(super) async fn serve(
        self,
        router: Router,
        mut timeouts: ConnectionTimeouts,
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
            timeouts.head = timeouts.head.min(REFUSAL_TIMEOUT);
            timeouts.body = timeouts.body.min(REFUSAL_TIMEOUT);
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
        let head_state = Arc::new(HeadState::default());
        // The permit and the token belong to the stream, which outlives this task if the connection
        // is upgraded to a WebSocket.
        let owned_by_stream = (permit, token);
        let state = head_state.clone();
        let stream = InspectReader::new(stream, move |bytes: &[u8]| {
            let _ = &owned_by_stream;
            state.record_read(bytes);
        });
        let connection = http1::Builder::new()
            .timer(HeadTimer {
                state: head_state.clone(),
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
                head_state.drain();
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        match result {
            Ok(()) => closed.increment("normal"),
            Err(error) => {
                let reason = close_reason(&error, &head_state);
                closed.increment(reason);
                tracing::debug!(%error, reason, "connection failed");
            }
        }
    }
}

fn close_reason(error: &hyper::Error, head_state: &HeadState) -> &'static str {
    if error.is_timeout() {
        if head_state.is_idle() {
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
