//! The limit on sockets: each session needs one or two file descriptors on each side.

use anyhow::Context;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// File descriptors that a process needs in addition to those of its sessions: the product reserves
/// 200, and there are connections for POST requests.
const RESERVED: usize = 256;

/// Raises the soft limit on open files to the hard limit.
pub(crate) fn raise_limit() -> anyhow::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).context("reading RLIMIT_NOFILE")?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)
        .with_context(|| format!("raising RLIMIT_NOFILE to {hard}"))
}

/// Returns how many sessions with `sockets_each` fit into `limit`, at most `requested`.
pub(crate) fn sessions_within(limit: usize, sockets_each: usize, requested: usize) -> usize {
    requested.min(limit.saturating_sub(RESERVED) / sockets_each)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_within_a_limit_are_at_most_the_requested() {
        assert_eq!(sessions_within(20_000, 1, 5_000), 5_000);
        assert_eq!(sessions_within(20_000, 1, 20_000), 19_744);
        assert_eq!(sessions_within(1_256, 2, 5_000), 500);
        assert_eq!(sessions_within(10, 1, 5_000), 0);
    }
}
