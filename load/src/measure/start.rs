//! From the start of the process to the first answered `GET /sse`.

use std::time::{Duration, Instant};

use crate::{
    client::{self, EventStream},
    cores::Cores,
    server::{Kind, Server},
};

/// Starts a server, opens a stream, and stops it.
pub(crate) async fn run(kind: Kind, cores: Option<Cores>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let server = Server::start(kind, cores).await?;
    let stream = EventStream::open(&server.target, client::source(0)).await?;
    let took = begun.elapsed();
    drop(stream);
    server.stop().await?;
    Ok(took)
}
