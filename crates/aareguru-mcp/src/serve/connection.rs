//! One connection, from its first byte to its last.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::Router;
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio_util::{sync::CancellationToken, task::task_tracker::TaskTrackerToken};

use super::{
    body::TimedBody,
    capacity::{Ended, Overload, Place},
    head::{HeadTimer, Wait, Watched},
    listener::{Peer, Stream},
};
use crate::guard::PeerAddress;

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
    pub(super) peer: Peer,
    pub(super) place: Place,
    /// Why its requests are to be refused.
    pub(super) overload: Option<Overload>,
    pub(super) token: TaskTrackerToken,
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
            place,
            overload,
            token,
        } = self;
        if overload.is_some() {
            timeouts.head = timeouts.head.min(REFUSAL);
            timeouts.body = timeouts.body.min(REFUSAL);
        }
        let ended = place.ended();
        let router = TowerToHyperService::new(router);
        let service = service_fn(|request: Request<Incoming>| {
            let body = |body| TimedBody::new(body, timeouts.body, draining.clone());
            let mut request = request.map(body);
            let peer = PeerAddress(peer.address());
            request.extensions_mut().insert(peer);
            if let Some(overload) = overload {
                request.extensions_mut().insert(overload);
            }
            router.call(request)
        });
        let wait = Arc::new(Wait::default());
        let stream = Watched::new(stream, wait.clone(), (place, token));
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
            Ok(()) => ended.count(Ended::Well),
            Err(error) => {
                let reason = reason(&error, &wait);
                ended.count(reason);
                tracing::debug!(%error, reason = reason.label(), "connection ended early");
            }
        }
    }
}

fn reason(error: &hyper::Error, wait: &Wait) -> Ended {
    if error.is_timeout() {
        if wait.is_idle() {
            Ended::Idle
        } else {
            Ended::HeadTimeout
        }
    } else if error.is_parse_too_large() {
        Ended::HeadTooLarge
    } else if error.is_parse() {
        Ended::BadRequest
    } else {
        Ended::Broken
    }
}
