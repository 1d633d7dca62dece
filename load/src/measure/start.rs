//! Measures the time from the start of the process to the first initialized session.

use std::time::{Duration, Instant};

use crate::{
    client::{HttpClient, LoadSession},
    cores::Cores,
    server::ServerUnderTest,
    server_kind::ServerKind,
};

/// Starts a server, opens a session, and stops it.
pub(crate) async fn run(kind: ServerKind, cores: Option<Cores>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let server = ServerUnderTest::start(kind, cores, None).await?;
    let session = LoadSession::open(HttpClient::new(&server.target, 0)).await?;
    let took = begun.elapsed();
    drop(session);
    server.stop().await?;
    Ok(took)
}
