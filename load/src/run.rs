//! Load as its user wants it: many sessions that behave as clients do, some of
//! them badly, and what each call took.

mod dice;
mod gate;
mod mix;
mod plan;
mod progress;
mod report;
mod sample;
mod slow_reader;
mod tally;
mod user;

pub(crate) use gate::Limits;
pub(crate) use mix::Mix;
pub(crate) use plan::{Pace, Plan, Think, duration};
pub(crate) use report::Report;
pub(crate) use sample::Sample;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use parking_lot::Mutex;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use self::{progress::Progress, sample::Sampler, tally::Tally};
use crate::process::Process;

/// What all sessions share.
#[derive(Debug)]
struct Shared {
    plan: Plan,
    /// When all sessions are there and measuring begins.
    measured_from: Instant,
    stop: CancellationToken,
    /// Counts how often all connections are to be cut.
    cuts: watch::Receiver<u64>,
    tickets: AtomicU64,
    tally: Mutex<Tally>,
}

impl Shared {
    /// When the next call is to begin at a fixed rate, whoever makes it.
    fn next_arrival(&self, per_second: f64) -> Instant {
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        self.measured_from + Duration::from_secs_f64(ticket as f64 / per_second)
    }
}

/// Runs the plan to its end, or until it is interrupted.
pub(crate) async fn run(plan: Plan, server: Option<Process>) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let (cut, cuts) = watch::channel(0);
    let tally = Tally::new(plan.mix.names())?;
    let shared = Arc::new(Shared {
        measured_from: begun + plan.ramp,
        stop: CancellationToken::new(),
        cuts,
        tickets: AtomicU64::new(0),
        tally: Mutex::new(tally),
        plan,
    });
    let mut sampler = Sampler::new(server)?;

    let mut users = JoinSet::new();
    for index in 0..shared.plan.sessions {
        let arrives = begun + shared.plan.ramp * u32::try_from(index)? / count(&shared)?;
        users.spawn(user::live(index, arrives, shared.clone()));
    }
    for index in 0..shared.plan.slow_readers {
        let index = shared.plan.sessions + index;
        users.spawn(slow_reader::live(index, shared.clone()));
    }

    let ends = shared.measured_from + shared.plan.lasts;
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds.tick().await;
    let mut next_cut = shared
        .plan
        .cut_every
        .map(|every| shared.measured_from + every);
    let mut progress = Progress::new();
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            _ = seconds.tick() => {
                let sample = sampler.take(&shared, begun.elapsed())?;
                progress.show(&sample);
                if let (Some(every), Some(at)) = (shared.plan.cut_every, next_cut)
                    && Instant::now() >= at
                {
                    cut.send_modify(|cuts| *cuts += 1);
                    next_cut = Some(at + every);
                }
            }
            () = sleep_until(shared.measured_from), if !sampler.is_measuring() => {
                sampler.begin_measuring(&shared)?;
            }
            () = sleep_until(ends) => break,
            pressed = &mut interrupt => {
                pressed.context("waiting for Ctrl-C")?;
                break;
            }
        }
    }
    progress.end();
    let measured = sampler.end_measuring(&shared)?;
    shared.note_what_was_not_begun();
    shared.stop.cancel();
    while let Some(user) = users.join_next().await {
        user.context("a session panicked")?;
    }
    let tally = shared.tally.lock();
    Ok(Report::new(
        &shared.plan,
        &tally,
        measured,
        sampler.into_samples(),
    ))
}

impl Shared {
    /// At a fixed rate, calls that nobody was free to make have failed, too.
    fn note_what_was_not_begun(&self) {
        let Pace::Rate(per_second) = self.plan.pace else {
            return;
        };
        let elapsed = Instant::now().saturating_duration_since(self.measured_from);
        let due = (elapsed.as_secs_f64() * per_second) as u64;
        let begun = self.tickets.load(Ordering::Relaxed);
        let missed = due.saturating_sub(begun);
        if missed > 0 {
            self.tally
                .lock()
                .fail("not begun: no session was free", missed);
        }
    }
}

fn count(shared: &Shared) -> anyhow::Result<u32> {
    Ok(u32::try_from(shared.plan.sessions)?.max(1))
}
