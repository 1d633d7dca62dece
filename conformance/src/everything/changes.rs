//! Tools that change a list, and the streams on which clients are told so.

use rmcp::{
    ErrorData,
    model::{CallToolResult, Tool},
    service::{SubscriptionContext, SubscriptionSendError},
};
use tokio::sync::broadcast::{self, error::RecvError};

use super::content;

/// Which list has changed.
#[derive(Debug, Clone, Copy)]
enum Change {
    Tools,
    Prompts,
}

/// Where changes are announced.
#[derive(Debug)]
pub(super) struct Changes(broadcast::Sender<Change>);

impl Default for Changes {
    fn default() -> Self {
        Self(broadcast::Sender::new(16))
    }
}

pub(super) fn tools() -> Vec<Tool> {
    let names = ["test_trigger_tool_change", "test_trigger_prompt_change"];
    names.map(content::without_arguments).to_vec()
}

impl Changes {
    pub(super) fn call(&self, name: &str) -> Option<CallToolResult> {
        let change = match name {
            "test_trigger_tool_change" => Change::Tools,
            "test_trigger_prompt_change" => Change::Prompts,
            _ => return None,
        };
        // Nobody may be listening.
        let _ = self.0.send(change);
        Some(content::said("changed"))
    }

    /// Tells a subscriber of the changes that it asked for, until it goes.
    pub(super) async fn tell(&self, subscription: &SubscriptionContext) -> Result<(), ErrorData> {
        let mut changes = self.0.subscribe();
        let (wanted, sink) = (subscription.accepted(), subscription.sink());
        loop {
            let change = tokio::select! {
                change = changes.recv() => change,
                () = subscription.cancelled() => return Ok(()),
            };
            let sent = match change {
                Ok(Change::Tools) if wanted.tools_list_changed == Some(true) => {
                    sink.notify_tool_list_changed().await
                }
                Ok(Change::Prompts) if wanted.prompts_list_changed == Some(true) => {
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
