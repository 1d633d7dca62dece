//! The client: HTTP/1.1 and events over raw sockets, so that it costs far less
//! than the server it measures; for WebSocket, tungstenite.
//!
//! A session is a `Channel`, where answers come, and a `Post`, which many
//! sessions may share.

mod call;
mod channel;
mod chunks;
mod event;
mod events;
mod failure;
mod head;
mod message;
mod post;
mod socket;
mod sse;
mod streamable;
mod wire;

pub(crate) use call::{Call, ping, subscribe};
pub(crate) use channel::{Channel, Resumed};
pub(crate) use failure::Failure;
pub(crate) use post::Post;
pub(crate) use wire::Wire;

use std::net::Ipv4Addr;

use crate::server::Target;

/// One session with a connection of its own for posting.
#[derive(Debug)]
pub(crate) struct Session {
    channel: Channel,
    post: Post,
}

impl Session {
    /// Opens the `index`-th session and initializes it.
    pub(crate) async fn open(target: &Target, index: usize) -> Result<Self, Failure> {
        let source = source(index);
        let mut post = Post::new(target, source);
        let channel = Channel::open(target, source, &mut post).await?;
        Ok(Self { channel, post })
    }

    /// The same for one that reads slowly.
    pub(crate) async fn open_slow(target: &Target, index: usize) -> Result<Self, Failure> {
        let source = source(index);
        let mut post = Post::new(target, source);
        let channel = Channel::open_slow(target, source, &mut post).await?;
        Ok(Self { channel, post })
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn call(&mut self, call: &Call, id: u64) -> Result<(), Failure> {
        self.send(&call.request(id)).await?;
        self.answer(id).await
    }

    /// Sends a request.
    pub(crate) async fn send(&mut self, message: &str) -> Result<(), Failure> {
        self.channel.send(&mut self.post, message).await
    }

    /// Waits for the answer to a request that was sent.
    pub(crate) async fn answer(&mut self, id: u64) -> Result<(), Failure> {
        self.channel.answer(&mut self.post, id).await
    }

    /// Loses all its connections, and comes back as its transport can.
    pub(crate) async fn reconnect(
        &mut self,
        target: &Target,
        index: usize,
    ) -> Result<Resumed, Failure> {
        self.post.cut();
        self.channel
            .reconnect(target, source(index), &mut self.post)
            .await
    }

    /// Ends the session, whatever is under way.
    pub(crate) async fn close(mut self, target: &Target) -> Result<(), Failure> {
        self.post.cut();
        self.channel.close(target, &mut self.post).await
    }

    /// Reads some bytes and forgets them; `false` when nothing more will come.
    pub(crate) async fn swallow(&mut self) -> bool {
        self.channel.swallow(&mut self.post).await
    }
}

/// The address that the `index`-th session comes from. One address has too few
/// ports for all, and is but one client to a server that limits clients.
pub(crate) fn source(index: usize) -> Ipv4Addr {
    let host = u8::try_from(index % 250).expect("a remainder of 250 fits");
    Ipv4Addr::new(127, 0, 1, host + 1)
}
