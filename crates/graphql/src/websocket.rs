//! Operations over a WebSocket, with the sub-protocol `graphql-transport-ws` or the legacy
//! `graphql-ws`.
//!
//! async-graphql implements the protocols. This module adds a write timeout, pings, rate limits,
//! and close frames on shutdown and when a key is revoked. The API key is in the upgrade request.

use std::{future, pin::pin, sync::Arc, time::Duration};

use async_graphql::{
    Data, Executor, Request, Response as GraphQlResponse,
    http::{
        ALL_WEBSOCKET_PROTOCOLS, ClientMessage, WebSocket as Protocol, WebSocketProtocols,
        WsMessage,
    },
};
use axum::{
    extract::{
        WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::{Extensions, StatusCode},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt, stream, stream::BoxStream};
use rmcp_transport::{ClientKey, JsonLimits, Refusal};
use serde::de::Error;
use serde_json::json;
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    error::{self, ErrorCode},
    metrics,
    service::{GraphQl, reject, repeat_every},
};
use edge::{Allowance, refusal};

/// The read buffer of a socket. Longer messages are assembled from several reads.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Time limit for sending the close frame.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The close codes of `graphql-transport-ws`.
const INIT_TIMEOUT: u16 = 4408;
const FORBIDDEN: u16 = 4403;

