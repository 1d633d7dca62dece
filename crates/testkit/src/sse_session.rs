//! A client of HTTP+SSE at the level of bytes.

use std::net::SocketAddr;

use serde_json::Value;

use crate::{
    HttpResponse, StreamCut, get, post_json, raw_connection::RawConnection, send, with_header,
};

/// A session of HTTP+SSE with its open event stream.
#[derive(Debug)]
pub struct SseSession {
    /// The address that messages are posted to, which may be that of another instance.
    pub address: SocketAddr,
    connection: RawConnection,
    /// The status line and the headers of the response.
    pub head: String,
    /// The path that messages are posted to, from the endpoint event.
    pub target: String,
    /// The id of the last event.
    pub last_event_id: Option<String>,
}

impl SseSession {
    /// Opens a stream at `/sse`.
    pub async fn open(address: SocketAddr) -> Self {
        Self::open_at(address, "/sse").await
    }

    /// Opens a stream at this path.
    pub async fn open_at(address: SocketAddr, path: &str) -> Self {
        Self::open_with(address, get(path)).await
    }

    /// Reopens a stream, as a client does that has lost one.
    pub async fn resume(address: SocketAddr, last_event_id: &str) -> Self {
        let header = format!("Last-Event-ID: {last_event_id}");
        Self::open_with(address, with_header(&get("/sse"), &header)).await
    }

    /// Opens a stream with a custom request.
    pub async fn open_with(address: SocketAddr, request: String) -> Self {
        let opened = Self::try_open(address, request).await;
        opened.expect("the stream was refused")
    }

    /// Opens a stream, unless it is rejected or cut.
    pub async fn try_open(address: SocketAddr, request: String) -> Option<Self> {
        let mut connection = RawConnection::try_open(address, request).await?;
        let head = connection.try_head().await?;
        if !head.starts_with("HTTP/1.1 200") {
            return None;
        }
        let event = connection.event().await.ok()??;
        let target = event
            .strip_prefix("event: endpoint\r\ndata: ")
            .and_then(|rest| rest.strip_suffix("\r\n\r\n"))
            .unwrap_or_else(|| panic!("first event: {event:?}"))
            .to_owned();
        Some(Self {
            address,
            connection,
            head,
            target,
            last_event_id: None,
        })
    }

    /// Opens a session and initializes it.
    pub async fn initialized(address: SocketAddr) -> Self {
        let mut session = Self::open(address).await;
        session.initialize("2025-11-25").await;
        session
    }

    /// Initializes the session with this protocol version, and returns the result.
    pub async fn initialize(&mut self, version: &str) -> Value {
        let answer = self
            .call(&format!(
                r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{version}","capabilities":{{}},"clientInfo":{{"name":"raw","version":"0"}}}}}}"#
            ))
            .await;
        self.send(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await;
        answer
    }

    /// Posts a message and asserts that it is accepted with 202.
    pub async fn send(&self, message: &str) {
        let answer = self.post(message).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (202, "Accepted"),
            "{message}"
        );
    }

    /// Posts as this principal, to the session in the target.
    pub async fn post_as(&self, message: &str, principal: &str) -> HttpResponse {
        let request = post_json(&self.target, message);
        let request = with_header(&request, &format!("X-Principal: {principal}"));
        send(self.address, request).await
    }

    /// Posts a message and returns the response to the POST.
    pub async fn post(&self, message: &str) -> HttpResponse {
        send(self.address, post_json(&self.target, message)).await
    }

    /// Posts a message and returns the next one from the stream.
    pub async fn call(&mut self, message: &str) -> Value {
        self.send(message).await;
        self.message().await
    }

    /// Calls a tool and returns the next message.
    pub async fn call_tool(&mut self, id: u32, name: &str, arguments: &str) -> Value {
        self.call(&tool_call(id, name, arguments)).await
    }

    /// Returns the tools as listed by `tools/list`.
    pub async fn tools(&mut self) -> Vec<Value> {
        let request = r#"{"jsonrpc":"2.0","id":"tools","method":"tools/list"}"#;
        let mut answer = self.call(request).await;
        serde_json::from_value(answer["result"]["tools"].take()).unwrap()
    }

    /// Returns the next message of the stream.
    pub async fn message(&mut self) -> Value {
        self.try_message().await.expect("the stream ended")
    }

    /// Returns the next message of a stream that may break.
    pub async fn try_message(&mut self) -> Result<Value, StreamCut> {
        loop {
            let event = self.connection.event().await?.ok_or(StreamCut)?;
            // Skip keep-alive comments.
            if !event.starts_with(':') {
                return Ok(self.read_message(&event));
            }
        }
    }

    fn read_message(&mut self, event: &str) -> Value {
        let data = event
            .strip_prefix("event: message\r\ndata: ")
            .and_then(|rest| rest.strip_suffix("\r\n\r\n"))
            .unwrap_or_else(|| panic!("event: {event:?}"));
        let mut lines = data.split("\r\nid: ");
        let data = lines.next().unwrap();
        if let Some(id) = lines.next() {
            self.last_event_id = Some(id.to_owned());
        }
        serde_json::from_str(data).unwrap()
    }

    /// Returns the next event or comment as is; `None` when the stream has ended with its last
    /// chunk.
    pub async fn event(&mut self) -> Option<String> {
        let event = self.connection.event().await;
        event.expect("connection cut inside the stream")
    }
}

/// Returns a request that calls a tool. `arguments` is a JSON object.
pub fn tool_call(id: u32, name: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
    )
}
