//! What a request holds while it runs: its id in its session, or a permit.
//!
//! It travels with the request into the handler and with the answer to the client, and is given
//! back when both are done: a client that drops the connection does not get room for another call
//! while the first still runs.

use metrics::Gauge;

use super::session::Running;
use rmcp_transport::SessionPermit;

#[derive(Debug)]
pub(super) struct Held {
    _thing: Thing,
    in_flight: Gauge,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held to be dropped")]
pub(super) enum Thing {
    Request(Running),
    Permit(SessionPermit),
}

impl Held {
    pub(super) fn new(thing: impl Into<Thing>, in_flight: Gauge) -> Self {
        in_flight.increment(1);
        Self {
            _thing: thing.into(),
            in_flight,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.in_flight.decrement(1);
    }
}

impl From<Running> for Thing {
    fn from(running: Running) -> Self {
        Self::Request(running)
    }
}

impl From<SessionPermit> for Thing {
    fn from(permit: SessionPermit) -> Self {
        Self::Permit(permit)
    }
}
