//! Commits the records of a journal until there are none left.

use std::{mem, sync::Arc, time::Duration};

use rmcp::ServerHandler;
use tokio::time::{Instant, sleep, timeout};

use super::{
    super::{
        Session,
        journal_entry::{CommitSender, OwnershipLost},
    },
    Journal, State,
};
use crate::sse::{
    close_reason::CloseReason,
    store::{Commit, StoreError},
};

/// How often to check whether an unavailable store has recovered.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

pub(super) async fn commit_all<S: ServerHandler>(session: Arc<Session<S>>) {
    let Some(journal) = &session.journal else {
        return;
    };
    let mut was_missing = false;
    let (mut unavailable_since, mut pause) = (None, POLL_INTERVAL);
    loop {
        let (commit, waiting, end) = {
            let mut log = journal.log.lock();
            if log.records.is_empty() {
                log.committing = false;
                let is_lost = log.state == State::Lost;
                log.settle(if is_lost { Err(OwnershipLost) } else { Ok(()) });
                return;
            }
            log.commits += 1;
            let commit = Commit {
                session: session.id,
                token: session.outbox.token().to_string(),
                epoch: journal.epoch,
                number: log.commits,
                first_event: session.outbox.first(),
                records: mem::take(&mut log.records),
            };
            (commit, mem::take(&mut log.waiting), session.outbox.end())
        };
        let begun = Instant::now();
        let committing = journal.store.commit(commit);
        let result = timeout(session.config.store_timeout, committing).await;
        session.metrics.commit_seconds.record(begun.elapsed());
        let result = result.unwrap_or(Err(StoreError::Unavailable));
        let has_timed_out = |since: Instant| since.elapsed() >= session.config.store_timeout;
        // `None` while the commit is retried.
        let outcome = {
            let mut log = journal.log.lock();
            match result {
                Ok(()) => {
                    was_missing = false;
                    (unavailable_since, pause) = (None, POLL_INTERVAL);
                    session.outbox.release(end);
                    Some(Ok(()))
                }
                Err(StoreError::Fenced) => {
                    log.state = State::Lost;
                    log.records.clear();
                    Some(Err(OwnershipLost))
                }
                Err(StoreError::Missing) if !was_missing && log.state == State::Live => {
                    was_missing = true;
                    log.records = vec![session.snapshot(journal, &log)];
                    log.waiting.splice(0..0, waiting);
                    continue;
                }
                Err(_)
                    if log.state == State::Live
                        && !has_timed_out(*unavailable_since.get_or_insert(begun)) =>
                {
                    None
                }
                Err(error) => {
                    if log.state == State::Live {
                        log.state = State::Unavailable;
                    }
                    log.records.clear();
                    tracing::warn!(
                        session.tag = %session.tag, %error,
                        "session not stored"
                    );
                    session.outbox.release_all();
                    Some(Ok(()))
                }
            }
        };
        let Some(outcome) = outcome else {
            // The store may recover soon; a snapshot then replaces the records.
            sleep(pause).await;
            pause *= 2;
            while journal.store.generation().is_none()
                && !has_timed_out(unavailable_since.unwrap_or(begun))
            {
                sleep(POLL_INTERVAL).await;
            }
            session.retry_with_snapshot(journal, waiting);
            continue;
        };
        for waiting in waiting {
            let _ = waiting.send(outcome);
        }
        if outcome == Err(OwnershipLost) {
            session.close(CloseReason::TakenOver);
        }
    }
}

impl<S: ServerHandler> Session<S> {
    /// Replaces the records that could not be committed by a snapshot.
    fn retry_with_snapshot(&self, journal: &Journal, waiting: Vec<CommitSender>) {
        let mut log = journal.log.lock();
        log.waiting.splice(0..0, waiting);
        let end = match log.state {
            State::Live => None,
            State::Closed => log.records.pop(),
            State::Unavailable | State::Lost => return,
        };
        log.generation = journal.store.generation();
        log.records = vec![self.snapshot(journal, &log)];
        log.records.extend(end);
    }
}
