//! Notifies clients of upstream failures, with log messages.
//!
//! Clients set a log level with `logging/setLevel` or, from MCP 2026-07-28 on, in each request. An
//! outage is reported once, not once per call.

use std::mem::{self, Discriminant};

use parking_lot::Mutex;
use rmcp::{
    RoleServer,
    model::{LoggingLevel, LoggingMessageNotificationParam},
    service::RequestContext,
};
use serde_json::Value;

/// The logger name in the notifications.
const LOGGER: &str = "aareguru";

/// The log level of a session, and the failure last reported to it.
#[derive(Debug, Default)]
pub(crate) struct LogNotifier(Mutex<LogState>);

#[derive(Debug, Default)]
struct LogState {
    level: Option<LoggingLevel>,
    reported: Option<Discriminant<UpstreamFailure>>,
}

/// How the upstream API failed during one call, with the reason.
#[derive(Debug)]
pub(crate) enum UpstreamFailure {
    /// The call was answered with an older response from the cache.
    Stale(String),
    /// The call could not be answered.
    NoData(String),
}

impl LogNotifier {
    pub(crate) fn set_level(&self, level: LoggingLevel) {
        self.0.lock().level = Some(level);
    }

    /// Ends an outage: the next failure is reported.
    pub(crate) fn record_recovery(&self) {
        self.0.lock().reported = None;
    }

    /// Records the outcome of a call. Notifies the client of a failure, unless its log level
    /// excludes it or it was already notified.
    pub(crate) async fn report(
        &self,
        failure: Option<UpstreamFailure>,
        context: &RequestContext<RoleServer>,
    ) {
        let Some(message) = self.build_message(failure, context) else {
            return;
        };
        // Sending fails only if the client has closed.
        let _ = context.peer.notify_logging_message(message).await;
    }

    fn build_message(
        &self,
        failure: Option<UpstreamFailure>,
        context: &RequestContext<RoleServer>,
    ) -> Option<LoggingMessageNotificationParam> {
        let mut state = self.0.lock();
        let min_level = context.meta.log_level().or(state.level)?;
        // Compares only the kind: the text may contain the remaining seconds.
        let kind = failure.as_ref().map(mem::discriminant);
        if mem::replace(&mut state.reported, kind) == kind {
            return None;
        }
        let (level, text) = match failure? {
            UpstreamFailure::Stale(why) => {
                let text = format!(
                    "answered with an older response, because the upstream API failed: {why}"
                );
                (LoggingLevel::Warning, text)
            }
            UpstreamFailure::NoData(why) => (LoggingLevel::Error, why),
        };
        // Declared in order of severity.
        let is_enabled = level as u8 >= min_level as u8;
        is_enabled.then(|| {
            LoggingMessageNotificationParam::new(level, Value::String(text)).with_logger(LOGGER)
        })
    }
}
