//! A client that follows the protocol, and that others must not disturb.

use std::future::Future;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{HttpResponse, ServerProcess, SseSession, get, post_json, send, tool_call, with_key};

/// One client with an HTTP+SSE session.
#[derive(Debug)]
pub struct WellBehavedClient {
    session: SseSession,
    key: Option<&'static str>,
    calls: u32,
}

impl WellBehavedClient {
    /// Connects with a key, or to a server without keys.
    pub async fn connect(server: &ServerProcess, key: impl Into<Option<&'static str>>) -> Self {
        let key = key.into();
        let session =
            SseSession::open_with(server.address, with_optional_key(key, &get("/sse"))).await;
        let mut client = Self {
            session,
            key,
            calls: 0,
        };
        let initialize = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": { "name": "raw", "version": "0" },
            },
        });
        assert_eq!(client.post(&initialize.to_string()).await.status, 202);
        client.session.message().await;
        client
    }

    /// Posts over a new connection.
    async fn post(&self, message: &str) -> HttpResponse {
        let request = post_json(&self.session.target, message);
        send(self.session.address, with_optional_key(self.key, &request)).await
    }

    /// Asserts that a tool call succeeds.
    pub async fn assert_served(&mut self) {
        self.calls += 1;
        let call = tool_call(self.calls, "get_current_temperature", "{}");
        assert_eq!(self.post(&call).await.status, 202);
        let answer = self.session.message().await;
        assert_eq!(answer["id"], self.calls);
        let structured = &answer["result"]["structuredContent"];
        assert_eq!(structured["temperature_celsius"], 12.5, "{answer}");
    }

    /// Asserts that the stream has ended and the key is rejected.
    pub async fn assert_disconnected(&mut self) {
        assert_eq!(self.session.event().await, None);
        let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        assert_eq!(self.post(ping).await.status, 401);
    }
}

fn with_optional_key(key: Option<&str>, request: &str) -> String {
    key.map_or_else(|| request.to_owned(), |key| with_key(request, key))
}

/// Runs an attack alongside a [`WellBehavedClient`] that keeps calling: it is served before, during
/// and after.
pub async fn alongside_well_behaved_client<T>(
    server: &ServerProcess,
    key: impl Into<Option<&'static str>>,
    attack: impl Future<Output = T>,
) -> T {
    let mut client = WellBehavedClient::connect(server, key).await;
    client.assert_served().await;
    let (address, over) = (server.address, CancellationToken::new());
    let background_calls = tokio::spawn({
        let over = over.clone();
        async move {
            while !over.is_cancelled() {
                client.assert_served().await;
                assert_eq!(send(address, get("/health")).await.status, 200);
            }
            client.assert_served().await;
        }
    });
    let outcome = attack.await;
    over.cancel();
    background_calls.await.unwrap();
    outcome
}
