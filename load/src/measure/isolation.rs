//! Measures how misbehaving sessions affect another session. They send large calls as fast as these
//! are accepted, and never read an answer.

use std::{cell::Cell, slice, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use hdrhistogram::Histogram;

use super::calls::closed_loop;
use crate::{
    client::{Failure, HttpClient, LoadSession, RequestTemplate},
    load_target::LoadTarget,
    server::ServerUnderTest,
};

/// Large enough that unread answers fill every buffer.
const TEXT_BYTES: usize = 16 * 1024;

/// The pause of a disturber between two calls. Without it, the disturbers would use up the core.
const SEND_INTERVAL: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub(crate) struct IsolationMeasurement {
    /// Latencies of the measured session in nanoseconds.
    pub(crate) alone: Histogram<u64>,
    pub(crate) disturbed: Histogram<u64>,
    /// The number of times a disturber lost its session or was refused.
    pub(crate) refused: usize,
}

/// Makes `count` calls in one session, first alone, then alongside `disturbers`.
pub(crate) async fn run(
    server: &ServerUnderTest,
    call: &RequestTemplate,
    disturbers: usize,
    count: u64,
) -> anyhow::Result<IsolationMeasurement> {
    let mut session = LoadSession::open(HttpClient::new(&server.target, 0)).await?;
    let alone = closed_loop(slice::from_mut(&mut session), call, count).await?;

    let refused = Cell::new(0);
    let disturbing = (1..=disturbers).map(|index| disturb(&server.target, index, &refused));
    let mut disturbing = disturbing.collect::<FuturesUnordered<_>>();
    let disturbed = tokio::select! {
        latency = closed_loop(slice::from_mut(&mut session), call, count) => latency?,
        Some(failure) = disturbing.next() => return Err(failure.into()),
    };
    Ok(IsolationMeasurement {
        alone,
        disturbed,
        refused: refused.get(),
    })
}

/// Runs a disturber until no session can be opened.
async fn disturb(target: &LoadTarget, index: usize, refused: &Cell<usize>) -> Failure {
    let text = "x".repeat(TEXT_BYTES);
    let call = RequestTemplate::new("echo", &format!(r#"{{"text":"{text}"}}"#));
    loop {
        let mut session = match LoadSession::open(HttpClient::new(target, index)).await {
            Ok(session) => session,
            Err(failure) => return failure,
        };
        let mut id = 1;
        while session.send(call.request(id)).await.is_ok() {
            id += 1;
            tokio::time::sleep(SEND_INTERVAL).await;
        }
        refused.set(refused.get() + 1);
    }
}
