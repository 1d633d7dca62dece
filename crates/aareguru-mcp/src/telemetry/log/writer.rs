//! The thread that writes the log.
//!
//! Lines are gathered in memory and written together: were the thread woken for
//! each of them, a busy server would switch threads with every request. They
//! are dropped if nobody reads them, because a full pipe must not hold up the
//! server. At the end it is the other way round, because the last lines are
//! those that tell why it ended: whoever reads them is waited for.

use std::{
    fmt,
    io::{self, Write},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use anyhow::Context;
use parking_lot::{Condvar, Mutex, MutexGuard};
use tracing_subscriber::fmt::MakeWriter;

use super::later::{self, Later};

/// How much may wait to be written.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// How much of that is counted for what is to be told yet: a line of a request.
const LATER_BYTES: usize = 512;

/// How much room is kept for lines when none wait.
const ROOM_BYTES: usize = 16 * 1024;

/// For how long lines are gathered after the last that were written. The first
/// line of a quiet server does not wait.
const GATHERING: Duration = Duration::from_millis(10);

/// How long the last lines may take.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Starts the thread.
///
/// # Errors
///
/// The system gives no thread.
pub(super) fn start(to: impl Write + Send + 'static) -> anyhow::Result<(Lines, Flush)> {
    let lines = Lines::default();
    let (alive, ended) = mpsc::channel();
    let shared = lines.shared.clone();
    thread::Builder::new()
        .name("log".into())
        .spawn(move || {
            shared.write_all(to);
            drop(alive);
        })
        .context("starting the thread that writes the log")?;
    let flush = Flush {
        shared: lines.shared.clone(),
        ended,
    };
    Ok((lines, flush))
}

/// Takes lines; a clone takes them for the same thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Told when there are lines for a thread that has none, and at the end.
    news: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: Vec<u8>,
    /// What is to be told, and where the lines of it belong.
    later: Vec<(usize, Later)>,
    /// The thread has nothing to do and is to be told of the next line.
    is_idle: bool,
    is_over: bool,
}

impl Lines {
    /// Has the thread tell something, in its order among lines.
    pub(super) fn tell_later(&self, tell: Later) {
        self.shared.add(LATER_BYTES, |waiting| {
            waiting.later.push((waiting.lines.len(), tell));
        });
    }

    /// How many were dropped because nobody read them.
    pub(super) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.later.is_empty()
    }

    fn bytes(&self) -> usize {
        self.lines.len() + self.later.len() * LATER_BYTES
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

impl Write for &Lines {
    /// Takes a line as a whole, or drops it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !later::takes(line) {
            self.shared
                .add(line.len(), |waiting| waiting.lines.extend_from_slice(line));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }

    fn add(&self, bytes: usize, add: impl FnOnce(&mut Waiting)) {
        let mut waiting = self.waiting();
        if waiting.bytes() + bytes > MOST_BYTES {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        add(&mut waiting);
        if mem::take(&mut waiting.is_idle) {
            self.news.notify_one();
        }
    }

    /// Writes what comes until it is over.
    fn write_all(&self, mut to: impl Write) {
        let mut lines = Vec::new();
        let mut later = Vec::new();
        loop {
            let mut waiting = self.waiting();
            waiting.is_idle = waiting.is_empty();
            self.news
                .wait_while(&mut waiting, |it| it.is_empty() && !it.is_over);
            if waiting.is_empty() {
                return;
            }
            mem::swap(&mut waiting.lines, &mut lines);
            mem::swap(&mut waiting.later, &mut later);
            drop(waiting);
            tell(&mut lines, &mut later);
            // Nobody could be told that the log cannot be written.
            let _ = to.write_all(&lines).and_then(|()| to.flush());
            lines.clear();
            lines.shrink_to(ROOM_BYTES);
            later.shrink_to(ROOM_BYTES / LATER_BYTES);
            self.news
                .wait_while_for(&mut self.waiting(), |it| !it.is_over, GATHERING);
        }
    }
}

/// Tells what is to be told yet, between the lines of others.
fn tell(lines: &mut Vec<u8>, later: &mut Vec<(usize, Later)>) {
    if later.is_empty() {
        return;
    }
    let before = mem::take(lines);
    let mut from = 0;
    for (at, later) in later.drain(..) {
        lines.extend_from_slice(&before[from..at]);
        from = at;
        later.tell(lines);
    }
    lines.extend_from_slice(&before[from..]);
}

/// When it is dropped, it waits for the thread to write what waits.
pub(in crate::telemetry) struct Flush {
    shared: Arc<Shared>,
    ended: Receiver<()>,
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.shared.waiting().is_over = true;
        self.shared.news.notify_one();
        // Nothing is ever sent: it returns when the thread has written the last
        // line, or gives up.
        let _ = self.ended.recv_timeout(LAST_LINES);
    }
}

