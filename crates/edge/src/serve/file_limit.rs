//! Raises the limit on open files, which is the system's limit on connections.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Open files that are not connections of clients: connections to the APIs and to Redis, standard
/// streams, the files of the runtime.
const RESERVED_FILES: usize = 200;

/// Raises the soft limit on open files to the hard limit, and returns how many connections fit, at
/// most `max_connections`.
///
/// Many systems start processes with a soft limit of 1,024 for the sake of old programs that use
/// `select`.
pub fn raise_file_limit(max_connections: usize) -> usize {
    let limit = match getrlimit(Resource::RLIMIT_NOFILE) {
        // A sandbox may forbid `setrlimit`, so it is called only if necessary.
        Ok((soft, hard)) if soft >= hard => soft,
        Ok((soft, hard)) => match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
            Ok(()) => hard,
            Err(_) => soft,
        },
        // Accepting reports an error when the limit is reached.
        Err(_) => return max_connections,
    };
    let fitting = connections_within(usize::try_from(limit).unwrap_or(usize::MAX));
    if fitting < max_connections {
        tracing::warn!(
            max_connections,
            open_files = limit,
            connections = fitting,
            "HTTP_MAX_CONNECTIONS exceeds the limit on open files: raise it (`ulimit -n`, \
             `LimitNOFILE=`)"
        );
    }
    fitting.min(max_connections)
}

fn connections_within(files: usize) -> usize {
    files.saturating_sub(RESERVED_FILES).max(files / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_limit_reserves_files() {
        assert_eq!(connections_within(20_000), 19_800);
        assert_eq!(connections_within(256), 128);
    }
}
