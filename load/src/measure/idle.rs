//! Measures the memory of idle sessions, and whether it is released.

use std::time::Duration;

use super::open;
use crate::server::ServerUnderTest;

/// Sessions that are opened and closed first, to exclude what a server allocates once.
const WARM_UP_SESSIONS: usize = 64;

/// How long an allocator may take to release memory; jemalloc does so over ten seconds.
const RELEASE_TIME: Duration = Duration::from_secs(12);

#[derive(Debug)]
pub(crate) struct IdleMeasurement {
    pub(crate) kib_per_session: f64,
    pub(crate) opened_per_cpu_second: f64,
}

/// Opens `count` sessions, each with a stream and a connection for POST requests, and leaves them
/// idle.
pub(crate) async fn run(server: &ServerUnderTest, count: usize) -> anyhow::Result<IdleMeasurement> {
    open_and_close(server, WARM_UP_SESSIONS).await?;
    server.settle().await?;
    let before = server.process.memory_kib()?;
    let (_sessions, rate) = open::run(server, count).await?;
    server.settle().await?;
    let after = server.process.memory_kib()?;
    Ok(IdleMeasurement {
        kib_per_session: (after as f64 - before as f64) / count as f64,
        opened_per_cpu_second: rate,
    })
}

/// Opens and closes `count` sessions, `rounds` times. Returns the memory in KiB after each round,
/// once `grace` is over and the allocator has released memory.
pub(crate) async fn reopen(
    server: &ServerUnderTest,
    count: usize,
    rounds: usize,
    grace: Duration,
) -> anyhow::Result<Vec<u64>> {
    let mut memory = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        open_and_close(server, count).await?;
        tokio::time::sleep(grace + RELEASE_TIME).await;
        server.settle().await?;
        memory.push(server.process.memory_kib()?);
    }
    Ok(memory)
}

async fn open_and_close(server: &ServerUnderTest, count: usize) -> anyhow::Result<()> {
    let open_files = server.process.open_files()?;
    drop(open::run(server, count).await?);
    server.wait_for_closed_connections(open_files).await
}
