//! Measures how many sessions are opened and initialized per second of server CPU time.

use anyhow::ensure;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    client::{HttpClient, LoadSession},
    server::ServerUnderTest,
    sockets,
};

/// The number of sessions that are opened concurrently.
const OPEN_CONCURRENCY: usize = 64;

/// Returns the sessions, and the number opened per second of server CPU time.
pub(crate) async fn run(
    server: &ServerUnderTest,
    count: usize,
) -> anyhow::Result<(Vec<LoadSession>, f64)> {
    let limit = server.max_sockets()?;
    ensure!(
        sockets::sessions_within(limit, 2, count) == count,
        "{count} sessions with two sockets each need more than {limit} open files, which is the \
         limit (ulimit -n)"
    );
    let opening = stream::iter(0..count)
        .map(|index| LoadSession::open(HttpClient::new(&server.target, index)))
        .buffer_unordered(OPEN_CONCURRENCY)
        .try_collect::<Vec<_>>();
    let (sessions, cpu) = server.process.cpu_during(opening).await?;
    Ok((sessions, count as f64 / cpu.as_secs_f64()))
}
