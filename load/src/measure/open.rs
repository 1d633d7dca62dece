//! Opens and initializes sessions: how many in one second of the server's CPU.

use anyhow::ensure;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{
    client::{HttpClient, Session},
    server::Server,
    sockets,
};

/// How many sessions are being opened at any time.
const AT_ONCE: usize = 64;

/// Returns the sessions, and how many were opened in one second of the server's CPU.
pub(crate) async fn run(server: &Server, count: usize) -> anyhow::Result<(Vec<Session>, f64)> {
    let limit = server.max_sockets()?;
    ensure!(
        sockets::sessions_within(limit, 2, count) == count,
        "{count} sessions with two sockets each need more than the {limit} open files that are \
         allowed (ulimit -n)"
    );
    let opening = stream::iter(0..count)
        .map(|index| Session::open(HttpClient::new(&server.target, index)))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>();
    let (sessions, cpu) = server.process.cpu_during(opening).await?;
    Ok((sessions, count as f64 / cpu.as_secs_f64()))
}
