//! The thread that writes the log.
//!
//! Many lines are written at once if there are many, and they are dropped if
//! nobody reads them: a full pipe must not hold up the server. At the end it is
//! the other way round, because the last lines are those that tell why it
//! ended: whoever reads them is waited for.

use std::{
    fmt,
    io::{self, BufWriter, Write},
    sync::mpsc::{self, Receiver, Sender},
    time::Duration,
};

use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

/// How many lines may wait to be written.
const MOST_LINES: usize = 16 * 1024;

/// How long the last lines may take. The guard of the library waits for a
/// second, which a busy machine may take to let the thread run at all.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Starts the thread.
pub(super) fn start(to: impl Write + Send + 'static) -> (NonBlocking, Flush) {
    let (alive, ended) = mpsc::channel();
    let to = Told {
        inner: BufWriter::new(to),
        _alive: alive,
    };
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(MOST_LINES)
        .finish(to);
    let flush = Flush {
        guard: Some(guard),
        ended,
    };
    (writer, flush)
}

/// When it is dropped, it waits for the thread to write what waits.
pub(in crate::telemetry) struct Flush {
    guard: Option<WorkerGuard>,
    ended: Receiver<()>,
}

impl Drop for Flush {
    fn drop(&mut self) {
        drop(self.guard.take());
        // Nothing is ever sent: it returns when the thread has dropped what it
        // writes to, which it does after the last line, or gives up.
        let _ = self.ended.recv_timeout(LAST_LINES);
    }
}

impl fmt::Debug for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flush").finish_non_exhaustive()
    }
}

/// A writer whose end is told.
struct Told<W: Write> {
    inner: BufWriter<W>,
    _alive: Sender<()>,
}

impl<W: Write> Write for Told<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Writes when it is told to; a pipe that is full until somebody reads it.
    struct Full {
        read: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.read.recv();
            self.written.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_last_lines_wait_for_whoever_is_slow_to_read_them() {
        let (reads, read) = mpsc::channel();
        let (written, lines) = mpsc::channel();
        let (mut writer, flush) = start(Full { read, written });
        writer.write_all(b"stopped\n").unwrap();
        let (flushed, is_flushed) = mpsc::channel();
        thread::spawn(move || {
            drop(flush);
            flushed.send(()).unwrap();
        });
        // Longer than the library's guard waits.
        let early = is_flushed.recv_timeout(Duration::from_millis(1500));
        assert!(early.is_err(), "it did not wait");
        drop(reads);
        is_flushed.recv().unwrap();
        assert_eq!(lines.try_recv().unwrap(), b"stopped\n");
    }
}
