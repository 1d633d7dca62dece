//! Logs refused requests, with a limited rate.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

/// The most characters of a refused header that are logged.
const LOGGED_CHARS: usize = 100;

/// The reason for refusing a header.
pub(super) struct Fault<'a> {
    pub(super) value: &'a [u8],
    pub(super) reason: &'static str,
}

/// Logs refused requests without flooding the log: as a warning at most once a second per header,
/// otherwise at debug level.
#[derive(Debug)]
pub(super) struct RefusalLog {
    start: Instant,
    host: OncePerSecond,
    origin: OncePerSecond,
}

impl Default for RefusalLog {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            host: OncePerSecond::default(),
            origin: OncePerSecond::default(),
        }
    }
}

impl RefusalLog {
    pub(super) fn host_refused(&self, fault: &Fault<'_>) {
        let (host, reason) = (fault.loggable(), fault.reason);
        if self.host.passes(self.start.elapsed().as_secs()) {
            tracing::warn!(?host, "request refused: {reason}");
        } else {
            tracing::debug!(?host, "request refused: {reason}");
        }
    }

    pub(super) fn origin_refused(&self, fault: &Fault<'_>) {
        let (origin, reason) = (fault.loggable(), fault.reason);
        if self.origin.passes(self.start.elapsed().as_secs()) {
            tracing::warn!(?origin, "request refused: {reason}");
        } else {
            tracing::debug!(?origin, "request refused: {reason}");
        }
    }
}

impl Fault<'_> {
    /// Returns the value, for logging in its debug form: escaped, because a client must not be able
    /// to forge log lines.
    fn loggable(&self) -> String {
        let value = String::from_utf8_lossy(self.value);
        value.chars().take(LOGGED_CHARS).collect()
    }
}

#[derive(Debug, Default)]
struct OncePerSecond {
    /// The first second in which a line is allowed again.
    next: AtomicU64,
}

impl OncePerSecond {
    fn passes(&self, second: u64) -> bool {
        self.next.fetch_max(second + 1, Ordering::Relaxed) <= second
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fmt,
        sync::{Arc, Mutex},
    };

    use http::Request;
    use tracing::{
        Dispatch, Event, Level, Metadata, Subscriber,
        field::{Field, Visit},
        span,
    };

    use crate::RebindingProtection;

    use super::*;

    #[test]
    fn log_limit_allows_one_line_per_second() {
        let limit = OncePerSecond::default();
        let passed: Vec<bool> = [0, 0, 1, 1, 1, 5, 4, 5, 6]
            .into_iter()
            .map(|second| limit.passes(second))
            .collect();
        assert_eq!(
            passed,
            [true, false, true, false, false, true, false, false, true]
        );
    }

    #[test]
    fn refusal_is_logged_with_its_value_and_the_setting_to_change() {
        let lines = Lines::default();
        // With a single subscriber, tracing would cache that nobody listens to a callsite that
        // another test's thread has reached first.
        let _second = Dispatch::new(Lines::default());
        tracing::subscriber::with_default(lines.clone(), || {
            let protection = RebindingProtection::loopback();
            for (host, origin) in [
                (&b"evil.example"[..], "null"),
                (b"localhost", "https://evil.example"),
            ] {
                let request = Request::get("/")
                    .header("host", host)
                    .header("origin", origin)
                    .body(())
                    .unwrap();
                for _ in 0..20 {
                    protection.check(&request).unwrap_err();
                }
            }
        });
        let lines = lines.0.lock().unwrap();
        for refused in [
            "request refused: add this host to allowed_hosts to accept it host=\"evil.example\"",
            "request refused: add this origin to allowed_origins to accept it \
             origin=\"https://evil.example\"",
        ] {
            // The further lines of the same second.
            for level in ["WARN", "DEBUG"] {
                assert!(lines.contains(&format!("{level} {refused}")), "{lines:#?}");
            }
        }
    }

    #[test]
    fn logged_value_is_cut() {
        let value = b"\"\xff".repeat(100);
        let fault = Fault {
            value: &value,
            reason: "",
        };
        assert_eq!(fault.loggable(), "\"\u{fffd}".repeat(50));
    }

    /// Collects every event as a line of text.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            match field.name() {
                "message" => self.0 = format!("{value:?}{}", self.0),
                name => self.0 = format!("{} {name}={value:?}", self.0),
            }
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() <= Level::DEBUG
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut line = Line(String::new());
            event.record(&mut line);
            let line = format!("{} {}", event.metadata().level(), line.0);
            self.0.lock().unwrap().push(line);
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }
}
