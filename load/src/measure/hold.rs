//! Very many sessions at once, all of which still answer.

use crate::{client::ping, crowd::Crowd, server::Server, sockets};

#[derive(Debug, Default)]
pub(crate) struct Held {
    /// How many the limit on open files lets us try.
    pub(crate) tried: usize,
    /// How many were open and initialized at once, and answered a ping then.
    pub(crate) answered: usize,
    /// What the first that failed said.
    pub(crate) failure: Option<anyhow::Error>,
}

impl Held {
    /// Why fewer than `wanted` were tried, if so.
    pub(crate) fn limit(&self, wanted: usize) -> Option<String> {
        (self.tried < wanted).then(|| {
            format!(
                "{} instead of {wanted} sessions were to be held: no process may have more files \
                 open here (ulimit -Hn).",
                self.tried
            )
        })
    }
}

pub(crate) async fn run(server: &Server, wanted: usize) -> anyhow::Result<Held> {
    let tried = sockets::sessions_within(server.max_sockets()?, 1, wanted);
    let mut crowd = Crowd::new(&server.target);
    let opened = crowd.grow_to(tried).await;
    // All are open; none is closed before the last has answered.
    let answered = crowd.request(1, ping(1)).await;
    Ok(Held {
        tried,
        answered: answered.count,
        failure: opened.failure.or(answered.failure).map(Into::into),
    })
}
