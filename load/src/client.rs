//! The client: HTTP/1.1 and server-sent events over raw sockets, so that it
//! costs far less than the server it measures.

mod call;
mod chunks;
mod event;
mod head;
mod post;
mod stream;
mod wire;

pub(crate) use call::{Call, ping};
pub(crate) use post::Post;
pub(crate) use stream::EventStream;

use std::net::Ipv4Addr;

use crate::server::Target;

/// One session: its event stream, and a connection that is kept for posting.
#[derive(Debug)]
pub(crate) struct Session {
    stream: EventStream,
    post: Post,
}

impl Session {
    /// Opens the `index`-th session and initializes it.
    pub(crate) async fn open(target: &Target, index: usize) -> anyhow::Result<Self> {
        let source = source(index);
        let mut stream = EventStream::open(target, source).await?;
        let mut post = Post::connect(target, source).await?;
        initialize(&mut stream, &mut post).await?;
        Ok(Self { stream, post })
    }

    /// Posts a request and waits for its answer on the stream.
    pub(crate) async fn call(&mut self, call: &Call, id: u64) -> anyhow::Result<()> {
        request(&mut self.stream, &mut self.post, &call.request(id), id).await
    }
}

/// Says hello, as every client does before anything else.
pub(crate) async fn initialize(stream: &mut EventStream, post: &mut Post) -> anyhow::Result<()> {
    request(stream, post, call::INITIALIZE, 0).await?;
    post.send(stream.endpoint(), call::INITIALIZED).await
}

/// Posts a request, through whichever connection, and waits for its answer.
pub(crate) async fn request(
    stream: &mut EventStream,
    post: &mut Post,
    message: &str,
    id: u64,
) -> anyhow::Result<()> {
    post.send(stream.endpoint(), message).await?;
    stream.answer(id).await
}

/// The address that the `index`-th session comes from. One address has too few
/// ports for all, and is but one client to a server that limits clients.
pub(crate) fn source(index: usize) -> Ipv4Addr {
    let host = u8::try_from(index % 250).expect("a remainder of 250 fits");
    Ipv4Addr::new(127, 0, 1, host + 1)
}
