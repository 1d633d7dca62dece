//! Tools that change a list, and the streams that notify clients of the change.

use rmcp::{
    ErrorData,
    model::{CallToolResult, Tool},
    service::{SubscriptionContext, SubscriptionSendError},
};
use tokio::sync::broadcast::{self, error::RecvError};

use super::content;

#[derive(Debug, Clone, Copy)]
enum ListChange {
    Tools,
    Prompts,
}

/// Broadcasts changes to subscribers.
#[derive(Debug)]
pub(super) struct ListChanges(broadcast::Sender<ListChange>);

impl Default for ListChanges {
    fn default() -> Self {
        Self(broadcast::Sender::new(16))
    }
}

pub(super) fn tools() -> Vec<Tool> {
    let names = ["test_trigger_tool_change", "test_trigger_prompt_change"];
    names.map(content::without_arguments).to_vec()
}

impl ListChanges {
    pub(super) fn call(&self, name: &str) -> Option<CallToolResult> {
        let change = match name {
            "test_trigger_tool_change" => ListChange::Tools,
            "test_trigger_prompt_change" => ListChange::Prompts,
            _ => return None,
        };
        // Fails without subscribers, which is harmless.
        let _ = self.0.send(change);
        Some(content::text_result("changed"))
    }

    /// Forwards the requested changes to a subscriber until it disconnects.
    pub(super) async fn forward(
        &self,
        subscription: &SubscriptionContext,
    ) -> Result<(), ErrorData> {
        let mut changes = self.0.subscribe();
        let (filter, sink) = (subscription.accepted(), subscription.sink());
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = subscription.cancelled() => return Ok(()),
            };
            let sent = match change {
                Ok(ListChange::Tools) if filter.tools_list_changed == Some(true) => {
                    sink.notify_tool_list_changed().await
                }
                Ok(ListChange::Prompts) if filter.prompts_list_changed == Some(true) => {
                    sink.notify_prompt_list_changed().await
                }
                Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
                Err(RecvError::Closed) => return Ok(()),
            };
            match sent {
                Ok(()) => {}
                Err(SubscriptionSendError::SubscriptionClosed) => return Ok(()),
                Err(error) => return Err(ErrorData::internal_error(error.to_string(), None)),
            }
        }
    }
}
