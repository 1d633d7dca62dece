//! WebSocket: a message is a frame, either way.

use std::net::Ipv4Addr;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{Failure, message, wire};
use crate::server::Target;

#[derive(Debug)]
pub(crate) struct Socket {
    frames: WebSocketStream<TcpStream>,
}

impl Socket {
    pub(crate) async fn open(target: &Target, source: Ipv4Addr) -> Result<Self, Failure> {
        let connection = wire::connect(target.address, source).await?;
        Self::open_on(connection, target).await
    }

    /// The same for a reader whose buffer is small.
    pub(crate) async fn open_slow(target: &Target, source: Ipv4Addr) -> Result<Self, Failure> {
        let connection = wire::connect_slow(target.address, source).await?;
        Self::open_on(connection, target).await
    }

    async fn open_on(connection: TcpStream, target: &Target) -> Result<Self, Failure> {
        let url = format!("ws://{}{}", target.address, target.path);
        let mut request = url.into_client_request().map_err(understood)?;
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", HeaderValue::from_static("mcp"));
        for (name, value) in target.header_pairs() {
            let foreign = || Failure::Foreign(format!("`{name}` is no header"));
            let name = http::HeaderName::try_from(name).map_err(|_| foreign())?;
            let value = HeaderValue::try_from(value).map_err(|_| foreign())?;
            headers.insert(name, value);
        }
        let (frames, _) = client_async(request, connection)
            .await
            .map_err(understood)?;
        Ok(Self { frames })
    }

    pub(crate) async fn send(&mut self, message: &str) -> Result<(), Failure> {
        self.frames
            .send(Message::text(message))
            .await
            .map_err(understood)
    }

    /// Waits for the answer to request `id`; anything but success is an error.
    /// Nothing is lost if that is given up.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<(), Failure> {
        loop {
            match self.frames.next().await {
                Some(Ok(Message::Text(text))) => {
                    if message::answers(&text, id)? {
                        return Ok(());
                    }
                }
                Some(Ok(Message::Close(_))) | None => return Err(Failure::Closed),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(understood(error)),
            }
        }
    }

    pub(super) fn connection(&mut self) -> &mut TcpStream {
        self.frames.get_mut()
    }
}

fn understood(error: tungstenite::Error) -> Failure {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => Failure::Closed,
        tungstenite::Error::Io(error) => Failure::Broken(error),
        tungstenite::Error::Http(response) => Failure::Status {
            status: response.status().as_u16(),
            request: "the upgrade to WebSocket",
            text: String::new(),
        },
        error => Failure::Foreign(error.to_string()),
    }
}