impl fmt::Debug for Flush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flush").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc::Sender, time::SystemTime};

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

    /// A log, what is to be told to have some of it read, and what was.
    fn log() -> (Lines, Flush, Sender<()>, Receiver<Vec<u8>>) {
        let (reads, read) = mpsc::channel();
        let (written, lines) = mpsc::channel();
        let (writer, flush) = start(Full { read, written }).unwrap();
        (writer, flush, reads, lines)
    }

    /// Adds a line and waits until the thread has taken it, to write it.
    fn hold(mut lines: &Lines, line: &[u8]) {
        lines.write_all(line).unwrap();
        while !lines.shared.waiting().lines.is_empty() {
            thread::yield_now();
        }
    }

    #[test]
    fn what_comes_while_a_line_is_written_is_written_together() {
        let (lines, _flush, reads, written) = log();
        hold(&lines, b"one\n");
        (&lines).write_all(b"two\n").unwrap();
        (&lines).write_all(b"three\n").unwrap();
        drop(reads);
        assert_eq!(written.recv().unwrap(), b"one\n");
        assert_eq!(written.recv().unwrap(), b"two\nthree\n");
    }

    #[test]
    fn what_is_told_later_stands_where_and_when_it_was_to_be_told() {
        let (lines, flush, reads, written) = log();
        hold(&lines, b"held\n");
        let (told, teller) = (lines.clone(), thread::current().id());
        let (times, time) = mpsc::channel();
        (&lines).write_all(b"one\n").unwrap();
        lines.tell_later(Later::new(move || {
            assert_ne!(thread::current().id(), teller);
            times.send(later::now()).unwrap();
            (&told).write_all(b"two\n").unwrap();
        }));
        let until = SystemTime::now();
        lines.tell_later(Later::new(|| panic!("the rest is told all the same")));
        (&lines).write_all(b"three\n").unwrap();
        drop(reads);
        drop(flush);
        assert_eq!(written.recv().unwrap(), b"held\n");
        assert_eq!(written.recv().unwrap(), b"one\ntwo\nthree\n");
        assert!(time.recv().unwrap() <= until);
    }

    #[test]
    fn what_is_to_be_told_is_bounded_too() {
        let (lines, flush, reads, written) = log();
        hold(&lines, b"held\n");
        for _ in 0..MOST_BYTES / LATER_BYTES + 3 {
            let told = lines.clone();
            lines.tell_later(Later::new(move || (&told).write_all(b"x").unwrap()));
        }
        assert_eq!(lines.dropped(), 3);
        drop(reads);
        drop(flush);
        assert_eq!(written.recv().unwrap(), b"held\n");
        assert_eq!(written.recv().unwrap().len(), MOST_BYTES / LATER_BYTES);
    }

    #[test]
    fn lines_that_nobody_reads_are_dropped_and_counted() {
        let (lines, flush, reads, written) = log();
        let line = [b'x'; 1024 * 1024];
        // One that the thread holds, and as many as may wait.
        hold(&lines, b"held\n");
        for _ in 0..MOST_BYTES / line.len() + 2 {
            (&lines).write_all(&line).unwrap();
        }
        assert_eq!(lines.dropped(), 2);
        drop(reads);
        drop(flush);
        assert_eq!(written.recv().unwrap(), b"held\n");
        assert_eq!(written.recv().unwrap().len(), MOST_BYTES);
    }

    #[test]
    fn the_last_lines_wait_for_whoever_is_slow_to_read_them() {
        let (lines, flush, reads, written) = log();
        (&lines).write_all(b"stopped\n").unwrap();
        let (flushed, is_flushed) = mpsc::channel();
        thread::spawn(move || {
            drop(flush);
            flushed.send(()).unwrap();
        });
        let early = is_flushed.recv_timeout(Duration::from_millis(1500));
        assert!(early.is_err(), "it did not wait");
        drop(reads);
        is_flushed.recv().unwrap();
        assert_eq!(written.try_recv().unwrap(), b"stopped\n");
    }
}
