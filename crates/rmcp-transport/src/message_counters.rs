//! Counts received messages by method, for every transport.

use std::sync::Arc;

use metrics::{Counter, counter, describe_counter};
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, JsonRpcMessage};

/// The methods that are counted by name. Clients may send any string as a method, so all others are
/// counted as [`OTHER`].
const METHODS: [&str; 21] = [
    // The most frequent method is first, because the list is searched from the beginning.
    "tools/call",
    "initialize",
    "notifications/initialized",
    "ping",
    "tools/list",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "resources/subscribe",
    "resources/unsubscribe",
    "subscriptions/listen",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "logging/setLevel",
    "server/discover",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
    RESPONSE,
    OTHER,
];

/// A response to a request of the server. It has no method.
const RESPONSE: &str = "response";
const OTHER: &str = "other";

/// Counts messages by method, as `rmcp_transport_messages_total`.
///
/// For programs that serve MCP over other transports too: their messages add to those that
/// [`SseService`](crate::SseService) counts. Clones share their counters.
#[derive(Debug, Clone)]
pub struct MessageCounters {
    /// In the order of [`METHODS`].
    by_method: Arc<[Counter; METHODS.len()]>,
}

impl MessageCounters {
    /// Creates counters with the recorder that is installed now.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "the value depends on the installed recorder"
    )]
    pub fn new() -> Self {
        describe_counter!(
            "rmcp_transport_messages_total",
            "Messages received and parsed, by method"
        );
        let counters =
            METHODS.map(|method| counter!("rmcp_transport_messages_total", "method" => method));
        Self {
            by_method: Arc::new(counters),
        }
    }

    /// Counts a parsed message, whether or not it is accepted.
    pub fn count(&self, message: &ClientJsonRpcMessage) {
        self.count_method(method(message));
    }

    /// Counts a message by its method; `None` counts a response.
    pub fn count_method<'a>(&self, method: impl Into<Option<&'a str>>) {
        let method = method.into().unwrap_or(RESPONSE);
        let known = METHODS.iter().position(|&known| known == method);
        // The last counter counts all others.
        self.by_method[known.unwrap_or(METHODS.len() - 1)].increment(1);
    }
}

fn method(message: &ClientJsonRpcMessage) -> &str {
    match message {
        JsonRpcMessage::Request(request) => request.request.method(),
        JsonRpcMessage::Notification(notification) => match &notification.notification {
            ClientNotification::CancelledNotification(_) => "notifications/cancelled",
            ClientNotification::ProgressNotification(_) => "notifications/progress",
            ClientNotification::InitializedNotification(_) => "notifications/initialized",
            ClientNotification::RootsListChangedNotification(_) => {
                "notifications/roots/list_changed"
            }
            _ => OTHER,
        },
        _ => RESPONSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_is_counted_by_its_method() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"server/discover"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#,
        ] {
            let message: ClientJsonRpcMessage = serde_json::from_str(body).unwrap();
            assert!(
                body.contains(&format!("\"{}\"", method(&message))),
                "{body}"
            );
            assert!(METHODS.contains(&method(&message)), "{body}");
        }
        for (body, label) in [
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, RESPONSE),
            (r#"{"jsonrpc":"2.0","method":"made/up"}"#, OTHER),
        ] {
            let message: ClientJsonRpcMessage = serde_json::from_str(body).unwrap();
            assert_eq!(method(&message), label);
        }
    }
}
