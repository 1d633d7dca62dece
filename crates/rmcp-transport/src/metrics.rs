//! The numbers this crate gives to whatever [`metrics`] recorder the program
//! has installed. Names and labels are listed in the crate's README.

use std::sync::Arc;

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use rmcp::model::{ClientJsonRpcMessage, ClientNotification, JsonRpcMessage};

use crate::{refusal::Refusal, session::End};

/// The methods that are counted under their own names. Clients may send any
/// string as a method, so whatever else comes is counted as [`OTHER`].
const METHODS: [&str; 21] = [
    // The one that clients send most comes first, because it is looked for
    // from the beginning.
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

/// An answer to what the server asked the client. No method, as it has none.
const RESPONSE: &str = "response";
const OTHER: &str = "other";

/// Handles that are made once, so that counting needs no lookup.
pub(crate) struct Metrics {
    pub(crate) sessions: Gauge,
    pub(crate) streams: Gauge,
    pub(crate) opened: Counter,
    pub(crate) resumed: Counter,
    pub(crate) replaced: Counter,
    pub(crate) adopted: Counter,
    pub(crate) taken: Counter,
    pub(crate) unstored: Gauge,
    pub(crate) commit_seconds: Histogram,
    pub(crate) handshake_seconds: Histogram,
    pub(crate) queued_bytes: Gauge,
    pub(crate) in_flight: Gauge,
    messages: MessageCounters,
    /// In the order of [`Refusal::ALL`].
    refused: Vec<Counter>,
    /// In the order of [`End::ALL`].
    closed: Vec<Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        describe();
        let refused = |refusal: Refusal| counter!("rmcp_transport_refused_total", "reason" => refusal.label());
        let closed =
            |end: End| counter!("rmcp_transport_sessions_closed_total", "reason" => end.label());
        Self {
            sessions: gauge!("rmcp_transport_sessions"),
            streams: gauge!("rmcp_transport_streams"),
            opened: counter!("rmcp_transport_sessions_opened_total"),
            resumed: counter!("rmcp_transport_streams_resumed_total"),
            replaced: counter!("rmcp_transport_streams_replaced_total"),
            adopted: counter!("rmcp_transport_sessions_adopted_total"),
            taken: counter!("rmcp_transport_sessions_taken_over_total"),
            unstored: gauge!("rmcp_transport_sessions_unstored"),
            commit_seconds: histogram!("rmcp_transport_store_commit_seconds"),
            handshake_seconds: histogram!("rmcp_transport_handshake_seconds"),
            queued_bytes: gauge!("rmcp_transport_queued_bytes"),
            in_flight: gauge!("rmcp_transport_requests_in_flight"),
            messages: MessageCounters::new(),
            refused: Refusal::ALL.into_iter().map(refused).collect(),
            closed: End::ALL.into_iter().map(closed).collect(),
        }
    }

    /// A message that was understood, whatever becomes of it.
    pub(crate) fn received(&self, message: &ClientJsonRpcMessage) {
        self.messages.count(message);
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refused[refusal as usize].increment(1);
    }

    pub(crate) fn closed(&self, end: End) {
        self.sessions.decrement(1);
        self.closed[end as usize].increment(1);
    }
}

/// Counts messages by their method, as `rmcp_transport_messages_total`.
///
/// For programs that speak MCP over other transports too: what is counted here
/// adds to what [`SseService`](crate::SseService) counts. A clone counts the
/// same.
#[derive(Debug, Clone)]
pub struct MessageCounters {
    /// In the order of [`METHODS`].
    by_method: Arc<[Counter; METHODS.len()]>,
}

impl MessageCounters {
    /// Counters of the recorder that is installed now.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "what it is depends on the recorder that is installed"
    )]
    pub fn new() -> Self {
        let counters =
            METHODS.map(|method| counter!("rmcp_transport_messages_total", "method" => method));
        Self {
            by_method: Arc::new(counters),
        }
    }

    /// Counts a message that was understood, whatever becomes of it.
    pub fn count(&self, message: &ClientJsonRpcMessage) {
        self.count_method(method(message));
    }

    /// The same for a message of which nothing but the method is known; one
    /// without a method is a response.
    pub fn count_method<'a>(&self, method: impl Into<Option<&'a str>>) {
        let method = method.into().unwrap_or(RESPONSE);
        let known = METHODS.iter().position(|&known| known == method);
        // The last one counts all others.
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

/// What the numbers mean, for recorders that pass it on.
fn describe() {
    describe_gauge!(
        "rmcp_transport_sessions",
        "Sessions open now, with or without a stream"
    );
    describe_gauge!("rmcp_transport_streams", "Event streams open now");
    describe_counter!("rmcp_transport_sessions_opened_total", "Sessions opened");
    describe_counter!(
        "rmcp_transport_sessions_adopted_total",
        "Sessions opened for clients that had initialized before"
    );
    describe_counter!(
        "rmcp_transport_sessions_taken_over_total",
        "Sessions taken over from another process"
    );
    describe_gauge!(
        "rmcp_transport_sessions_unstored",
        "Open sessions that the store lacks, because it ails; looked at once a second"
    );
    describe_histogram!(
        "rmcp_transport_store_commit_seconds",
        "What events and accepted requests wait for the store, with sessions that are stored"
    );
    describe_counter!(
        "rmcp_transport_sessions_closed_total",
        "Sessions closed, by why"
    );
    describe_counter!(
        "rmcp_transport_streams_resumed_total",
        "Streams that gave a session back"
    );
    describe_counter!(
        "rmcp_transport_streams_replaced_total",
        "Streams that ended because another one took over"
    );
    describe_counter!(
        "rmcp_transport_messages_total",
        "Messages received and understood, by method"
    );
    describe_counter!(
        "rmcp_transport_refused_total",
        "Requests refused by the transport, by why"
    );
    describe_histogram!(
        "rmcp_transport_handshake_seconds",
        "From the GET that opens a session to the answer to its initialize"
    );
    describe_gauge!(
        "rmcp_transport_requests_in_flight",
        "Requests that handlers are running"
    );
    describe_gauge!(
        "rmcp_transport_queued_bytes",
        "Bytes of events that wait for their readers, looked at once a second"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_found_by_its_name() {
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

    #[test]
    fn every_reason_is_counted_under_its_own_label() {
        for (n, refusal) in Refusal::ALL.into_iter().enumerate() {
            assert_eq!(refusal as usize, n);
        }
        for (n, end) in End::ALL.into_iter().enumerate() {
            assert_eq!(end as usize, n);
        }
    }
}
