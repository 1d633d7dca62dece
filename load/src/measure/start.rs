//! From the start of the process to the first session that is answered.

use std::time::{Duration, Instant};

use crate::{
    client::{HttpClient, Session},
    cores::Cores,
    server::Server,
    server_kind::Kind,
};

/// Starts a server, opens a session, and stops it.
pub(crate) async fn run(kind: Kind, cores: Option<Cores>) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let server = Server::start(kind, cores, None).await?;
    let session = Session::open(HttpClient::new(&server.target, 0)).await?;
    let took = begun.elapsed();
    drop(session);
    server.stop().await?;
    Ok(took)
}
