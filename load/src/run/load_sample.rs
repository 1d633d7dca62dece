//! Samples the state of the load once a second.

use std::{fmt, mem, time::Duration};

use serde::Serialize;
use tokio::time::Instant;

use super::tally::Tally;
use crate::{measure::calls::quantile_ms, process::Process};

/// The load of one second, and the usage of the server at its end.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct LoadSample {
    /// Since the start of the load.
    pub(crate) second: f64,
    pub(crate) sessions: usize,
    pub(crate) calls_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    /// The total since the start.
    pub(crate) errors: u64,
    pub(crate) server: Option<ServerUsage>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct ServerUsage {
    /// CPU time, of one core, in the last second.
    pub(crate) cpu_percent: f64,
    pub(crate) memory_kib: u64,
    pub(crate) open_files: usize,
    pub(crate) threads: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RunMeasurement {
    begun: Instant,
    pub(super) lasted: Duration,
    pub(super) cpu: Option<Duration>,
    /// Growth of its memory from before the first session to the start of measuring.
    pub(super) grown_kib: Option<i64>,
    pub(super) sessions: usize,
}

#[derive(Debug)]
pub(super) struct Sampler {
    server: Option<Process>,
    samples: Vec<LoadSample>,
    last: Instant,
    last_cpu: Duration,
    memory_before_kib: u64,
    measured: RunMeasurement,
    pub(super) is_measuring: bool,
}

impl Sampler {
    pub(super) fn new(server: Option<Process>) -> anyhow::Result<Self> {
        let last_cpu = server.map_or(Ok(Duration::ZERO), |server| server.cpu())?;
        Ok(Self {
            server,
            samples: Vec::new(),
            last: Instant::now(),
            last_cpu,
            memory_before_kib: server.map_or(Ok(0), |server| server.memory_kib())?,
            measured: RunMeasurement {
                begun: Instant::now(),
                lasted: Duration::ZERO,
                cpu: server.map(|_| last_cpu),
                grown_kib: None,
                sessions: 0,
            },
            is_measuring: false,
        })
    }

    pub(super) fn begin_measuring(&mut self, sessions: usize) -> anyhow::Result<()> {
        self.is_measuring = true;
        self.measured.begun = Instant::now();
        self.measured.sessions = sessions;
        if let Some(server) = &self.server {
            let grown = server.memory_kib()? as i64 - self.memory_before_kib as i64;
            self.measured.grown_kib = Some(grown);
            self.measured.cpu = Some(server.cpu()?);
        }
        Ok(())
    }

    /// Ends measuring. Returns the measurement and all samples.
    pub(super) fn finish(mut self) -> anyhow::Result<(RunMeasurement, Vec<LoadSample>)> {
        self.measured.lasted = self.measured.begun.elapsed();
        if let (Some(server), Some(cpu)) = (self.server, &mut self.measured.cpu) {
            *cpu = server.cpu()?.saturating_sub(*cpu);
        }
        Ok((self.measured, self.samples))
    }

    /// Adds a sample. Returns all samples.
    pub(super) fn take(
        &mut self,
        tally: &mut Tally,
        since: Duration,
    ) -> anyhow::Result<&[LoadSample]> {
        let seconds = self.last.elapsed().as_secs_f64();
        self.last = Instant::now();
        let mut usage = None;
        if let Some(server) = &self.server {
            let cpu = server.cpu()?;
            let used = cpu.saturating_sub(mem::replace(&mut self.last_cpu, cpu));
            usage = Some(ServerUsage {
                cpu_percent: used.as_secs_f64() / seconds * 100.0,
                memory_kib: server.memory_kib()?,
                open_files: server.open_files()?,
                threads: server.threads()?,
            });
        }
        self.samples.push(LoadSample {
            second: since.as_secs_f64(),
            sessions: tally.open,
            calls_per_second: tally.recent.len() as f64 / seconds,
            p50_ms: quantile_ms(&tally.recent, 0.5),
            p99_ms: quantile_ms(&tally.recent, 0.99),
            max_ms: quantile_ms(&tally.recent, 1.0),
            errors: tally.errors.values().sum(),
            server: usage,
        });
        tally.recent.reset();
        Ok(&self.samples)
    }
}

impl fmt::Display for LoadSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (second, sessions, rate) = (self.second, self.sessions, self.calls_per_second);
        let (p50, p99, errors) = (self.p50_ms, self.p99_ms, self.errors);
        write!(
            f,
            "{second:>4.0} s  {sessions} sessions  {rate:.0} calls/s  p50 {p50:.1} ms  \
             p99 {p99:.1} ms  {errors} errors"
        )?;
        let Some(server) = &self.server else {
            return Ok(());
        };
        write!(
            f,
            "  server {:.0} % CPU  {} MiB  {} files",
            server.cpu_percent,
            server.memory_kib / 1024,
            server.open_files
        )
    }
}
