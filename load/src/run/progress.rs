//! What whoever waits at a terminal sees: one line that is renewed. Elsewhere a
//! line now and then.
#![expect(clippy::print_stderr, reason = "someone is waiting")]

use std::io::{self, IsTerminal};

use super::Sample;

/// Lines in a log are further apart.
const LOG_EVERY: usize = 10;

#[derive(Debug)]
pub(super) struct Progress {
    is_terminal: bool,
    shown: usize,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            shown: 0,
        }
    }

    pub(super) fn show(&mut self, sample: &Sample) {
        self.shown += 1;
        if self.is_terminal {
            // Back to the begin of the line, and the rest of the old one away.
            eprint!("\r{}\x1b[K", line(sample));
        } else if self.shown.is_multiple_of(LOG_EVERY) {
            eprintln!("{}", line(sample));
        }
    }

    pub(super) fn end(&self) {
        if self.is_terminal {
            eprintln!();
        }
    }
}

fn line(sample: &Sample) -> String {
    let Sample {
        second,
        sessions,
        calls_per_second,
        p50_ms,
        p99_ms,
        errors,
        server,
        ..
    } = sample;
    let mut line = format!(
        "{second:>4.0} s  {sessions} sessions  {calls_per_second:.0} calls/s  p50 {p50_ms:.1} ms  \
         p99 {p99_ms:.1} ms  {errors} errors"
    );
    if let Some(server) = server {
        line.push_str(&format!(
            "  server {:.0} % CPU  {} MiB  {} files",
            server.cpu_percent,
            server.memory_kib / 1024,
            server.open_files
        ));
    }
    line
}
