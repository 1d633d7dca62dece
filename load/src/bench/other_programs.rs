//! Measures how much CPU time other programs use. With more than a few percent, results differ from
//! those of an idle machine.

use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};
use procfs::{CpuInfo, Current, CurrentSI, KernelStats};

/// Counts the CPU time of other programs since its creation.
#[derive(Debug)]
pub(super) struct OtherPrograms {
    begun: Instant,
    before: Duration,
}

impl OtherPrograms {
    pub(super) fn watch() -> anyhow::Result<Self> {
        Ok(Self {
            begun: Instant::now(),
            before: cpu_of_others()?,
        })
    }

    /// Returns their share of all cores in percent.
    pub(super) fn percent(&self) -> anyhow::Result<f64> {
        let cores = CpuInfo::current()?.num_cores();
        let used = cpu_of_others()?.saturating_sub(self.before);
        let all = self.begun.elapsed().mul_f64(cores as f64);
        Ok(used.as_secs_f64() / all.as_secs_f64() * 100.0)
    }
}

/// Returns the CPU time of the machine without that of this program and its servers.
fn cpu_of_others() -> anyhow::Result<Duration> {
    let total = KernelStats::current()?.total;
    let mut busy = total.user_duration() + total.nice_duration() + total.system_duration();
    let optional = [
        total.irq_duration(),
        total.softirq_duration(),
        total.steal_duration(),
    ];
    busy += optional.into_iter().flatten().sum::<Duration>();
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who).context("reading this program's CPU time")?;
        let own = usage.user_time() + usage.system_time();
        let own = Duration::from_micros(u64::try_from(own.num_microseconds())?);
        busy = busy.saturating_sub(own);
    }
    Ok(busy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_of_other_programs_is_not_negative() {
        let others = OtherPrograms::watch().unwrap();
        assert!(others.percent().unwrap() >= 0.0);
    }
}
