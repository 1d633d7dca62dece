//! What a request holds while it runs: its id in its session, or a permit.
//!
//! It travels with the request into the handler and with the answer to the client, and is given
//! back when both are done: a client that drops the connection does not get room for another call
//! while the first still runs.

use metrics::Gauge;

use super::session::RunningRequest;
use rmcp_transport::SessionPermit;

#[derive(Debug)]
pub(super) struct RequestGuard {
    _thing: HeldPermit,
    in_flight: Gauge,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held to be dropped")]
pub(super) enum HeldPermit {
    Request(RunningRequest),
    Permit(SessionPermit),
}

impl RequestGuard {
    pub(super) fn new(thing: impl Into<HeldPermit>, in_flight: Gauge) -> Self {
        in_flight.increment(1);
        Self {
            _thing: thing.into(),
            in_flight,
        }
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.in_flight.decrement(1);
    }
}

impl From<RunningRequest> for HeldPermit {
    fn from(running: RunningRequest) -> Self {
        Self::Request(running)
    }
}

impl From<SessionPermit> for HeldPermit {
    fn from(permit: SessionPermit) -> Self {
        Self::Permit(permit)
    }
}
