//! The CPU time and memory of a server's process, as reported by the kernel.

use std::{future::Future, time::Duration};

use anyhow::Context;
use nix::{
    time::{ClockId, clock_getcpuclockid},
    unistd::Pid,
};
use procfs::process::LimitValue;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Process {
    pid: i32,
    clock: ClockId,
}

impl Process {
    pub(crate) fn new(pid: u32) -> anyhow::Result<Self> {
        let pid = i32::try_from(pid).context("the process id is too large")?;
        let clock = clock_getcpuclockid(Pid::from_raw(pid))
            .with_context(|| format!("there is no process {pid}"))?;
        Ok(Self { pid, clock })
    }

    /// Returns the CPU time of all its threads, including those that have exited, in user mode and
    /// in the kernel, in nanoseconds instead of scheduler ticks.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let now = self.clock.now();
        Ok(now
            .with_context(|| format!("process {} has ended", self.pid))?
            .into())
    }

    /// Runs an action, and returns its result with the CPU time that the process used meanwhile.
    pub(crate) async fn cpu_during<T>(
        &self,
        action: impl Future<Output = Result<T, impl Into<anyhow::Error>>>,
    ) -> anyhow::Result<(T, Duration)> {
        let before = self.cpu()?;
        let result = action.await.map_err(Into::into)?;
        Ok((result, self.cpu()? - before))
    }

    /// Returns its anonymous resident memory in KiB.
    ///
    /// Pages of the program file are not included: they are shared, and loaded on first use.
    pub(crate) fn memory_kib(&self) -> anyhow::Result<u64> {
        let rollup = self.procfs()?.smaps_rollup()?.memory_map_rollup;
        let anonymous = rollup
            .iter()
            .find_map(|map| map.extension.map.get("Anonymous"));
        Ok(anonymous.context("no `Anonymous` in smaps_rollup")? / 1024)
    }

    /// Returns the number of open files, including sockets.
    pub(crate) fn open_files(&self) -> anyhow::Result<usize> {
        Ok(self.procfs()?.fd_count()?)
    }

    pub(crate) fn threads(&self) -> anyhow::Result<u64> {
        Ok(self.procfs()?.status()?.threads)
    }

    pub(crate) fn max_open_files(&self) -> anyhow::Result<usize> {
        match self.procfs()?.limits()?.max_open_files.soft_limit {
            LimitValue::Value(limit) => Ok(usize::try_from(limit)?),
            LimitValue::Unlimited => Ok(usize::MAX),
        }
    }

    fn procfs(&self) -> anyhow::Result<procfs::process::Process> {
        Ok(procfs::process::Process::new(self.pid)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn process_usage_of_this_process_is_readable() {
        let own = Process::new(std::process::id()).unwrap();
        assert!(own.cpu().unwrap() > Duration::ZERO);
        assert!(own.memory_kib().unwrap() > 0);
        assert!(own.threads().unwrap() > 0);
        assert!(own.open_files().unwrap() < own.max_open_files().unwrap());
    }
}
