//! Operations over a WebSocket, by the sub-protocol `graphql-transport-ws` or
//! the legacy `graphql-ws`. The messages are the library's business; here is
//! what bounds a socket.
//!
//! A key comes with the upgrade, as with every other request.

use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    BatchRequest, Data, Executor, Pos, Request as Operation, Response as Answer, ServerError,
    http::{
        ALL_WEBSOCKET_PROTOCOLS, ClientMessage, WebSocket as Protocol, WebSocketProtocols,
        WsMessage,
    },
};
use axum::{
    extract::{
        FromRequestParts, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream::BoxStream};
use rmcp_sse::{Client, Principal, Refusal};
use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, sleep_until, timeout},
};

use super::{
    limits::with_code,
    service::{GraphQl, Opened, Shared},
    trouble::{self, Code},
};
use crate::{
    client_limiter::SessionPermit,
    guard::{Allowance, KeyHandle},
    refusal,
};

/// What a socket reads into; longer messages are put together from more.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// How long it may take to say farewell.
const CLOSING: Duration = Duration::from_secs(1);

/// The codes that `graphql-transport-ws` closes with.
const NO_INIT_IN_TIME: u16 = 4408;
const FORBIDDEN: u16 = 4403;

/// Whether a request asks for a WebSocket.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

pub(super) async fn connect(graphql: GraphQl, mut parts: Parts) -> Response {
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return (StatusCode::BAD_REQUEST, "this is no WebSocket handshake\n").into_response();
    };
    let upgrade = upgrade.protocols(ALL_WEBSOCKET_PROTOCOLS);
    let chosen = upgrade.selected_protocol().and_then(|it| it.to_str().ok());
    let Some(protocol) = chosen.and_then(|name| name.parse::<WebSocketProtocols>().ok()) else {
        let text = "ask for the sub-protocol `graphql-transport-ws` or `graphql-ws`\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let shared = graphql.shared;
    let client = Client::of(&parts.extensions);
    if shared.config.cancellation_token.is_cancelled() {
        return refusal::of_transport(Refusal::ShuttingDown);
    }
    let permit = match shared.sockets.try_acquire(client.clone()) {
        Ok(permit) => permit,
        Err(exceeded) => return refusal::of_transport(exceeded.into()),
    };
    let max_bytes = shared.config.max_request_body_bytes;
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(max_bytes)
        .max_frame_size(max_bytes)
        .on_failed_upgrade(|error| tracing::debug!(%error, "upgrade failed"))
        .on_upgrade(async move |socket| {
            let opened = shared.opened(parts.extensions.get::<Principal>().cloned());
            // The sockets of its principal may have been ended just before.
            if parts.extensions.get().is_some_and(KeyHandle::is_revoked) {
                opened.revoked.cancel();
            }
            let allowance = parts.extensions.get().cloned();
            let executor = Running::new(shared, client);
            run(socket, protocol, executor, allowance, opened, permit).await;
        })
}

/// Runs one socket until one of the two sides ends it.
async fn run(
    socket: WebSocket,
    protocol: WebSocketProtocols,
    executor: Running,
    allowance: Option<Allowance>,
    opened: Opened,
    _permit: SessionPermit,
) {
    let shared = Arc::clone(&executor.shared);
    let config = &shared.config;
    shared.metrics.sockets.increment(1);
    let _counted = Counted(Arc::clone(&shared));
    let (mut sink, stream) = socket.split();
    let heard = Arc::new(Heard::default());
    let hearing = Arc::clone(&heard);
    // The library reads no further until a refusal is taken.
    let (refusals, mut refused) = mpsc::channel(1);
    let doorkeeper = Arc::new(Doorkeeper {
        shared: Arc::clone(&shared),
        protocol,
        allowance,
        refusals,
    });
    let messages: BoxStream<'static, serde_json::Result<ClientMessage>> = stream
        .take_while(|message| future::ready(message.is_ok()))
        .filter_map(move |message| {
            hearing.now();
            let doorkeeper = Arc::clone(&doorkeeper);
            async move {
                let message = match message {
                    Ok(Message::Text(text)) => ClientMessage::from_bytes(text.as_str()),
                    Ok(Message::Binary(bytes)) => ClientMessage::from_bytes(bytes),
                    _ => return None,
                };
                doorkeeper.lets_in(&message).await.then_some(message)
            }
        })
        .boxed();
    let initialized = Arc::new(AtomicBool::new(false));
    let initializing = Arc::clone(&initialized);
    // Boxed, as the type of the whole is more than the compiler can bear.
    let mut answers: BoxStream<'static, WsMessage> =
        Protocol::from_message_stream(executor, messages, protocol)
            .on_connection_init(move |_| {
                initializing.store(true, Ordering::Relaxed);
                future::ready(Ok(Data::default()))
            })
            .boxed();
    let period = config.sse_keep_alive;
    let mut pings = period.map(|period| interval_at(Instant::now() + period, period));
    let init_until = Instant::now() + config.init_timeout;
    let close = loop {
        let is_initialized = initialized.load(Ordering::Relaxed);
        let ping = async {
            match &mut pings {
                Some(pings) => pings.tick().await,
                None => future::pending().await,
            }
        };
        let message = tokio::select! {
            answer = answers.next() => match answer {
                Some(WsMessage::Text(text)) => Message::text(text),
                Some(WsMessage::Close(code, reason)) => break Some((code, reason)),
                None => break None,
            },
            Some(refusal) = refused.recv() => Message::text(refusal),
            _ = ping => {
                // Each ping is answered at once, if somebody is there.
                if period.is_some_and(|period| heard.is_silent_for(period * 2)) {
                    break None;
                }
                Message::Ping(Bytes::new())
            }
            () = sleep_until(init_until), if !is_initialized => {
                break Some((NO_INIT_IN_TIME, "Connection initialisation timeout".to_owned()));
            }
            () = opened.revoked.cancelled() => break Some((FORBIDDEN, "Forbidden".to_owned())),
            () = config.cancellation_token.cancelled() => {
                break Some((close_code::AWAY, "the server is shutting down".to_owned()));
            }
        };
        match timeout(config.write_timeout, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => break None,
            Err(_) => break Some((close_code::POLICY, "messages are not read".to_owned())),
        }
    };
    let farewell = async {
        if let Some((code, reason)) = close {
            // A frame holds no more.
            let fits = reason.char_indices().take_while(|(at, _)| *at < 120);
            let reason: String = fits.map(|(_, character)| character).collect();
            let reason = reason.into();
            sink.send(Message::Close(Some(CloseFrame { code, reason })))
                .await?;
        }
        sink.close().await
    };
    // Whoever does not take it is not waited for.
    let _ = timeout(CLOSING, farewell).await;
}

