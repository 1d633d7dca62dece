//! The API's trouble as log messages, for a client that asked to hear of it:
//! by `logging/setLevel`, or from 2026-07-28 on in the request itself.
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

/// What a session has asked for and been told.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    level: Option<LoggingLevel>,
    told: Option<Discriminant<UpstreamFailure>>,
}

/// What ails the API, as seen by one call.
#[derive(Debug)]
pub(super) enum UpstreamFailure {
    /// An earlier answer was given.
    Bridged(String),
    /// No answer could be given.
    NoAnswer(String),
}

impl Log {
    pub(super) fn set_level(&self, level: LoggingLevel) {
        self.0.lock().level = Some(level);
    }

    /// Nothing ails the API any more.
    pub(super) fn well(&self) {
        self.0.lock().told = None;
    }

    /// Tells the client, if it wants to hear of such and has not heard of this.
    pub(super) async fn tell(
        &self,
        ailment: Option<UpstreamFailure>,
        context: &RequestContext<RoleServer>,
    ) {
        let Some(message) = self.message(ailment, context) else {
            return;
        };
        // A client that is gone gets no answer either.
        let _ = context.peer.notify_logging_message(message).await;
    }

    fn message(
        &self,
        ailment: Option<UpstreamFailure>,
        context: &RequestContext<RoleServer>,
    ) -> Option<LoggingMessageNotificationParam> {
        let mut state = self.0.lock();
        let least = context.meta.log_level().or(state.level)?;
        // By its kind: the words may tell the seconds that are left.
        let kind = ailment.as_ref().map(mem::discriminant);
        if mem::replace(&mut state.told, kind) == kind {
            return None;
        }
        let (level, text) = match ailment? {
            UpstreamFailure::Bridged(why) => {
                let text = format!("an earlier answer was given, for want of a new one: {why}");
                (LoggingLevel::Warning, text)
            }
            UpstreamFailure::NoAnswer(why) => (LoggingLevel::Error, why),
        };
        let is_wanted = weight(level) >= weight(least);
        is_wanted.then(|| {
            LoggingMessageNotificationParam::new(level, Value::String(text)).with_logger(LOGGER)
        })
    }
}

/// The levels in their order.
fn weight(level: LoggingLevel) -> u8 {
    match level {
        LoggingLevel::Debug => 0,
        LoggingLevel::Info => 1,
        LoggingLevel::Notice => 2,
        LoggingLevel::Warning => 3,
        LoggingLevel::Error => 4,
        LoggingLevel::Critical => 5,
        LoggingLevel::Alert => 6,
        LoggingLevel::Emergency => 7,
    }
}
