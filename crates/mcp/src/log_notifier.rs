//! Failures of the API as log messages, for clients that asked for them: by `logging/setLevel`, or from 2026-07-28 on in the request itself.
//!
//! A failure that lasts is reported once, so that a client is not flooded.

use std::mem::{self, Discriminant};

use parking_lot::Mutex;
use rmcp::{
    RoleServer,
    model::{LoggingLevel, LoggingMessageNotificationParam},
    service::RequestContext,
};
use serde_json::Value;

/// Which part of the server speaks.
const LOGGER: &str = "aareguru";

/// What a session wants to be sent, and what it was sent.
#[derive(Debug, Default)]
pub(crate) struct LogNotifier(Mutex<LogState>);

#[derive(Debug, Default)]
struct LogState {
    level: Option<LoggingLevel>,
    reported: Option<Discriminant<UpstreamFailure>>,
}

/// How the API failed, as seen by one call.
#[derive(Debug)]
pub(crate) enum UpstreamFailure {
    /// An earlier answer was given.
    Stale(String),
    /// No answer could be given.
    NoData(String),
}

impl LogNotifier {
    pub(crate) fn set_level(&self, level: LoggingLevel) {
        self.0.lock().level = Some(level);
    }

    /// The API has answered.
    pub(crate) fn record_recovery(&self) {
        self.0.lock().reported = None;
    }

    /// Notifies the client, unless it does not want that or was notified of the same before.
    pub(crate) async fn report(
        &self,
        failure: Option<UpstreamFailure>,
        context: &RequestContext<RoleServer>,
    ) {
        let Some(message) = self.message(failure, context) else {
            return;
        };
        // A client that is gone gets no answer either.
        let _ = context.peer.notify_logging_message(message).await;
    }

    fn message(
        &self,
        failure: Option<UpstreamFailure>,
        context: &RequestContext<RoleServer>,
    ) -> Option<LoggingMessageNotificationParam> {
        let mut state = self.0.lock();
        let least = context.meta.log_level().or(state.level)?;
        // By its kind: the words may tell the seconds that are left.
        let kind = failure.as_ref().map(mem::discriminant);
        if mem::replace(&mut state.reported, kind) == kind {
            return None;
        }
        let (level, text) = match failure? {
            UpstreamFailure::Stale(why) => {
                let text = format!("an earlier answer was given, for want of a new one: {why}");
                (LoggingLevel::Warning, text)
            }
            UpstreamFailure::NoData(why) => (LoggingLevel::Error, why),
        };
        // They are declared from the least to the most severe.
        let is_wanted = level as u8 >= least as u8;
        is_wanted.then(|| {
            LoggingMessageNotificationParam::new(level, Value::String(text)).with_logger(LOGGER)
        })
    }
}
