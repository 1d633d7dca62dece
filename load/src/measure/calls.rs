//! Calls in a closed loop: what one costs the server, and how long it takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use hdrhistogram::Histogram;
use parking_lot::Mutex;
use tokio::task::JoinSet;

use super::open;
use crate::{
    client::{Call, Session},
    server::Server,
};

/// Part of the calls that goes before the measured ones, to warm up.
const WARM_UP_SHARE: u64 = 10;

#[derive(Debug)]
pub(crate) struct Calls {
    /// All of them were answered.
    pub(crate) count: u64,
    /// What the server needed for them.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// From the first byte of the POST to the answer, in nanoseconds.
    pub(crate) latency: Histogram<u64>,
}

impl Calls {
    pub(crate) fn cpu_us_per_call(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count as f64
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }

    pub(crate) fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1e6
    }
}

/// Makes `count` calls in `sessions` sessions, each of which waits for its
/// answer before it calls again.
pub(crate) async fn run(
    server: &Server,
    call: &Call,
    sessions: usize,
    count: u64,
) -> anyhow::Result<Calls> {
    let opened = open::run(server, sessions).await?.sessions;
    let (opened, _) = spread(opened, call, count / WARM_UP_SHARE).await?;

    let cpu = server.process.cpu()?;
    let begun = Instant::now();
    let (_opened, latency) = spread(opened, call, count).await?;
    Ok(Calls {
        count,
        wall: begun.elapsed(),
        cpu: server.process.cpu()? - cpu,
        latency,
    })
}

/// What the sessions share.
struct Load {
    call: Call,
    count: u64,
    begun: AtomicU64,
    latency: Mutex<Histogram<u64>>,
}

/// Spreads `count` calls over the sessions and gives them back.
async fn spread(
    sessions: Vec<Session>,
    call: &Call,
    count: u64,
) -> anyhow::Result<(Vec<Session>, Histogram<u64>)> {
    let load = Arc::new(Load {
        call: call.clone(),
        count,
        begun: AtomicU64::new(0),
        latency: Mutex::new(Histogram::new(3).context("making a histogram")?),
    });
    let mut running = JoinSet::new();
    for session in sessions {
        running.spawn(call_again_and_again(session, load.clone()));
    }
    let mut sessions = Vec::with_capacity(running.len());
    while let Some(session) = running.join_next().await {
        sessions.push(session.context("a session panicked")??);
    }
    let latency = load.latency.lock().clone();
    Ok((sessions, latency))
}

async fn call_again_and_again(mut session: Session, load: Arc<Load>) -> anyhow::Result<Session> {
    loop {
        // Request 0 was the initialize.
        let id = load.begun.fetch_add(1, Ordering::Relaxed) + 1;
        if id > load.count {
            return Ok(session);
        }
        let begun = Instant::now();
        session.call(&load.call, id).await?;
        let took = u64::try_from(begun.elapsed().as_nanos())?;
        let mut latency = load.latency.lock();
        latency.record(took).context("recording a latency")?;
    }
}
