//! Many sessions that share a few connections for POST requests, which halves the number of sockets.

use std::future::Future;

use futures_util::{Stream, StreamExt, stream};
use tokio::time::Instant;

use crate::{
    client::{Failure, HttpClient, LoadSession, RequestTemplate},
    load_target::LoadTarget,
};

/// The number of connections for POST requests, and of sessions in use at any time.
pub(crate) const CONCURRENCY: usize = 16;

pub(crate) struct SessionPool {
    clients: Vec<HttpClient>,
    pub(crate) sessions: Vec<LoadSession>,
}

/// The number of sessions that completed an action before the first failure.
#[derive(Debug, Default)]
pub(crate) struct PoolOutcome {
    pub(crate) count: usize,
    pub(crate) first: Option<Instant>,
    pub(crate) failure: Option<Failure>,
}

impl PoolOutcome {
    async fn of(done: impl Stream<Item = Result<(), Failure>>) -> Self {
        let mut done = std::pin::pin!(done);
        let mut outcome = Self::default();
        while let Some(result) = done.next().await {
            if let Err(failure) = result {
                outcome.failure = Some(failure);
                break;
            }
            outcome.first.get_or_insert_with(Instant::now);
            outcome.count += 1;
        }
        outcome
    }

    pub(crate) fn all(self) -> Result<Self, Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self),
        }
    }
}

impl SessionPool {
    pub(crate) fn new(target: &LoadTarget) -> Self {
        let clients = (0..CONCURRENCY).map(|index| HttpClient::new(target, index));
        Self {
            clients: clients.collect(),
            sessions: Vec::new(),
        }
    }

    /// Opens and initializes sessions until there are `count`.
    pub(crate) async fn grow_to(&mut self, count: usize) -> PoolOutcome {
        let Self { clients, sessions } = self;
        let opening = stream::iter(sessions.len()..count)
            .map(|index| LoadSession::open(clients[index % CONCURRENCY].sharing(index)))
            .buffer_unordered(CONCURRENCY)
            .map(|opened| opened.map(|session| sessions.push(session)));
        PoolOutcome::of(opening).await
    }

    /// Sends one call in each session, with an id greater than any before.
    pub(crate) async fn call_each(&mut self, call: &RequestTemplate, id: u64) -> PoolOutcome {
        self.each(|session| session.call(call, id)).await
    }

    /// Waits until each session has received a message that contains `text`.
    pub(crate) async fn receive_each(&mut self, text: &str) -> PoolOutcome {
        self.each(|session| async move {
            while !session.next().await?.contains(text) {}
            Ok(())
        })
        .await
    }

    async fn each<'a, F>(&'a mut self, action: impl FnMut(&'a mut LoadSession) -> F) -> PoolOutcome
    where
        F: Future<Output = Result<(), Failure>>,
    {
        let actions = stream::iter(&mut self.sessions).map(action);
        PoolOutcome::of(actions.buffer_unordered(CONCURRENCY)).await
    }
}
