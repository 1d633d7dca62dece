//! Configurable load: many sessions that behave like clients, some of them slow readers. Measures
//! latencies.

mod load_sample;
mod mix;
mod plan;
mod run_limits;
mod run_report;
mod slow_reader;
mod tally;
mod user;

pub(crate) use load_sample::LoadSample;
pub(crate) use mix::Mix;
pub(crate) use plan::{Plan, duration};
pub(crate) use run_limits::RunLimits;
pub(crate) use run_report::RunReport;

use std::{
    cell::{Cell, RefCell},
    future::Future,
    io::{self, IsTerminal},
    pin::pin,
    time::Duration,
};

use anyhow::Context;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

use self::{load_sample::Sampler, tally::Tally};
use crate::{client::Failure, load_target::LoadTarget, process::Process};

/// Without a terminal, one progress line is written per this many samples.
const SAMPLES_PER_PROGRESS_LINE: usize = 10;

/// State shared by all sessions, which run in one task.
#[derive(Debug)]
struct Run<'a> {
    plan: &'a Plan,
    mix: &'a Mix,
    /// The start of measuring, when all sessions are open.
    measured_from: Instant,
    stop: CancellationToken,
    /// Notifies the sessions to close their connections.
    cuts: watch::Receiver<()>,
    /// The number of calls begun at a fixed rate.
    begun: Cell<u64>,
    tally: RefCell<Tally>,
}

impl Run<'_> {
    fn target(&self, index: usize) -> &LoadTarget {
        &self.plan.targets[index % self.plan.targets.len()]
    }

    /// Returns when the next call is due at a fixed rate, over all sessions.
    fn next_arrival(&self, per_second: f64) -> Instant {
        let begun = self.begun.replace(self.begun.get() + 1);
        self.measured_from + Duration::from_secs_f64(begun as f64 / per_second)
    }

    /// Limits an action to the plan's timeout.
    async fn with_timeout<T>(
        &self,
        action: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let done = timeout(self.plan.timeout, action).await;
        done.unwrap_or(Err(Failure::Timeout))
    }

    /// Counts calls that were due at a fixed rate but had no free session as failures.
    fn count_missed_calls(&self) {
        if let Some(per_second) = self.plan.rate {
            let elapsed = Instant::now().saturating_duration_since(self.measured_from);
            let due = (elapsed.as_secs_f64() * per_second) as u64;
            let missed = due.saturating_sub(self.begun.get());
            if missed > 0 {
                let mut tally = self.tally.borrow_mut();
                tally.add_failures("not sent: no free session".to_owned(), missed);
            }
        }
    }
}

/// Runs the plan until it is complete or interrupted.
pub(crate) async fn run(
    plan: &Plan,
    mix: &Mix,
    server: Option<Process>,
) -> anyhow::Result<RunReport> {
    let begun = Instant::now();
    let (cut, cuts) = watch::channel(());
    let run = Run {
        plan,
        mix,
        measured_from: begun + plan.ramp,
        stop: CancellationToken::new(),
        cuts,
        begun: Cell::new(0),
        tally: RefCell::new(Tally::new(mix.names())?),
    };
    let mut sampler = Sampler::new(server)?;

    let mut users = FuturesUnordered::new();
    for index in 0..plan.sessions {
        let arrives = begun + plan.ramp.mul_f64(index as f64 / plan.sessions as f64);
        users.push(user::run(index, arrives, &run).boxed_local());
    }
    for index in 0..plan.slow_readers {
        users.push(slow_reader::run(plan.sessions + index, &run).boxed_local());
    }

    let ends = run.measured_from + plan.measure_for;
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds.tick().await;
    let mut next_cut = plan
        .cut_every
        .map(|every| (run.measured_from + every, every));
    let mut interrupt = pin!(tokio::signal::ctrl_c());
    loop {
        tokio::select! {
            _ = seconds.tick() => {
                show_progress(sampler.take(&mut run.tally.borrow_mut(), begun.elapsed())?);
                if let Some((at, every)) = &mut next_cut && Instant::now() >= *at {
                    cut.send_replace(());
                    *at += *every;
                }
            }
            () = sleep_until(run.measured_from), if !sampler.is_measuring => {
                sampler.begin_measuring(run.tally.borrow().open)?;
            }
            () = sleep_until(ends) => break,
            pressed = &mut interrupt => {
                pressed.context("waiting for Ctrl-C")?;
                break;
            }
            Some(()) = users.next() => {}
        }
    }
    end_progress();
    let (measured, samples) = sampler.finish()?;
    run.count_missed_calls();
    run.stop.cancel();
    while users.next().await.is_some() {}
    drop(users);
    Ok(RunReport::new(
        plan,
        run.tally.into_inner(),
        &measured,
        samples,
    ))
}

/// Prints the last sample to standard error: on a terminal in one line that is rewritten, otherwise
/// in a new line now and then.
#[expect(clippy::print_stderr, reason = "progress for the user")]
fn show_progress(samples: &[LoadSample]) {
    let Some(sample) = samples.last() else { return };
    if io::stderr().is_terminal() {
        eprint!("\r{sample}\x1b[K");
    } else if samples.len().is_multiple_of(SAMPLES_PER_PROGRESS_LINE) {
        eprintln!("{sample}");
    }
}

/// Ends the rewritten line.
#[expect(clippy::print_stderr, reason = "progress for the user")]
fn end_progress() {
    if io::stderr().is_terminal() {
        eprintln!();
    }
}
