//! What the kernel knows of a server process: its CPU time and its memory.

use std::{fs, time::Duration};

use anyhow::Context;
use nix::{
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};

/// A process that runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pid: u32,
    clock: ClockId,
}

impl Process {
    pub(crate) fn new(pid: u32) -> anyhow::Result<Self> {
        let raw = i32::try_from(pid).context("no process id")?;
        let clock = clock_getcpuclockid(Pid::from_raw(raw))
            .with_context(|| format!("there is no process {pid}"))?;
        Ok(Self { pid, clock })
    }

    /// The CPU time of all its threads, ended ones included, in user mode and
    /// in the kernel. The clock counts nanoseconds, not scheduler ticks.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let now = self.clock.now();
        Ok(now
            .with_context(|| format!("process {} has ended", self.pid))?
            .into())
    }

    /// Its resident memory that belongs to no file, in KiB.
    ///
    /// Pages of the program itself are left out: they are shared, and come in
    /// as they are first run.
    pub(crate) fn memory_kib(&self) -> anyhow::Result<u64> {
        let rollup = self.read("smaps_rollup")?;
        field(&rollup, "Anonymous:").context("no `Anonymous` in smaps_rollup")
    }

    /// How many files it has open, sockets included.
    pub(crate) fn open_files(&self) -> anyhow::Result<usize> {
        let path = format!("/proc/{}/fd", self.pid);
        Ok(fs::read_dir(&path)
            .with_context(|| format!("reading {path}"))?
            .count())
    }

    /// How many threads it has.
    pub(crate) fn threads(&self) -> anyhow::Result<u64> {
        let status = self.read("status")?;
        field(&status, "Threads:").context("no `Threads` in status")
    }

    /// How many files it may have open.
    pub(crate) fn max_open_files(&self) -> anyhow::Result<usize> {
        let limits = self.read("limits")?;
        let soft = field(&limits, "Max open files").context("no `Max open files` in limits")?;
        Ok(usize::try_from(soft)?)
    }

    fn read(&self, name: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{name}", self.pid);
        fs::read_to_string(&path).with_context(|| format!("reading {path}"))
    }
}

/// The first number after `name` at the start of a line.
pub(crate) fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_the_first_number_after_its_name() {
        let rollup = "55d0-7ffd ---p 0 00:00 0 [rollup]\n\
                      Rss:                1748 kB\n\
                      Pss_Anon:             96 kB\n\
                      Anonymous:           100 kB\n";
        assert_eq!(field(rollup, "Anonymous:"), Some(100));
        let limits = "Limit            Soft Limit  Hard Limit  Units\n\
                      Max open files   20000       524288      files\n";
        assert_eq!(field(limits, "Max open files"), Some(20_000));
        assert_eq!(field(limits, "Max locked memory"), None);
    }

    #[test]
    fn this_process_has_a_clock_memory_and_a_limit() {
        let own = Process::new(std::process::id()).unwrap();
        assert!(own.cpu().unwrap() > Duration::ZERO);
        assert!(own.memory_kib().unwrap() > 0);
        assert!(own.threads().unwrap() > 0);
        assert!(own.open_files().unwrap() < own.max_open_files().unwrap());
    }
}