/// Handles a WebSocket handshake.
pub(super) fn connect(
    graphql: GraphQl,
    upgrade: WebSocketUpgrade,
    extensions: Extensions,
) -> Response {
    let upgrade = upgrade.protocols(ALL_WEBSOCKET_PROTOCOLS);
    let protocol = upgrade.selected_protocol().and_then(|it| it.to_str().ok());
    let Some(Ok(protocol)) = protocol.map(str::parse) else {
        let text = "request the sub-protocol `graphql-transport-ws` or `graphql-ws`\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let config = &graphql.shared.transport;
    if config.cancellation_token.is_cancelled() {
        return refusal::of_transport(Refusal::ShuttingDown);
    }
    let permit = match graphql
        .shared
        .sockets
        .try_acquire(ClientKey::of(&extensions))
    {
        Ok(permit) => permit,
        Err(exceeded) => return refusal::of_transport(exceeded.into()),
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(config.max_request_body_bytes)
        .max_frame_size(config.max_request_body_bytes)
        .on_failed_upgrade(|error| tracing::debug!(%error, "upgrade failed"))
        .on_upgrade(async move |socket| {
            let open = metrics::OpenGuard::socket();
            let session = graphql.open_session(&extensions);
            run_socket(socket, protocol, graphql, &extensions, &session).await;
            drop((open, permit));
        })
}

/// Runs one socket until either side closes it.
async fn run_socket(
    socket: WebSocket,
    protocol: WebSocketProtocols,
    graphql: GraphQl,
    extensions: &Extensions,
    session: &CancellationToken,
) {
    let config = graphql.shared.transport.clone();
    let executor = SocketExecutor {
        client: ClientKey::of(extensions),
        permits: Arc::new(Semaphore::new(config.max_in_flight)),
        graphql,
    };
    // With capacity 1, the stream stops reading until the previous rejection is sent.
    let (rejections, mut rejected) = mpsc::channel(1);
    let limiter = Arc::new(OperationRateLimiter {
        protocol,
        allowance: extensions.get().cloned(),
        rejections,
    });
    let (mut sink, stream) = socket.split();
    let messages = stream
        .take_while(|message| future::ready(message.is_ok()))
        .filter_map(move |message| {
            let limiter = Arc::clone(&limiter);
            async move {
                let message = match message.ok()? {
                    Message::Text(text) => parse(text.as_bytes()),
                    Message::Binary(bytes) => parse(&bytes),
                    // Passed on as a pong, because every message resets the keep-alive timer.
                    Message::Ping(_) | Message::Pong(_) => {
                        Ok(ClientMessage::Pong { payload: None })
                    }
                    Message::Close(_) => return None,
                };
                limiter.admits(&message).await.then_some(message)
            }
        })
        .boxed();
    let (initialized, initialization) = oneshot::channel();
    let period = config.sse_keep_alive;
    // Boxed, because the nested type exceeds the limits of the compiler.
    let mut responses = Protocol::from_message_stream(executor, messages, protocol)
        .on_connection_init(async move |_| {
            // Sending fails only if the socket has closed.
            let _ = initialized.send(());
            Ok(Data::default())
        })
        .keepalive_timeout(period.map(|period| period * 3))
        .boxed();
    let mut init_timeout = pin!(async {
        if let Ok(Ok(())) = timeout(config.init_timeout, initialization).await {
            future::pending::<()>().await;
        }
    });
    let mut pings = pin!(repeat_every(period, Message::Ping(Bytes::new())));
    let close = loop {
        let message = tokio::select! {
            response = responses.next() => match response {
                Some(WsMessage::Text(text)) => Message::text(text),
                Some(WsMessage::Close(code, reason)) => break Some((code, reason)),
                None => break None,
            },
            Some(rejection) = rejected.recv() => Message::text(rejection),
            Some(ping) = pings.next() => ping,
            () = &mut init_timeout => {
                break Some((INIT_TIMEOUT, "Connection initialisation timeout".to_owned()));
            }
            () = session.cancelled() => {
                break Some(match config.cancellation_token.is_cancelled() {
                    true => (close_code::AWAY, "the server is shutting down".to_owned()),
                    false => (FORBIDDEN, "Forbidden".to_owned()),
                });
            }
        };
        match timeout(config.write_timeout, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => break None,
            Err(_) => {
                break Some((
                    close_code::POLICY,
                    "client does not read messages".to_owned(),
                ));
            }
        }
    };
    let closing = async {
        if let Some((code, reason)) = close {
            // The reason in a close frame has at most 123 bytes.
            let fits = reason.char_indices().take_while(|(at, _)| *at < 120);
            let reason: String = fits.map(|(_, character)| character).collect();
            let reason = reason.into();
            sink.send(Message::Close(Some(CloseFrame { code, reason })))
                .await?;
        }
        sink.close().await
    };
    let _ = timeout(CLOSE_TIMEOUT, closing).await;
}

/// Parses a message. The protocol closes the socket after an error.
fn parse(message: &[u8]) -> serde_json::Result<ClientMessage> {
    if JsonLimits::MESSAGE.allow(message) {
        ClientMessage::from_bytes(message)
    } else {
        Err(serde_json::Error::custom(Refusal::TooComplex))
    }
}

/// Applies the rate limit to each operation over a socket.
struct OperationRateLimiter {
    protocol: WebSocketProtocols,
    /// `None` without a rate limit.
    allowance: Option<Allowance>,
    rejections: mpsc::Sender<String>,
}

impl OperationRateLimiter {
    /// Returns whether to handle a message. An operation over the limit gets an `error` message
    /// with its id; the socket and its running operations continue.
    async fn admits(&self, message: &serde_json::Result<ClientMessage>) -> bool {
        let Ok(ClientMessage::Start { id, .. }) = message else {
            return true;
        };
        let Some(Err(exceeded)) = self.allowance.as_ref().map(Allowance::try_acquire) else {
            return true;
        };
        let errors = reject(None, error::rate_limited(exceeded)).errors;
        let payload = match self.protocol {
            WebSocketProtocols::GraphQLWS => json!(errors),
            WebSocketProtocols::SubscriptionsTransportWS => json!(errors[0]),
        };
        let rejection = json!({ "type": "error", "id": id, "payload": payload });
        // Sending fails only if the socket has closed.
        let _ = self.rejections.send(rejection.to_string()).await;
        false
    }
}

/// Executes the operations of one socket, with a limit on concurrent operations.
#[derive(Clone)]
struct SocketExecutor {
    graphql: GraphQl,
    client: Option<ClientKey>,
    permits: Arc<Semaphore>,
}

impl Executor for SocketExecutor {
    async fn execute(&self, request: Request) -> GraphQlResponse {
        self.graphql.query(request).await
    }

    fn execute_stream(
        &self,
        request: Request,
        _: Option<Arc<Data>>,
    ) -> BoxStream<'static, GraphQlResponse> {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            let max = self.graphql.shared.transport.max_in_flight;
            let text =
                format!("too many operations over this socket: {max} at most; complete one first");
            let error = error::operation(ErrorCode::TooManySubscriptions, text);
            return stream::iter([GraphQlResponse::from_errors(vec![error])]).boxed();
        };
        let responses = self.graphql.stream(request, self.client.clone());
        let hold_permit = move |response| {
            let _ = &permit;
            response
        };
        responses.map(hold_permit).boxed()
    }
}
