//! How things stand, once a second.

use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::Shared;
use crate::process::Process;

/// The last second, and what the server uses at its end.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Sample {
    /// Since the begin of the load.
    pub(crate) second: f64,
    pub(crate) sessions: usize,
    pub(crate) calls_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    /// All until now.
    pub(crate) errors: u64,
    pub(crate) server: Option<Usage>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Usage {
    /// CPU time, of one core, in the last second.
    pub(crate) cpu_percent: f64,
    pub(crate) memory_kib: u64,
    pub(crate) open_files: usize,
    pub(crate) threads: u64,
}

/// What the server needed while it was measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) lasted: Duration,
    pub(super) cpu: Option<Duration>,
    /// What its memory has grown by since before the first session, at the
    /// begin of measuring.
    pub(super) grown_kib: Option<i64>,
    pub(super) sessions: usize,
}

#[derive(Debug)]
pub(super) struct Sampler {
    server: Option<Process>,
    samples: Vec<Sample>,
    last: Instant,
    last_cpu: Duration,
    memory_before_kib: u64,
    measuring: Option<(Instant, Duration, Measured)>,
}

impl Sampler {
    pub(super) fn new(server: Option<Process>) -> anyhow::Result<Self> {
        let mut sampler = Self {
            server,
            samples: Vec::new(),
            last: Instant::now(),
            last_cpu: Duration::ZERO,
            memory_before_kib: 0,
            measuring: None,
        };
        if let Some(server) = &sampler.server {
            sampler.last_cpu = server.cpu()?;
            sampler.memory_before_kib = server.memory_kib()?;
        }
        Ok(sampler)
    }

    pub(super) fn is_measuring(&self) -> bool {
        self.measuring.is_some()
    }

    pub(super) fn begin_measuring(&mut self, shared: &Shared) -> anyhow::Result<()> {
        let mut measured = Measured {
            lasted: Duration::ZERO,
            cpu: None,
            grown_kib: None,
            sessions: shared.tally.lock().open,
        };
        let mut cpu = Duration::ZERO;
        if let Some(server) = &self.server {
            cpu = server.cpu()?;
            let memory = i64::try_from(server.memory_kib()?)?;
            measured.grown_kib = Some(memory - i64::try_from(self.memory_before_kib)?);
        }
        self.measuring = Some((Instant::now(), cpu, measured));
        Ok(())
    }

    pub(super) fn end_measuring(&mut self, shared: &Shared) -> anyhow::Result<Measured> {
        if self.measuring.is_none() {
            self.begin_measuring(shared)?;
        }
        let (begun, cpu, mut measured) = self.measuring.expect("it has just begun");
        measured.lasted = begun.elapsed();
        if let Some(server) = &self.server {
            measured.cpu = Some(server.cpu()?.saturating_sub(cpu));
        }
        Ok(measured)
    }

    pub(super) fn take(&mut self, shared: &Shared, since: Duration) -> anyhow::Result<Sample> {
        let now = Instant::now();
        let seconds = (now - self.last).as_secs_f64();
        self.last = now;
        let server = self.usage(seconds)?;
        let mut tally = shared.tally.lock();
        let ms = |quantile| tally.recent.value_at_quantile(quantile) as f64 / 1e6;
        let sample = Sample {
            second: since.as_secs_f64(),
            sessions: tally.open,
            calls_per_second: tally.recent.len() as f64 / seconds,
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            max_ms: ms(1.0),
            errors: tally.error_count(),
            server,
        };
        tally.recent.reset();
        self.samples.push(sample);
        Ok(sample)
    }

    fn usage(&mut self, seconds: f64) -> anyhow::Result<Option<Usage>> {
        let Some(server) = &self.server else {
            return Ok(None);
        };
        let cpu = server.cpu()?;
        let used = cpu.saturating_sub(self.last_cpu);
        self.last_cpu = cpu;
        Ok(Some(Usage {
            cpu_percent: used.as_secs_f64() / seconds * 100.0,
            memory_kib: server.memory_kib()?,
            open_files: server.open_files()?,
            threads: server.threads()?,
        }))
    }

    pub(super) fn into_samples(self) -> Vec<Sample> {
        self.samples
    }
}
