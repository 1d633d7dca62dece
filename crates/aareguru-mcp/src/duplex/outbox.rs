//! What waits to be written to one client, in order, and how much that is.

use std::collections::VecDeque;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// One writer takes from it, and one reader waits for room in it.
#[derive(Debug)]
pub(crate) struct DuplexOutbox {
    max_bytes: usize,
    waiting: Mutex<Waiting>,
    added: Notify,
    taken: Notify,
    overflowed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<String>,
    bytes: usize,
    closed: bool,
}

impl DuplexOutbox {
    pub(crate) fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            waiting: Mutex::default(),
            added: Notify::new(),
            taken: Notify::new(),
            overflowed: Notify::new(),
        }
    }

    /// Adds a message, unless it is closed. If it comes to twice of what may wait, all is dropped:
    /// by then nothing new is read from the client, and it has had time to read what was there.
    pub(crate) fn push(&self, message: String) {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return;
        }
        waiting.bytes += message.len();
        waiting.messages.push_back(message);
        if waiting.messages.len() > 1 && waiting.bytes > self.max_bytes.saturating_mul(2) {
            *waiting = Waiting {
                closed: true,
                ..Waiting::default()
            };
            self.overflowed.notify_one();
        }
        drop(waiting);
        self.added.notify_one();
    }

    /// Ready when it has dropped what waited.
    pub(crate) async fn overflow(&self) {
        self.overflowed.notified().await;
    }

    /// Takes no more messages; what waits is still written.
    pub(crate) fn close(&self) {
        self.waiting.lock().closed = true;
        self.added.notify_one();
        self.taken.notify_one();
    }

    /// The next message; `None` when it is closed and nothing is left. What is taken is not lost if
    /// the future is dropped.
    pub(crate) async fn next(&self) -> Option<String> {
        loop {
            {
                let mut waiting = self.waiting.lock();
                if let Some(message) = waiting.messages.pop_front() {
                    waiting.bytes -= message.len();
                    drop(waiting);
                    self.taken.notify_one();
                    return Some(message);
                }
                if waiting.closed {
                    return None;
                }
            }
            self.added.notified().await;
        }
    }

    /// Ready when less waits than may.
    pub(crate) async fn room(&self) {
        while self.is_full() {
            self.taken.notified().await;
        }
    }

    /// Whether as much waits as may, or more. One message longer than that may wait alone.
    pub(crate) fn is_full(&self) -> bool {
        let waiting = self.waiting.lock();
        !waiting.closed && waiting.messages.len() > 1 && waiting.bytes >= self.max_bytes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_util::task::TaskTracker;

    use super::*;

    #[tokio::test]
    async fn what_waits_is_written_in_order_also_after_the_end() {
        let outbox = DuplexOutbox::new(100);
        outbox.push("a".into());
        outbox.push("b".into());
        outbox.close();
        outbox.push("late".into());
        assert_eq!(outbox.next().await.as_deref(), Some("a"));
        assert_eq!(outbox.next().await.as_deref(), Some("b"));
        assert_eq!(outbox.next().await, None);
    }

    #[tokio::test]
    async fn there_is_room_again_when_something_was_taken() {
        let outbox = Arc::new(DuplexOutbox::new(12));
        outbox.push("longer than may wait".into());
        outbox.room().await;
        outbox.push("b".into());
        assert!(outbox.is_full());
        let tasks = TaskTracker::new();
        let waits = outbox.clone();
        tasks.spawn(async move { waits.room().await });
        tasks.close();
        outbox.next().await;
        tasks.wait().await;
        assert!(!outbox.is_full());
    }

    #[tokio::test]
    async fn what_nobody_reads_is_dropped_in_the_end() {
        let outbox = DuplexOutbox::new(2);
        for _ in 0..4 {
            outbox.push("a".into());
        }
        outbox.push("one too many".into());
        outbox.overflow().await;
        assert_eq!(outbox.next().await, None);
    }

    #[tokio::test]
    async fn the_end_frees_whoever_waits() {
        let outbox = DuplexOutbox::new(1);
        outbox.push("a".into());
        outbox.push("b".into());
        outbox.close();
        outbox.room().await;
    }
}
