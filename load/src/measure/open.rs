//! Opens and initializes sessions: how many in one second of the server's CPU.

use std::time::Duration;

use anyhow::ensure;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{client::Session, server::Server, sockets};

/// How many sessions are being opened at any time.
const AT_ONCE: usize = 64;

pub(crate) struct Opened {
    /// They stay open as long as this value.
    pub(crate) sessions: Vec<Session>,
    /// What the server needed for them.
    pub(crate) cpu: Duration,
}

impl Opened {
    pub(crate) fn per_cpu_second(&self) -> f64 {
        self.sessions.len() as f64 / self.cpu.as_secs_f64()
    }
}

pub(crate) async fn run(server: &Server, count: usize) -> anyhow::Result<Opened> {
    let limit = server.max_sockets()?;
    ensure!(
        sockets::sessions_within(limit, 2, count) == count,
        "{count} sessions with two sockets each need more than the {limit} open files that are \
         allowed (ulimit -n)"
    );
    let opening = stream::iter(0..count)
        .map(|index| Session::open(&server.target, index))
        .buffer_unordered(AT_ONCE)
        .try_collect::<Vec<_>>();
    let (sessions, cpu) = server.process.cpu_during(opening).await?;
    Ok(Opened { sessions, cpu })
}
