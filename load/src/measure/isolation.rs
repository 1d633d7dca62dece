//! What a session notices of others that misbehave: they post large calls as
//! fast as they are taken, and never read an answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::{
    client::{Call, Session},
    server::{Server, Target},
};

/// Long enough that answers nobody reads fill every buffer.
const TEXT_BYTES: usize = 16 * 1024;

/// A disturber pauses between two posts, so that what is measured is not the
/// share of one core that is left.
const PAUSE: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub(crate) struct Isolation {
    /// Latency of the good session's calls in nanoseconds.
    pub(crate) alone: Histogram<u64>,
    pub(crate) disturbed: Histogram<u64>,
    /// How often a disturber lost its session, or was refused.
    pub(crate) refused: usize,
}

/// Makes `count` calls in one session, first alone, then beside `disturbers`.
pub(crate) async fn run(
    server: &Server,
    call: &Call,
    disturbers: usize,
    count: u64,
) -> anyhow::Result<Isolation> {
    let mut session = Session::open(&server.target, 0).await?;
    let alone = calls(&mut session, call, 0..count).await?;

    let stop = Arc::new(AtomicBool::new(false));
    let mut running = JoinSet::new();
    for index in 1..=disturbers {
        running.spawn(disturb(server.target.clone(), index, stop.clone()));
    }
    let disturbed = calls(&mut session, call, count..2 * count).await?;
    stop.store(true, Ordering::Relaxed);
    let mut refused = 0;
    while let Some(done) = running.join_next().await {
        refused += done.context("a disturber panicked")??;
    }
    Ok(Isolation {
        alone,
        disturbed,
        refused,
    })
}

async fn calls(
    session: &mut Session,
    call: &Call,
    ids: std::ops::Range<u64>,
) -> anyhow::Result<Histogram<u64>> {
    let mut latency = Histogram::new(3).context("making a histogram")?;
    for id in ids {
        let begun = Instant::now();
        // Request 0 was the initialize.
        session.call(call, id + 1).await?;
        latency.record(u64::try_from(begun.elapsed().as_nanos())?)?;
    }
    Ok(latency)
}

/// Misbehaves until told to stop; tells how often it was refused.
async fn disturb(target: Target, index: usize, stop: Arc<AtomicBool>) -> anyhow::Result<usize> {
    let text = "x".repeat(TEXT_BYTES);
    let call = Call::new("echo", &format!(r#"{{"text":"{text}"}}"#));
    let mut refused = 0;
    while !stop.load(Ordering::Relaxed) {
        let mut session = Session::open(&target, index).await?;
        for id in 1.. {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            if session.send(&call.request(id)).await.is_err() {
                refused += 1;
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(refused)
}
