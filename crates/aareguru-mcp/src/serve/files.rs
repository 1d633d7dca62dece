//! How many sockets the process may have: each is an open file to the system.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What the process needs beside its clients' connections: connections to the
/// API, standard streams, the runtime's own.
const RESERVED: usize = 200;

/// Raises the limit on open files as far as it goes without privileges, and
/// returns how many connections fit under it, at most `wanted`.
///
/// Many systems start a process with a limit of 1,024 for the sake of old
/// programs that use `select`, and let it be raised.
pub fn raise_limit(wanted: usize) -> usize {
    let limit = match getrlimit(Resource::RLIMIT_NOFILE) {
        // A sandbox may forbid the call, so it is made only if there is a need.
        Ok((soft, hard)) if soft >= hard => soft,
        Ok((soft, hard)) => match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
            Ok(()) => hard,
            Err(_) => soft,
        },
        // Accepting tells when there are no more.
        Err(_) => return wanted,
    };
    let fitting = connections_within(usize::try_from(limit).unwrap_or(usize::MAX));
    if fitting < wanted {
        tracing::warn!(
            "HTTP_MAX_CONNECTIONS is {wanted}, but the system allows for {fitting} only: raise \
             the limit on open files (`ulimit -n`, `LimitNOFILE=`), which is {limit}"
        );
    }
    fitting.min(wanted)
}

fn connections_within(files: usize) -> usize {
    files.saturating_sub(RESERVED).max(files / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_kept_for_other_things() {
        assert_eq!(connections_within(20_000), 19_800);
        assert_eq!(connections_within(256), 128);
    }
}
