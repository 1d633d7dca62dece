//! Where the answers of one session come, over whichever transport.

use std::net::Ipv4Addr;

use tokio::io::AsyncReadExt;

use super::{Failure, Post, call, socket::Socket, sse::EventStream, streamable::Streamable};
use crate::server::{Target, Transport};

/// What a slow reader reads at once.
const SIP_BYTES: usize = 256;

#[derive(Debug)]
pub(crate) enum Channel {
    Sse(EventStream),
    Streamable(Streamable),
    Socket(Box<Socket>),
}

/// What became of a session whose connections were cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumed {
    /// It goes on, and answers that were under way come.
    All,
    /// It goes on without them.
    Session,
    /// There is a new one in its place.
    Anew,
}

impl Channel {
    /// Opens a session and says hello, as every client does.
    pub(crate) async fn open(
        target: &Target,
        source: Ipv4Addr,
        post: &mut Post,
    ) -> Result<Self, Failure> {
        let mut channel = match target.transport {
            Transport::Sse => Self::Sse(EventStream::open(target, source).await?),
            Transport::WebSocket => Self::Socket(Box::new(Socket::open(target, source).await?)),
            Transport::StreamableHttp | Transport::StreamableQuiet => {
                let session = Streamable::open(target, source, post).await?;
                return Ok(Self::Streamable(session));
            }
        };
        channel.initialize(post).await?;
        Ok(channel)
    }

    /// The same with a small buffer for what comes, where it comes by itself.
    pub(crate) async fn open_slow(
        target: &Target,
        source: Ipv4Addr,
        post: &mut Post,
    ) -> Result<Self, Failure> {
        let mut channel = match target.transport {
            Transport::Sse => Self::Sse(EventStream::open_slow(target, source).await?),
            Transport::WebSocket => {
                Self::Socket(Box::new(Socket::open_slow(target, source).await?))
            }
            Transport::StreamableHttp | Transport::StreamableQuiet => {
                return Self::open(target, source, post).await;
            }
        };
        channel.initialize(post).await?;
        Ok(channel)
    }

    async fn initialize(&mut self, post: &mut Post) -> Result<(), Failure> {
        self.request(post, call::INITIALIZE, 0).await?;
        self.send(post, call::INITIALIZED).await
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn request(
        &mut self,
        post: &mut Post,
        message: &str,
        id: u64,
    ) -> Result<(), Failure> {
        self.send(post, message).await?;
        self.answer(post, id).await
    }

    /// Sends a message; over HTTP+SSE, until the server has accepted it.
    pub(crate) async fn send(&mut self, post: &mut Post, message: &str) -> Result<(), Failure> {
        match self {
            Self::Sse(stream) => stream.send(post, message).await,
            Self::Streamable(session) => session.send(post, message).await,
            Self::Socket(socket) => socket.send(message).await,
        }
    }

    /// Waits for the answer to request `id`; anything but success is an error.
    pub(crate) async fn answer(&mut self, post: &mut Post, id: u64) -> Result<(), Failure> {
        match self {
            Self::Sse(stream) => stream.answer(id).await,
            Self::Streamable(session) => session.answer(post, id).await.map(drop),
            Self::Socket(socket) => socket.answer(id).await,
        }
    }

    /// Waits for the next message of the server, whatever it is.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        match self {
            Self::Sse(stream) => stream.next().await,
            _ => Err(Failure::Foreign(
                "only a stream of HTTP+SSE is read like this".to_owned(),
            )),
        }
    }

    /// Comes back after its connections are gone, and `post` with them.
    pub(super) async fn reconnect(
        &mut self,
        target: &Target,
        source: Ipv4Addr,
        post: &mut Post,
    ) -> Result<Resumed, Failure> {
        match self {
            Self::Sse(stream) => {
                if stream.resume(target, source).await? {
                    return Ok(Resumed::All);
                }
                self.initialize(post).await?;
                Ok(Resumed::Anew)
            }
            Self::Streamable(session) => {
                session.listen(target, source).await?;
                Ok(Resumed::Session)
            }
            Self::Socket(socket) => {
                **socket = Socket::open(target, source).await?;
                self.initialize(post).await?;
                Ok(Resumed::Anew)
            }
        }
    }

    /// Says goodbye where that is wanted; elsewhere the end of the connections
    /// says it.
    pub(super) async fn close(&self, target: &Target, post: &mut Post) -> Result<(), Failure> {
        match self {
            Self::Streamable(session) => session.close(target, post).await,
            _ => Ok(()),
        }
    }

    /// Reads some bytes and forgets them; `false` when nothing more will come.
    /// After that nothing that comes can be understood.
    pub(super) async fn swallow(&mut self, post: &mut Post) -> bool {
        let mut sip = [0; SIP_BYTES];
        match self {
            Self::Sse(stream) => stream.wire().sip(&mut sip).await,
            Self::Socket(socket) => {
                matches!(socket.connection().read(&mut sip).await, Ok(read) if read > 0)
            }
            Self::Streamable(_) => match post.wire() {
                Ok(wire) => wire.sip(&mut sip).await,
                Err(_) => false,
            },
        }
    }
}