/// Counts the operations that come over one socket, each as a request.
struct Doorkeeper {
    shared: Arc<Shared>,
    protocol: WebSocketProtocols,
    /// `None` if there is no limit.
    allowance: Option<Allowance>,
    refusals: mpsc::Sender<String>,
}

/// Executes what comes over one socket, so much at once.
#[derive(Clone)]
struct Running {
    shared: Arc<Shared>,
    client: Option<Client>,
    running: Arc<AtomicUsize>,
}

/// One of the operations that run at once.
struct Slot(Arc<AtomicUsize>);

/// When something was last heard of the client.
struct Heard(parking_lot::Mutex<Instant>);

struct Counted(Arc<Shared>);

impl Doorkeeper {
    /// Whether a message may be looked at. An operation that may not is told so
    /// by an `error` with its id; the socket and what runs over it stay.
    async fn lets_in(&self, message: &serde_json::Result<ClientMessage>) -> bool {
        let Ok(ClientMessage::Start { id, .. }) = message else {
            return true;
        };
        let Some(Err(exceeded)) = self.allowance.as_ref().map(Allowance::try_acquire) else {
            return true;
        };
        let error = trouble::rate_limited(exceeded).into_server_error(Pos::default());
        let error = ServerError {
            locations: Vec::new(),
            ..error
        };
        let errors = self.shared.refused(None, error).errors;
        let payload = match self.protocol {
            WebSocketProtocols::GraphQLWS => json!(errors),
            WebSocketProtocols::SubscriptionsTransportWS => json!(errors[0]),
        };
        let told = json!({ "type": "error", "id": id, "payload": payload });
        // It is gone only with the socket.
        let _ = self.refusals.send(told.to_string()).await;
        false
    }
}

impl Running {
    fn new(shared: Arc<Shared>, client: Option<Client>) -> Self {
        Self {
            shared,
            client,
            running: Arc::default(),
        }
    }

    fn slot(&self) -> Result<Slot, ServerError> {
        let max = self.shared.config.max_in_flight;
        let slot = Slot(Arc::clone(&self.running));
        if slot.0.fetch_add(1, Ordering::Relaxed) < max {
            return Ok(slot);
        }
        let text = format!("{max} operations are running over this socket; end one");
        Err(with_code(
            ServerError::new(text, None),
            Code::TooManySubscriptions,
        ))
    }
}

impl Executor for Running {
    async fn execute(&self, operation: Operation) -> Answer {
        self.shared.query(operation).await
    }

    async fn execute_batch(&self, batch: BatchRequest) -> async_graphql::BatchResponse {
        let text = "batches are not taken: send one operation a message";
        let error = with_code(ServerError::new(text, None), Code::BadRequest);
        drop(batch);
        Answer::from_errors(vec![error]).into()
    }

    fn execute_stream(
        &self,
        operation: Operation,
        _: Option<Arc<Data>>,
    ) -> BoxStream<'static, Answer> {
        match self.slot() {
            Ok(slot) => {
                let answers = self.shared.stream(operation, self.client.clone());
                answers
                    .map(move |answer| {
                        let _ = &slot;
                        answer
                    })
                    .boxed()
            }
            Err(error) => futures_util::stream::iter([Answer::from_errors(vec![error])]).boxed(),
        }
    }
}

impl Heard {
    fn now(&self) {
        *self.0.lock() = Instant::now();
    }

    fn is_silent_for(&self, time: Duration) -> bool {
        let at = *self.0.lock();
        at.elapsed() > time
    }
}

impl Default for Heard {
    fn default() -> Self {
        Self(parking_lot::Mutex::new(Instant::now()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.metrics.sockets.decrement(1);
    }
}
