//! Pins the server and the client to one core each, so that neither the scheduler nor the client
//! affects the measured cost of a call.

use anyhow::Context;
use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    unistd::Pid,
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    pub(crate) client: usize,
}

impl Cores {
    /// Returns the first two cores that this process may use; `None` if there is only one.
    pub(crate) fn choose() -> anyhow::Result<Option<Self>> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).context("reading the allowed cores")?;
        let mut allowed =
            (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false));
        Ok(allowed
            .next()
            .zip(allowed.next())
            .map(|(server, client)| Self { server, client }))
    }
}

/// Pins this thread, and threads that it starts later, to one core.
pub(crate) fn pin(core: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(core)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .with_context(|| format!("pinning to core {core}"))
}
