//! A WebSocket client at the level of frames.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, StatusCode},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::DEADLINE;

/// An open session over WebSocket.
#[derive(Debug)]
pub struct WebSocketClient {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol that the server has chosen.
    pub protocol: Option<HeaderValue>,
}

impl WebSocketClient {
    /// Opens a session.
    pub async fn open(address: SocketAddr) -> Self {
        let opened = Self::try_open(address, &[("sec-websocket-protocol", "mcp")]).await;
        opened.expect("the upgrade was refused")
    }

    /// Opens a socket, or returns the status with which the upgrade was rejected.
    pub async fn try_open(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, StatusCode> {
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(*name, value);
        }
        match connect_async(request).await {
            Ok((stream, response)) => Ok(Self {
                stream,
                protocol: response.headers().get("sec-websocket-protocol").cloned(),
            }),
            Err(Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a session and initializes it.
    pub async fn initialized(address: SocketAddr) -> Self {
        let mut socket = Self::open(address).await;
        socket.initialize("2025-11-25").await;
        socket
    }

    /// Initializes the session with this protocol version, and returns the result.
    pub async fn initialize(&mut self, version: &str) -> Value {
        let request = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": version,
                "capabilities": {},
                "clientInfo": { "name": "raw", "version": "0" },
            },
        });
        let answer = self.call(&request.to_string()).await;
        self.send_text(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        answer
    }

    /// Sends a message.
    pub async fn send_text(&mut self, message: &str) {
        self.send(Message::text(message)).await;
    }

    /// Sends a frame.
    pub async fn send(&mut self, message: Message) {
        // The server may close the socket before it has read everything.
        let _ = self.stream.send(message).await;
    }

    /// Sends a message and returns the next one.
    pub async fn call(&mut self, message: &str) -> Value {
        self.send_text(message).await;
        self.message().await
    }

    /// Returns the next message.
    pub async fn message(&mut self) -> Value {
        match self.frame().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// Returns the next frame other than a ping; `None` when the connection has ended.
    pub async fn frame(&mut self) -> Option<Message> {
        loop {
            let frame = timeout(DEADLINE, self.stream.next()).await;
            match frame.expect("no data") {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(frame)) => return Some(frame),
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Returns the close code, skipping earlier frames.
    pub async fn close_code(&mut self) -> CloseCode {
        loop {
            match self.frame().await {
                Some(Message::Close(Some(CloseFrame { code, .. }))) => return code,
                Some(_) => {}
                None => panic!("it ended without a close frame"),
            }
        }
    }
}
