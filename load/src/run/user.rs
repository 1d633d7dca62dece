//! A well-behaved client: calls, reads the answer, pauses, and repeats.

use std::time::Duration;

use fastrand::Rng;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

use super::Run;
use crate::client::{Failure, HttpClient, LoadSession, ResumeOutcome};

/// The delay after a failure.
const RETRY_DELAY: Duration = Duration::from_millis(250);

struct User<'a> {
    index: usize,
    run: &'a Run<'a>,
    random: Rng,
    /// A cut during a send is noticed after it.
    cuts: watch::Receiver<()>,
    session: Option<LoadSession>,
    last_id: u64,
}

/// Runs from `arrives` until the load stops. A call that has begun is completed.
pub(super) async fn run(index: usize, arrives: Instant, run: &Run<'_>) {
    let mut user = User {
        index,
        run,
        random: Rng::with_seed(index as u64),
        cuts: run.cuts.clone(),
        session: None,
        last_id: 0,
    };
    let arrived = run.stop.run_until_cancelled(sleep_until(arrives));
    if arrived.await.is_none() {
        return;
    }
    while !run.stop.is_cancelled() {
        if (user.session.is_none() && user.open().await.is_err()) || user.call_once().await.is_err()
        {
            run.stop.run_until_cancelled(sleep(RETRY_DELAY)).await;
        }
    }
    if let Some(session) = user.session.take()
        && run.with_timeout(session.close()).await.is_err()
    {
        let mut tally = run.tally.borrow_mut();
        tally.add_failures("cannot close session".to_owned(), 1);
    }
}

impl User<'_> {
    async fn open(&mut self) -> Result<(), ()> {
        let client = HttpClient::new(self.run.target(self.index), self.index);
        let opened = self.run.with_timeout(LoadSession::open(client)).await;
        let mut tally = self.run.tally.borrow_mut();
        let session = opened.map_err(|failure| tally.record_failure("open: ", &failure))?;
        self.session = Some(session);
        self.cuts.mark_unchanged();
        tally.open += 1;
        tally.opened += 1;
        Ok(())
    }

    /// Waits until a call is due, and makes it. Counts failures.
    async fn call_once(&mut self) -> Result<(), ()> {
        let plan = self.run.plan;
        let due = match plan.rate {
            None => Instant::now() + plan.think.draw(&mut self.random),
            Some(per_second) => self.run.next_arrival(per_second),
        };
        if !self.wait_until(due).await {
            return Ok(());
        }
        // At a fixed rate, the wait for a free session counts as latency.
        let begun = plan.rate.map_or_else(Instant::now, |_| due);
        let (part, call) = self.run.mix.draw(&mut self.random);
        self.last_id += 1;
        let request = call.request(self.last_id);
        let answered = self.run.with_timeout(self.exchange(request)).await;
        let mut tally = self.run.tally.borrow_mut();
        match answered {
            Ok(true) => {
                let is_measured = begun >= self.run.measured_from;
                tally.record_answer(part, begun.elapsed(), is_measured);
            }
            Ok(false) => tally.cuts.calls_lost += 1,
            Err(failure) => {
                tally.record_failure("", &failure);
                if !failure.leaves_session() && self.session.take().is_some() {
                    tally.open -= 1;
                }
                return Err(());
            }
        }
        Ok(())
    }

    /// Waits, and reconnects if the connections are cut. Returns whether a call can be made.
    async fn wait_until(&mut self, due: Instant) -> bool {
        loop {
            tokio::select! {
                biased;
                () = self.run.stop.cancelled() => return false,
                Ok(()) = self.cuts.changed() => {
                    if self.reconnect().await.is_none() {
                        return false;
                    }
                }
                () = sleep_until(due) => return true,
            }
        }
    }

    /// Sends a request and waits for its answer. Returns `false` if the answer was lost with a
    /// connection that was cut.
    async fn exchange(&mut self, request: String) -> Result<bool, Failure> {
        let session = self.session.as_mut().ok_or(Failure::Closed)?;
        session.send(request).await?;
        loop {
            let session = self.session.as_mut().ok_or(Failure::Closed)?;
            tokio::select! {
                answered = session.answer(self.last_id) => return answered.map(|()| true),
                Ok(()) = self.cuts.changed() => {}
            }
            if self.reconnect().await != Some(ResumeOutcome::WithAnswers) {
                return Ok(false);
            }
        }
    }

    /// Closes the connections and reconnects; `None` if no session is left.
    async fn reconnect(&mut self) -> Option<ResumeOutcome> {
        let reconnected = self
            .run
            .with_timeout(self.session.as_mut()?.reconnect())
            .await;
        let mut tally = self.run.tally.borrow_mut();
        match reconnected {
            Ok(resumed) => {
                tally.record_reconnect(resumed);
                Some(resumed)
            }
            Err(failure) => {
                tally.record_failure("reconnect: ", &failure);
                tally.open -= 1;
                self.session = None;
                None
            }
        }
    }
}
