//! One socket, from the upgrade to the close frame.

use std::{future, sync::Arc, time::Duration};

use axum::{
    Error,
    extract::ws::{Message, WebSocket},
    http::request::Parts,
};
use bytes::Bytes;
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::FusedFuture,
    stream::{SplitSink, SplitStream},
};
use parking_lot::Mutex;
use rmcp::{ServerHandler, service::serve_server_with_ct};
use rmcp_transport::SseServerConfig;
use tokio::{
    sync::mpsc,
    time::{Instant, interval, interval_at, timeout},
};
use tokio_util::sync::CancellationToken;
use tungstenite::error::{CapacityError, Error as SocketError, ProtocolError};

use super::end::SocketEnd;
use crate::duplex::{Conversation, Duplex, DuplexOutbox, Handler, Input, Revisions};

/// How often bounds in time are checked.
const PERIOD: Duration = Duration::from_secs(1);

/// How long it may take to say farewell.
const CLOSING: Duration = Duration::from_secs(1);

/// When something was last heard of the client.
struct Heard(Mutex<Instant>);

/// Runs one session; returns why it ended, and what is left of its connection.
pub(super) async fn run<S: ServerHandler>(
    socket: WebSocket,
    handler: S,
    parts: Parts,
    conversation: Conversation,
    config: &SseServerConfig,
    revoked: &CancellationToken,
) -> (SocketEnd, impl Sized) {
    let (mut sink, mut stream) = socket.split();
    let (sender, inputs) = mpsc::channel(1);
    let conversation = Arc::new(conversation);
    let outbox = Arc::new(DuplexOutbox::new(config.max_queued_bytes));
    let heard = Heard(Mutex::new(Instant::now()));
    let cut = CancellationToken::new();

    let session = async {
        let revisions = Revisions::WithInitialize;
        let handler = Handler::new(handler, revisions, conversation.clone());
        let transport = Duplex::new(inputs, outbox.clone(), conversation.clone(), Some(parts));
        if let Ok(session) = serve_server_with_ct(handler, transport, cut.clone()).await {
            // It cannot fail but by a panic of rmcp, which has been logged.
            let _ = session.waiting().await;
        }
        SocketEnd::Failed
    };
    // On the heap, as it is as large as all that the handler waits for.
    let mut session = Box::pin(session).fuse();
    let end = tokio::select! {
        end = read(&mut stream, &sender, &heard) => end,
        end = write(&mut sink, &outbox, config) => end,
        end = overdue(&conversation, &heard, config) => end,
        end = drained(&conversation, config) => end,
        end = &mut session => end,
        () = outbox.overflow() => SocketEnd::SlowReader,
        () = revoked.cancelled() => SocketEnd::Revoked,
    };

    // What still runs is dropped and answered with an error.
    cut.cancel();
    if !session.is_terminated() {
        let _ = timeout(CLOSING, session).await;
    }
    if let Some(frame) = end.close_frame() {
        let farewell = async {
            outbox.close();
            while let Some(message) = outbox.next().await {
                sink.send(Message::text(message)).await?;
            }
            sink.send(Message::Close(Some(frame))).await?;
            // The client answers in kind. What it sent before it has read the frame has to be
            // taken, or the connection would be reset and the frame lost.
            while let Some(Ok(_)) = stream.next().await {}
            Ok::<(), Error>(())
        };
        // Whoever does not take it is not waited for.
        let _ = timeout(CLOSING, farewell).await;
    } else {
        // The answer to a close frame.
        let _ = timeout(CLOSING, sink.flush()).await;
    }
    (end, (sink, stream))
}

/// Hands on what the client says, until it says no more.
async fn read(
    stream: &mut SplitStream<WebSocket>,
    inputs: &mpsc::Sender<Input>,
    heard: &Heard,
) -> SocketEnd {
    loop {
        let message = match stream.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return broken(error),
            None => return SocketEnd::ClientGone,
        };
        heard.now();
        match message {
            // If rmcp takes no more, the session has ended, and says so itself.
            Message::Text(_) => {
                let _ = inputs.send(Input::Text(message.into_data())).await;
            }
            Message::Binary(_) => return SocketEnd::Binary,
            Message::Close(_) => return SocketEnd::ClientGone,
            // Pings are answered by the library.
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

/// What the client did to make reading fail.
fn broken(error: Error) -> SocketEnd {
    let error = match error.into_inner().downcast::<SocketError>() {
        Ok(error) => *error,
        Err(_) => return SocketEnd::ClientGone,
    };
    tracing::debug!(%error, "socket broken");
    match error {
        SocketError::Capacity(CapacityError::MessageTooLong { .. }) => SocketEnd::TooLong,
        SocketError::Utf8(_) => SocketEnd::NotUtf8,
        SocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => SocketEnd::ClientGone,
        SocketError::Protocol(_) => SocketEnd::Malformed,
        _ => SocketEnd::ClientGone,
    }
}

/// Sends what waits, and pings, until the client does not take it any more.
async fn write(
    sink: &mut SplitSink<WebSocket, Message>,
    outbox: &DuplexOutbox,
    config: &SseServerConfig,
) -> SocketEnd {
    let mut pings = config
        .sse_keep_alive
        .map(|period| interval_at(Instant::now() + period, period));
    loop {
        let ping = async {
            match &mut pings {
                Some(pings) => pings.tick().await,
                None => future::pending().await,
            }
        };
        let message = tokio::select! {
            message = outbox.next() => match message {
                Some(message) => Message::text(message),
                // The session has ended, and says so itself.
                None => return future::pending().await,
            },
            _ = ping => Message::Ping(Bytes::new()),
        };
        match timeout(config.write_timeout, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return SocketEnd::ClientGone,
            Err(_) => return SocketEnd::SlowReader,
        }
    }
}

/// Ready when one of the session's times is over.
async fn overdue(
    conversation: &Conversation,
    heard: &Heard,
    config: &SseServerConfig,
) -> SocketEnd {
    let opened_at = Instant::now();
    let mut ticks = interval(PERIOD);
    loop {
        let now = ticks.tick().await;
        let longer = |since: Instant, limit: Duration| now.duration_since(since) > limit;
        if !conversation.has_begun() {
            if longer(opened_at, config.init_timeout) {
                return SocketEnd::NeverInitialized;
            }
        } else if let (Some(since), Some(limit)) = (conversation.idle_since(), config.idle_timeout)
            && longer(since, limit)
        {
            return SocketEnd::Idle;
        }
        // Each ping is answered at once, if somebody is there.
        if let Some(period) = config.sse_keep_alive
            && longer(heard.at(), period * 2)
        {
            return SocketEnd::Silent;
        }
    }
}

/// Ready when the server shuts down and no request is running any more, or has had its time.
async fn drained(conversation: &Conversation, config: &SseServerConfig) -> SocketEnd {
    config.cancellation_token.cancelled().await;
    let _ = timeout(config.drain_timeout, conversation.finish()).await;
    SocketEnd::Shutdown
}

impl Heard {
    fn now(&self) {
        *self.0.lock() = Instant::now();
    }

    fn at(&self) -> Instant {
        *self.0.lock()
    }
}
