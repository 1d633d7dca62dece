//! The client: one session over any of the transports.

mod failure;
mod http_client;
mod message;
mod request_template;
mod sse;
mod streamable;
mod web_socket;

pub(crate) use failure::Failure;
pub(crate) use http_client::HttpClient;
pub(crate) use request_template::RequestTemplate;

use self::{sse::SseChannel, streamable::StreamableChannel, web_socket::WebSocketChannel};
use crate::load_target::Transport;

pub(crate) struct LoadSession {
    client: HttpClient,
    channel: Channel,
}

enum Channel {
    Sse(SseChannel),
    Streamable(StreamableChannel),
    WebSocket(Box<WebSocketChannel>),
}

/// The result of reconnecting a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResumeOutcome {
    /// The session continues, and pending answers arrive.
    WithAnswers,
    /// The session continues, but pending answers are lost.
    WithoutAnswers,
    /// A new session replaces it.
    AsNewSession,
}

impl LoadSession {
    pub(crate) async fn open(client: HttpClient) -> Result<Self, Failure> {
        let channel = match client.target.transport {
            Transport::Sse => Channel::Sse(SseChannel::open(&client, None).await?),
            Transport::StreamableHttp | Transport::StreamablePostOnly => {
                Channel::Streamable(StreamableChannel::new(&client))
            }
            Transport::WebSocket => {
                Channel::WebSocket(Box::new(WebSocketChannel::open(&client).await?))
            }
        };
        let mut session = Self { client, channel };
        session.initialize().await?;
        Ok(session)
    }

    async fn initialize(&mut self) -> Result<(), Failure> {
        self.send(request_template::INITIALIZE.to_owned()).await?;
        self.answer(0).await?;
        self.send(request_template::INITIALIZED.to_owned()).await?;
        if let Channel::Streamable(channel) = &mut self.channel {
            channel.accepted().await?;
            channel.listen(&self.client).await?;
        }
        Ok(())
    }

    /// Sends a request with this id and waits for its answer.
    pub(crate) async fn call(&mut self, call: &RequestTemplate, id: u64) -> Result<(), Failure> {
        self.send(call.request(id)).await?;
        self.answer(id).await
    }

    /// Sends a message; over HTTP+SSE, waits until the server has accepted it.
    pub(crate) async fn send(&mut self, message: String) -> Result<(), Failure> {
        match &mut self.channel {
            Channel::Sse(channel) => channel.send(&self.client, message).await,
            Channel::Streamable(channel) => channel.send(&self.client, message).await,
            Channel::WebSocket(channel) => channel.send(message).await,
        }
    }

    /// Waits for the answer to request `id`; anything but success is an error.
    ///
    /// Cancel safe, except over Streamable HTTP, where the answer is lost.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<(), Failure> {
        let answer = loop {
            match message::answers(&self.next().await?, id) {
                Ok(false) => {}
                answer => break answer.map(drop),
            }
        };
        if let Channel::Streamable(channel) = &mut self.channel {
            channel.finish_response().await;
        }
        answer
    }

    /// Waits for the server's next message; over Streamable HTTP, for the next one in the response
    /// to the last POST.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        match &mut self.channel {
            Channel::Sse(channel) => channel.next().await,
            Channel::Streamable(channel) => channel.next().await,
            Channel::WebSocket(channel) => channel.next().await,
        }
    }

    /// Closes all connections, and reconnects as the transport allows.
    pub(crate) async fn reconnect(&mut self) -> Result<ResumeOutcome, Failure> {
        self.client.disconnect().await;
        match &mut self.channel {
            Channel::Sse(channel) => {
                if channel.resume(&self.client).await? {
                    return Ok(ResumeOutcome::WithAnswers);
                }
            }
            Channel::Streamable(channel) => {
                channel.listen(&self.client).await?;
                return Ok(ResumeOutcome::WithoutAnswers);
            }
            Channel::WebSocket(channel) => **channel = WebSocketChannel::open(&self.client).await?,
        }
        self.initialize().await?;
        Ok(ResumeOutcome::AsNewSession)
    }

    /// Closes the session: over Streamable HTTP with a request, otherwise by closing its connections.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        self.client.disconnect().await;
        match self.channel {
            Channel::Streamable(channel) => channel.close(&self.client).await,
            _ => Ok(()),
        }
    }
}
