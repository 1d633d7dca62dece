//! Very many sessions at once, all of which still answer.

use crate::{client::RequestTemplate, server::ServerUnderTest, session_pool::SessionPool, sockets};

#[derive(Debug, Default)]
pub(crate) struct HoldMeasurement {
    /// How many the limit on open files allows.
    pub(crate) tried: usize,
    /// How many answered a ping while all of them were open.
    pub(crate) answered: usize,
    /// The first failure.
    pub(crate) failure: Option<anyhow::Error>,
}

impl HoldMeasurement {
    /// Why fewer than `wanted` were tried, if so.
    pub(crate) fn limit(&self, wanted: usize) -> Option<String> {
        let tried = self.tried;
        (tried < wanted).then(|| {
            format!(
                "{tried} instead of {wanted} sessions were held: no process may have more files \
                 open here (ulimit -Hn)."
            )
        })
    }
}

pub(crate) async fn run(
    server: &ServerUnderTest,
    wanted: usize,
) -> anyhow::Result<HoldMeasurement> {
    let tried = sockets::sessions_within(server.max_sockets()?, 1, wanted);
    let mut pool = SessionPool::new(&server.target);
    let opened = pool.grow_to(tried).await;
    // All are open; none is closed before the last has answered.
    let answered = pool.call_each(&RequestTemplate::ping(), 1).await;
    Ok(HoldMeasurement {
        tried,
        answered: answered.count,
        failure: opened.failure.or(answered.failure).map(Into::into),
    })
}
