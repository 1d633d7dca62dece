//! Non-blocking log writer: a bounded buffer, and a thread that writes it out.
//!
//! Logging never waits for the reader of the log. Lines that exceed the buffer are dropped and
//! counted. At shutdown the [`FlushGuard`] waits for the buffered lines.
//!
//! `tracing-appender` does not fit: its guard abandons buffered lines after one second and reports
//! that on standard output, which carries MCP messages in stdio mode. It also adds seven packages.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use anyhow::Context;
use metrics::{counter, describe_counter};
use parking_lot::{Condvar, Mutex};

/// Counts log lines that exceeded the buffer.
const DROPPED_LINES: &str = "aareguru_mcp_log_lines_dropped_total";

const MAX_BUFFERED_BYTES: usize = 4 * 1024 * 1024;

/// Exports the metrics of the writer from the start. They need an installed recorder.
pub(crate) fn describe_metrics() {
    describe_counter!(
        DROPPED_LINES,
        "Log lines dropped because the buffer of the log writer was full"
    );
    counter!(DROPPED_LINES).absolute(0);
}

/// Capacity that an empty buffer keeps.
const MIN_CAPACITY_BYTES: usize = 16 * 1024;

/// Pause between writes, during which lines accumulate. Waking the thread for every line would cost
/// a busy server a context switch per request. The first line after a pause is not delayed.
const WRITE_INTERVAL: Duration = Duration::from_millis(10);

const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts the thread that writes to `output`.
///
/// # Errors
///
/// The operating system cannot start a thread.
pub(super) fn start(
    output: impl Write + Send + 'static,
) -> anyhow::Result<(Arc<LogWriter>, FlushGuard)> {
    let writer = Arc::<LogWriter>::default();
    let (alive, finished) = mpsc::channel();
    let shared = Arc::clone(&writer);
    thread::Builder::new()
        .name("log".into())
        .spawn(move || {
            shared.write_until_closed(output);
            drop(alive);
        })
        .context("cannot start the log thread")?;
    let guard = FlushGuard {
        writer: Arc::clone(&writer),
        finished,
    };
    Ok((writer, guard))
}

/// Buffers lines for the thread.
#[derive(Debug, Default)]
pub(super) struct LogWriter {
    buffer: Mutex<Buffer>,
    /// Wakes the idle thread when a line arrives, and at shutdown.
    wakeup: Condvar,
    /// Ends the pause between writes at shutdown.
    closed: Condvar,
}

#[derive(Debug, Default)]
struct Buffer {
    lines: Vec<u8>,
    is_closed: bool,
}

impl Write for &LogWriter {
    /// Buffers the whole line or drops it; never fails.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut buffer = self.buffer.lock();
        if buffer.lines.len() + line.len() > MAX_BUFFERED_BYTES {
            drop(buffer);
            counter!(DROPPED_LINES).increment(1);
            return Ok(line.len());
        }
        buffer.lines.extend_from_slice(line);
        drop(buffer);
        // Cheap while the thread is busy or pauses.
        self.wakeup.notify_one();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl LogWriter {
    fn write_until_closed(&self, mut output: impl Write) {
        let mut lines = Vec::new();
        loop {
            let mut buffer = self.buffer.lock();
            self.wakeup
                .wait_while(&mut buffer, |it| it.lines.is_empty() && !it.is_closed);
            if buffer.lines.is_empty() {
                return;
            }
            mem::swap(&mut buffer.lines, &mut lines);
            drop(buffer);
            // An error cannot be reported: this is the log.
            let _ = output.write_all(&lines).and_then(|()| output.flush());
            lines.clear();
            lines.shrink_to(MIN_CAPACITY_BYTES);
            self.closed
                .wait_while_for(&mut self.buffer.lock(), |it| !it.is_closed, WRITE_INTERVAL);
        }
    }
}

/// Waits on drop until the buffered lines are written, for at most [`FLUSH_TIMEOUT`].
#[derive(Debug)]
pub(in crate::telemetry) struct FlushGuard {
    writer: Arc<LogWriter>,
    /// Disconnects when the thread ends.
    finished: Receiver<()>,
}

impl Drop for FlushGuard {
    fn drop(&mut self) {
        self.writer.buffer.lock().is_closed = true;
        self.writer.wakeup.notify_one();
        self.writer.closed.notify_one();
        let _ = self.finished.recv_timeout(FLUSH_TIMEOUT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;

    use metrics_util::debugging::{DebugValue, DebuggingRecorder};

    use super::*;

    /// A pipe that is full: each write waits until the test reads.
    struct FullPipe {
        reads: Receiver<()>,
        written: Sender<Vec<u8>>,
    }

    impl Write for FullPipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.reads.recv();
            self.written.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct BlockedLog {
        writer: Arc<LogWriter>,
        guard: FlushGuard,
        /// Drop it to let all writes through.
        read: Sender<()>,
        written: Receiver<Vec<u8>>,
    }

    /// Starts a log whose thread is blocked writing the line `held`.
    fn blocked_log() -> BlockedLog {
        let (read, reads) = mpsc::channel();
        let (sender, written) = mpsc::channel();
        let pipe = FullPipe {
            reads,
            written: sender,
        };
        let (writer, guard) = start(pipe).unwrap();
        (&*writer).write_all(b"held\n").unwrap();
        while !writer.buffer.lock().lines.is_empty() {
            thread::yield_now();
        }
        BlockedLog {
            writer,
            guard,
            read,
            written,
        }
    }

    #[test]
    fn log_writer_batches_lines_that_arrive_during_a_write() {
        let log = blocked_log();
        (&*log.writer).write_all(b"two\n").unwrap();
        (&*log.writer).write_all(b"three\n").unwrap();
        drop(log.read);
        assert_eq!(log.written.recv().unwrap(), b"held\n");
        assert_eq!(log.written.recv().unwrap(), b"two\nthree\n");
    }

    #[test]
    fn log_writer_drops_and_counts_lines_that_exceed_the_buffer() {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let log = blocked_log();
        let line = [b'x'; 1024 * 1024];
        metrics::with_local_recorder(&recorder, || {
            for _ in 0..MAX_BUFFERED_BYTES / line.len() + 2 {
                (&*log.writer).write_all(&line).unwrap();
            }
        });
        let counted = snapshotter.snapshot().into_vec();
        assert_eq!(counted[0].0.key().name(), DROPPED_LINES);
        assert_eq!(counted[0].3, DebugValue::Counter(2));
        drop(log.read);
        drop(log.guard);
        assert_eq!(log.written.recv().unwrap(), b"held\n");
        assert_eq!(log.written.recv().unwrap().len(), MAX_BUFFERED_BYTES);
    }

    #[test]
    fn flush_guard_waits_for_a_slow_reader() {
        let log = blocked_log();
        (&*log.writer).write_all(b"stopped\n").unwrap();
        let (flushed, is_flushed) = mpsc::channel();
        let guard = log.guard;
        thread::spawn(move || {
            drop(guard);
            flushed.send(()).unwrap();
        });
        let early = is_flushed.recv_timeout(Duration::from_millis(1500));
        assert!(early.is_err(), "the guard did not wait");
        drop(log.read);
        is_flushed.recv().unwrap();
        assert_eq!(log.written.try_recv().unwrap(), b"held\n");
        assert_eq!(log.written.try_recv().unwrap(), b"stopped\n");
    }
}
