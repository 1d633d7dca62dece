//! A user of the server: opens a session, calls, reads the answer, thinks, and
//! calls again.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{Pace, Shared, dice::Dice};
use crate::{
    client::{Failure, Resumed, Session},
    server::Target,
};

/// After a failure nobody tries again at once.
const PAUSE: Duration = Duration::from_millis(250);

const TOO_LATE: &str = "no answer in time";

struct User {
    index: usize,
    target: Target,
    shared: Arc<Shared>,
    dice: Dice,
    /// A cut that comes while something is being sent is seen afterwards.
    cuts: watch::Receiver<u64>,
    session: Option<Session>,
    last_id: u64,
}

/// Lives from its arrival until the load stops; a call that was begun is waited
/// for.
pub(super) async fn live(index: usize, arrives: Instant, shared: Arc<Shared>) {
    let stop = shared.stop.clone();
    let targets = &shared.plan.targets;
    let mut user = User {
        index,
        target: targets[index % targets.len()].clone(),
        dice: Dice::new(index),
        cuts: shared.cuts.clone(),
        session: None,
        last_id: 0,
        shared,
    };
    if stop
        .run_until_cancelled(sleep_until(arrives))
        .await
        .is_none()
    {
        return;
    }
    while !stop.is_cancelled() {
        user.once().await;
    }
    if let Some(session) = user.session.take() {
        let closed = timeout(user.shared.plan.patience, session.close(&user.target));
        if !matches!(closed.await, Ok(Ok(()))) {
            user.shared
                .tally
                .lock()
                .fail("a session could not be closed", 1);
        }
    }
}

impl User {
    /// One call, with what goes before it.
    async fn once(&mut self) {
        let shared = self.shared.clone();
        let stop = &shared.stop;
        if self.session.is_none() && !self.open().await {
            stop.run_until_cancelled(sleep(PAUSE)).await;
            return;
        }
        let (begins, is_open_loop) = match shared.plan.pace {
            Pace::Closed => (
                Instant::now() + shared.plan.think.draw(&mut self.dice),
                false,
            ),
            Pace::Rate(per_second) => (shared.next_arrival(per_second), true),
        };
        if !self.wait_until(begins).await {
            return;
        }
        let begun = if is_open_loop { begins } else { Instant::now() };
        if self.call(begun).await.is_err() {
            stop.run_until_cancelled(sleep(PAUSE)).await;
        }
    }

    /// Waits, and meanwhile comes back if the connections are cut; `false` when
    /// there is no call to be made.
    async fn wait_until(&mut self, begins: Instant) -> bool {
        let shared = self.shared.clone();
        loop {
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => return false,
                Ok(()) = self.cuts.changed() => {
                    if self.come_back().await.is_none() {
                        return false;
                    }
                }
                () = sleep_until(begins) => return true,
            }
        }
    }

    async fn open(&mut self) -> bool {
        let opening = Session::open(&self.target, self.index);
        let opened = timeout(self.shared.plan.patience, opening).await;
        let mut tally = self.shared.tally.lock();
        match opened {
            Ok(Ok(session)) => {
                self.session = Some(session);
                self.cuts.mark_unchanged();
                tally.open += 1;
                tally.opened += 1;
                return true;
            }
            Ok(Err(failure)) => tally.failed(&format!("open: {}", failure.kind()), &failure),
            Err(late) => tally.failed(&format!("open: {TOO_LATE}"), &late),
        }
        false
    }

    /// Calls, and waits for the answer; what went wrong is counted.
    async fn call(&mut self, begun: Instant) -> Result<(), ()> {
        let shared = self.shared.clone();
        let (which, call) = shared.plan.mix.draw(&mut self.dice);
        self.last_id += 1;
        let request = call.request(self.last_id);
        let called = timeout(shared.plan.patience, self.exchange(&request, self.last_id)).await;
        let mut tally = shared.tally.lock();
        match called {
            Ok(Ok(true)) => {
                tally.answered(which, begun.elapsed(), begun >= shared.measured_from);
                return Ok(());
            }
            Ok(Ok(false)) => {
                tally.cuts.calls_lost += 1;
                return Ok(());
            }
            Ok(Err(failure)) => {
                tally.failed(&failure.kind(), &failure);
                if failure.leaves_session() {
                    return Err(());
                }
            }
            Err(late) => tally.failed(TOO_LATE, &late),
        }
        if self.session.take().is_some() {
            tally.open -= 1;
        }
        Err(())
    }

    /// `false` if the answer was lost with the connection that was cut here.
    async fn exchange(&mut self, request: &str, id: u64) -> Result<bool, Failure> {
        let session = self.session.as_mut().ok_or(Failure::Closed)?;
        session.send(request).await?;
        loop {
            let session = self.session.as_mut().ok_or(Failure::Closed)?;
            tokio::select! {
                answered = session.answer(id) => return answered.map(|()| true),
                Ok(()) = self.cuts.changed() => {}
            }
            if self.come_back().await != Some(Resumed::All) {
                return Ok(false);
            }
        }
    }

    /// Loses its connections and comes back; `None` if there is no session then.
    async fn come_back(&mut self) -> Option<Resumed> {
        let session = self.session.as_mut()?;
        let coming = session.reconnect(&self.target, self.index);
        let came = timeout(self.shared.plan.patience, coming).await;
        let mut tally = self.shared.tally.lock();
        match came {
            Ok(Ok(how)) => {
                tally.came_back(how);
                return Some(how);
            }
            Ok(Err(failure)) => tally.failed(&format!("reconnect: {}", failure.kind()), &failure),
            Err(late) => tally.failed(&format!("reconnect: {TOO_LATE}"), &late),
        }
        self.session = None;
        tally.open -= 1;
        None
    }
}
