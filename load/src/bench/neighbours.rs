//! How much other programs had of the machine meanwhile: with more than a few
//! percent, caches and queues are not what they are on a quiet one.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Context;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

/// A point in time to count from.
#[derive(Debug)]
pub(super) struct Neighbours {
    begun: Instant,
    theirs: Duration,
}

impl Neighbours {
    pub(super) fn watch() -> anyhow::Result<Self> {
        Ok(Self {
            begun: Instant::now(),
            theirs: theirs()?,
        })
    }

    /// Their part of `cores` cores since the beginning, in percent.
    pub(super) fn percent(&self, cores: usize) -> anyhow::Result<f64> {
        let used = theirs()?.saturating_sub(self.theirs);
        let all = self.begun.elapsed().mul_f64(cores as f64);
        Ok(used.as_secs_f64() / all.as_secs_f64() * 100.0)
    }
}

/// All CPU time on the machine that is not this program's or its servers'.
fn theirs() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
    let all = busy(&stat).context("no `cpu` line in /proc/stat")?;
    let mut own = Duration::ZERO;
    for who in [UsageWho::RUSAGE_SELF, UsageWho::RUSAGE_CHILDREN] {
        let usage = getrusage(who).context("reading the own CPU time")?;
        for time in [usage.user_time(), usage.system_time()] {
            own += Duration::from_micros(u64::try_from(time.num_microseconds())?);
        }
    }
    Ok(all.saturating_sub(own))
}

/// The time that all cores together were not idle.
fn busy(stat: &str) -> Option<Duration> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks = line.split_whitespace().map(str::parse::<u64>);
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is
    // contained in the first two. A tick is 10 ms on every Linux.
    let ticks = ticks.take(8).collect::<Result<Vec<_>, _>>().ok()?;
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(Duration::from_millis(
        10 * (ticks.iter().sum::<u64>() - idle),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_time_is_not_busy() {
        let stat = "cpu  100 1 20 5000 300 0 7 2 0 0\ncpu0 50 1 10 2500 150 0 7 2 0 0\n";
        assert_eq!(busy(stat), Some(Duration::from_millis(1300)));
        assert_eq!(busy("intr 1\n"), None);
    }

    #[test]
    fn neighbours_have_a_part_of_the_machine() {
        let neighbours = Neighbours::watch().unwrap();
        assert!(neighbours.percent(1).unwrap() >= 0.0);
    }
}
