//! Clients older than structured content get the JSON as text, however their session was opened.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use testkit::{ServerProcess, SseSession, post, send, tool_call};

const CALLS: [(&str, &str); 3] = [
    ("get_current_temperature", "{}"),
    ("compare_cities", r#"{"cities":["thun","bern"]}"#),
    ("list_cities", "{}"),
];

/// Returns the JSON in the second text block, if there is one.
fn json_in_text(answer: &Value) -> Option<Value> {
    let content = answer["result"]["content"].as_array().unwrap();
    assert!(content.iter().all(|block| block["type"] == "text"));
    assert!(content.len() <= 2, "{answer}");
    let text = content.get(1)?["text"].as_str().unwrap();
    Some(serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn old_protocol_version_gets_structured_content_as_text() {
    let server = ServerProcess::demo().await;
    for (version, is_old) in [
        ("2024-11-05", true),
        ("2025-03-26", true),
        ("2025-06-18", false),
        ("2025-11-25", false),
    ] {
        let mut session = SseSession::open(server.address).await;
        let answer = session.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
        for (tool, arguments) in CALLS {
            let answer = session.call_tool(1, tool, arguments).await;
            let structured = &answer["result"]["structuredContent"];
            assert!(structured.is_object(), "{answer}");
            let expected = is_old.then(|| structured.clone());
            assert_eq!(json_in_text(&answer), expected, "{version}");
        }
    }
}

#[tokio::test]
async fn adopted_session_uses_the_version_it_names() {
    let server = ServerProcess::demo().await;
    for (version, is_old) in [("2025-03-26", true), ("2025-06-18", false)] {
        let mut session = SseSession::open(server.address).await;
        let headers =
            format!("Content-Type: application/json\r\nMCP-Protocol-Version: {version}\r\n");
        let call = tool_call(1, "get_current_temperature", "{}");
        let accepted = send(server.address, post(&session.target, &headers, &call)).await;
        assert_eq!(accepted.status, 202, "{}", accepted.body);
        let answer = session.message().await;
        assert_eq!(json_in_text(&answer).is_some(), is_old, "{version}");
    }
}

/// Posts a message to `/mcp`; returns the head of the response, and its message.
async fn post_to_mcp(address: SocketAddr, headers: &str, message: &str) -> (String, Value) {
    let headers = format!(
        "Connection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{headers}"
    );
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = post("/mcp", &headers, message);
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let data = body.lines().find_map(|line| line.strip_prefix("data: {"));
    let message = data.map_or(Value::Null, |data| {
        serde_json::from_str(&format!("{{{data}")).unwrap()
    });
    (head.to_owned(), message)
}

#[tokio::test]
async fn streamable_session_uses_the_version_of_initialize() {
    let server = ServerProcess::demo().await;
    for (version, is_old) in [("2025-03-26", true), ("2025-06-18", false)] {
        let initialize = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {"protocolVersion": version, "capabilities": {},
                       "clientInfo": {"name": "raw", "version": "0"}},
        });
        let (head, _) = post_to_mcp(server.address, "", &initialize.to_string()).await;
        let session = head
            .lines()
            .find(|line| line.starts_with("mcp-session-id: "))
            .unwrap_or_else(|| panic!("{head}"));
        // Older clients do not name the version again.
        let headers = format!("{session}\r\n");
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        post_to_mcp(server.address, &headers, initialized).await;
        let call = tool_call(1, "get_current_temperature", "{}");
        let (_, answer) = post_to_mcp(server.address, &headers, &call).await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        let structured = answer["result"]["structuredContent"].clone();
        assert_eq!(json_in_text(&answer), is_old.then_some(structured));
    }
}

#[tokio::test]
async fn tool_error_has_one_text_block_for_every_version() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::open(server.address).await;
    session.initialize("2024-11-05").await;
    let arguments = json!({"city": "Basel"}).to_string();
    let answer = session
        .call_tool(1, "get_current_temperature", &arguments)
        .await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(json_in_text(&answer), None);
}
