//! Measures how many sessions can be open and answer.

use crate::{client::RequestTemplate, server::ServerUnderTest, session_pool::SessionPool, sockets};

#[derive(Debug, Default)]
pub(crate) struct HoldMeasurement {
    /// The number of sessions that the limit on open files permits.
    pub(crate) tried: usize,
    /// The number of sessions that answered a ping while all were open.
    pub(crate) answered: usize,
    /// The first failure.
    pub(crate) failure: Option<anyhow::Error>,
}

impl HoldMeasurement {
    /// Explains why fewer than `requested` sessions were tried.
    pub(crate) fn limit(&self, requested: usize) -> Option<String> {
        let tried = self.tried;
        (tried < requested).then(|| {
            format!(
                "{tried} instead of {requested} sessions were opened because of the limit on open files \
                 (ulimit -Hn)."
            )
        })
    }
}

pub(crate) async fn run(
    server: &ServerUnderTest,
    requested: usize,
) -> anyhow::Result<HoldMeasurement> {
    let tried = sockets::sessions_within(server.max_sockets()?, 1, requested);
    let mut pool = SessionPool::new(&server.target);
    let opened = pool.grow_to(tried).await;
    // All sessions stay open until the last has answered.
    let answered = pool.call_each(&RequestTemplate::ping(), 1).await;
    Ok(HoldMeasurement {
        tried,
        answered: answered.count,
        failure: opened.failure.or(answered.failure).map(Into::into),
    })
}
