//! A client that calls but hardly reads. It must not affect other clients.

use std::time::Duration;

use fastrand::Rng;
use tokio::time::{sleep, timeout};

use super::Run;
use crate::client::{HttpClient, LoadSession};

/// The pause between two calls, and the time limit of a read.
const INTERVAL: Duration = Duration::from_millis(100);

/// The number of calls per message that it reads.
const CALLS_PER_READ: u64 = 5;

/// The time limit for sending a call.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// Runs sessions one after another until the load stops.
pub(super) async fn run(index: usize, run: &Run<'_>) {
    while !run.stop.is_cancelled() {
        let client = HttpClient::new(run.target(index), index).with_small_buffer();
        if let Ok(mut session) = run.with_timeout(LoadSession::open(client)).await {
            let calling = call_and_hardly_read(&mut session, index, run);
            run.stop.run_until_cancelled(calling).await;
            // The server may have closed it already.
            let _ = run.with_timeout(session.close()).await;
        }
        let paused = run.stop.run_until_cancelled(sleep(INTERVAL));
        if paused.await.is_some() {
            run.tally.borrow_mut().slow.refused += 1;
        }
    }
}

/// Returns when the server has closed the session.
async fn call_and_hardly_read(session: &mut LoadSession, index: usize, run: &Run<'_>) {
    let mut random = Rng::with_seed(index as u64);
    for id in 1.. {
        let (_, call) = run.mix.draw(&mut random);
        match timeout(SEND_TIMEOUT, session.send(call.request(id))).await {
            Ok(Ok(())) => run.tally.borrow_mut().slow.calls += 1,
            Ok(Err(failure)) if failure.leaves_session() => {}
            Ok(Err(_)) => return,
            // The server may stop reading from a client that does not read.
            Err(_) => {}
        }
        if id % CALLS_PER_READ == 0
            && let Ok(Err(_)) = timeout(INTERVAL, session.next()).await
        {
            return;
        }
        sleep(INTERVAL).await;
    }
}
