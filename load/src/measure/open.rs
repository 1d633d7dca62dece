//! Opens and initializes sessions: how many in one second of the server's CPU.

use anyhow::ensure;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    client::{HttpClient, LoadSession},
    server::ServerUnderTest,
    sockets,
};

/// How many sessions are being opened at any time.
const OPEN_CONCURRENCY: usize = 64;

/// Returns the sessions, and how many were opened in one second of the server's CPU.
pub(crate) async fn run(
    server: &ServerUnderTest,
    count: usize,
) -> anyhow::Result<(Vec<LoadSession>, f64)> {
    let limit = server.max_sockets()?;
    ensure!(
        sockets::sessions_within(limit, 2, count) == count,
        "{count} sessions with two sockets each need more than the {limit} open files that are \
         allowed (ulimit -n)"
    );
    let opening = stream::iter(0..count)
        .map(|index| LoadSession::open(HttpClient::new(&server.target, index)))
        .buffer_unordered(OPEN_CONCURRENCY)
        .try_collect::<Vec<_>>();
    let (sessions, cpu) = server.process.cpu_during(opening).await?;
    Ok((sessions, count as f64 / cpu.as_secs_f64()))
}
