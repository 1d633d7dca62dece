//! Tools that send log messages and progress notifications while they run.

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

/// The delay between notifications in the suite's descriptions of these tools.
const NOTIFICATION_DELAY: Duration = Duration::from_millis(50);

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
            tokio::time::sleep(NOTIFICATION_DELAY).await;
            everything.log("Tool processing data", context).await?;
            tokio::time::sleep(NOTIFICATION_DELAY).await;
            everything.log("Tool execution completed", context).await?;
        }
        "test_tool_with_progress" => {
            progress(0.0, context).await?;
            tokio::time::sleep(NOTIFICATION_DELAY).await;
            progress(50.0, context).await?;
            tokio::time::sleep(NOTIFICATION_DELAY).await;
            progress(100.0, context).await?;
        }
        "test_reconnection" => tokio::time::sleep(NOTIFICATION_DELAY).await,
        _ => return Ok(None),
    }
    Ok(Some(content::text_result(&format!("{name} is done"))))
}

impl Everything {
    /// Sends a log message at level info, if the client's minimum level permits it: since 2026-07-28
    /// the level in the request, before that the level of `logging/setLevel`, by default debug.
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
