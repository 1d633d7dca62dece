//! WebSocket: each frame is one message.

use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest},
};

use super::{Failure, HttpClient};

pub(super) struct WebSocketChannel {
    frames: WebSocketStream<TcpStream>,
}

impl WebSocketChannel {
    pub(super) async fn open(client: &HttpClient) -> Result<Self, Failure> {
        let target = &client.target;
        let mut request = target.to_string().into_client_request()?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", HeaderValue::from_static("mcp"));
        headers.extend(target.headers.clone());
        let (frames, _) = client_async(request, client.connect().await?).await?;
        Ok(Self { frames })
    }

    pub(super) async fn send(&mut self, message: String) -> Result<(), Failure> {
        Ok(self.frames.send(Message::text(message)).await?)
    }

    pub(super) async fn next(&mut self) -> Result<String, Failure> {
        loop {
            match self.frames.next().await.ok_or(Failure::Closed)?? {
                Message::Text(text) => return Ok(text.as_str().to_owned()),
                Message::Close(_) => return Err(Failure::Closed),
                _ => {}
            }
        }
    }
}

impl From<tungstenite::Error> for Failure {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
                Self::Closed
            }
            tungstenite::Error::Io(error) => Self::Broken(error.into()),
            tungstenite::Error::Http(response) => Self::Status {
                status: response.status().as_u16(),
                request: "the upgrade to WebSocket",
                text: String::new(),
            },
            error => Self::unexpected(error),
        }
    }
}
