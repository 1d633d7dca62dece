//! Measures calls in a closed loop: server CPU time and latency.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use futures_util::{TryStreamExt, stream::FuturesUnordered};
use hdrhistogram::Histogram;

use super::open;
use crate::{
    client::{LoadSession, RequestTemplate},
    server::ServerUnderTest,
};

/// The warm-up has this fraction of the measured calls: one in ten.
const WARM_UP_SHARE: u64 = 10;

#[derive(Debug)]
pub(crate) struct CallMeasurement {
    /// All were answered.
    pub(crate) count: u64,
    /// CPU time of the server.
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    /// From the start of the POST to the answer, in nanoseconds.
    pub(crate) latency: Histogram<u64>,
}

impl CallMeasurement {
    pub(crate) fn cpu_us_per_call(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count as f64
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.wall.as_secs_f64()
    }
}

/// Returns a quantile of latencies in milliseconds.
pub(crate) fn quantile_ms(latency: &Histogram<u64>, quantile: f64) -> f64 {
    latency.value_at_quantile(quantile) as f64 / 1e6
}

/// Makes `count` calls in `sessions` sessions. Each session waits for its answer before the next
/// call.
pub(crate) async fn run(
    server: &ServerUnderTest,
    call: &RequestTemplate,
    sessions: usize,
    count: u64,
) -> anyhow::Result<CallMeasurement> {
    let (mut opened, _) = open::run(server, sessions).await?;
    closed_loop(&mut opened, call, count / WARM_UP_SHARE).await?;

    let begun = Instant::now();
    let calling = closed_loop(&mut opened, call, count);
    let (latency, cpu) = server.process.cpu_during(calling).await?;
    Ok(CallMeasurement {
        count,
        cpu,
        wall: begun.elapsed(),
        latency,
    })
}

/// Distributes `count` calls over the sessions. Returns their latencies in nanoseconds.
pub(super) async fn closed_loop(
    sessions: &mut [LoadSession],
    call: &RequestTemplate,
    count: u64,
) -> anyhow::Result<Histogram<u64>> {
    // Request 0 was the initialize.
    let last_id = Cell::new(0);
    let latency = RefCell::new(Histogram::new(3)?);
    let call_until_done = async |session: &mut LoadSession| {
        while last_id.get() < count {
            let id = last_id.get() + 1;
            last_id.set(id);
            let begun = Instant::now();
            session.call(call, id).await?;
            let took = u64::try_from(begun.elapsed().as_nanos())?;
            latency.borrow_mut().record(took)?;
        }
        anyhow::Ok(())
    };
    let calling = sessions.iter_mut().map(call_until_done);
    let calling = calling.collect::<FuturesUnordered<_>>();
    calling.try_collect::<()>().await?;
    Ok(latency.into_inner())
}
