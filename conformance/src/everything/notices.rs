//! Tools that report while they run: log messages and progress.

use std::time::Duration;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResult, LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam,
        Tool,
    },
    service::RequestContext,
};
use serde_json::json;

use super::{Everything, content};

/// Long enough for a client to see that the reports come one by one.
const STEP: Duration = Duration::from_millis(50);

pub(super) fn tools() -> Vec<Tool> {
    let names = [
        "test_tool_with_logging",
        "test_logging_tool",
        "test_tool_with_progress",
        "test_reconnection",
    ];
    names.map(content::without_arguments).to_vec()
}

pub(super) async fn call(
    everything: &Everything,
    name: &str,
    context: &RequestContext<RoleServer>,
) -> Result<Option<CallToolResult>, ErrorData> {
    match name {
        "test_tool_with_logging" | "test_logging_tool" => {
            everything.log("Tool execution started", context).await?;
            tokio::time::sleep(STEP).await;
            everything.log("Tool processing data", context).await?;
            tokio::time::sleep(STEP).await;
            everything.log("Tool execution completed", context).await?;
        }
        "test_tool_with_progress" => {
            progress(0.0, context).await?;
            tokio::time::sleep(STEP).await;
            progress(50.0, context).await?;
            tokio::time::sleep(STEP).await;
            progress(100.0, context).await?;
        }
        "test_reconnection" => tokio::time::sleep(STEP).await,
        _ => return Ok(None),
    }
    Ok(Some(content::said(&format!("{name} is done"))))
}

impl Everything {
    /// Sends a message at level info if the client wants it: since 2026-07-28 if the request says
    /// so, before unless `logging/setLevel` says otherwise.
    async fn log(&self, text: &str, context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
        let stateless = context
            .protocol_version()
            .is_some_and(|version| !version.has_initialize());
        let least = if stateless {
            context.meta.log_level()
        } else {
            let level = *self.level.lock();
            Some(level.unwrap_or(LoggingLevel::Debug))
        };
        let wanted = matches!(least, Some(LoggingLevel::Debug | LoggingLevel::Info));
        if !wanted {
            return Ok(());
        }
        let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(text));
        let sent = context.peer.notify_logging_message(message).await;
        sent.map_err(|error| ErrorData::internal_error(error.to_string(), None))
    }
}

async fn progress(done: f64, context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    let Some(token) = context.meta.get_progress_token() else {
        return Ok(());
    };
    let progress = ProgressNotificationParam::new(token, done).with_total(100.0);
    let sent = context.peer.notify_progress(progress).await;
    sent.map_err(|error| ErrorData::internal_error(error.to_string(), None))
}
