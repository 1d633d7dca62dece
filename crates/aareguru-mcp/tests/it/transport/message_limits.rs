//! Messages that would take much memory once they are parsed.

use std::fs;

use serde_json::json;
use testkit::{ServerProcess, SseSession, WebSocketClient, exchange, post_json, streamable};

const MIB: u64 = 1024 * 1024;

/// An `initialize` request of 4 MB with two million values in its capabilities.
fn large_initialize() -> String {
    let values = vec![0; 2_000_000];
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": { "experimental": { "a": { "b": values } } },
            "clientInfo": { "name": "raw", "version": "0" },
        },
    })
    .to_string()
}

/// An `initialize` request whose parameters are longer than a session keeps.
fn long_initialize() -> String {
    json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "x".repeat(40 * 1024), "version": "0" },
        },
    })
    .to_string()
}

/// Returns a line of the status of a process, in bytes.
fn memory(process_id: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process_id}/status")).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix(line)).unwrap();
    let kib = line.trim_start_matches(':').trim().trim_end_matches(" kB");
    kib.parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn message_with_two_million_values_is_refused_in_little_memory() {
    let server = ServerProcess::demo().await;
    let address = server.address;
    let before = memory(server.process_id(), "VmRSS");
    let message = large_initialize();
    let session = SseSession::open(address).await;
    for _ in 0..3 {
        assert_eq!(session.post(&message).await.status, 413);
        let response = exchange(address, &streamable::message(&message)).await;
        assert_eq!(response.status, 413);
        let text = response.message()["error"]["message"].to_string();
        assert!(text.contains("too many values"), "{text}");
    }
    let mut socket = WebSocketClient::open(address).await;
    let error = socket.call(&message).await["error"].clone();
    assert_eq!(error["code"], -32600, "{error}");
    let variables =
        json!({ "query": "{ about { version } }", "variables": { "a": vec![0; 20_000] } });
    let response = exchange(address, &post_json("/graphql", &variables.to_string())).await;
    assert_eq!(
        response.status,
        if cfg!(feature = "graphql") { 413 } else { 404 }
    );
    if cfg!(target_os = "linux") {
        let peak = memory(server.process_id(), "VmHWM") - before;
        assert!(peak < 100 * MIB, "{peak}");
        let after = memory(server.process_id(), "VmRSS").saturating_sub(before);
        assert!(after < 40 * MIB, "{after}");
    }
}

#[tokio::test]
async fn initialize_that_is_too_long_to_keep_is_refused() {
    let server = ServerProcess::demo().await;
    let address = server.address;
    let session = SseSession::open(address).await;
    assert_eq!(session.post(&long_initialize()).await.status, 413);
    let response = exchange(address, &streamable::message(&long_initialize())).await;
    assert_eq!(response.status, 413);
    let mut socket = WebSocketClient::open(address).await;
    let error = socket.call(&long_initialize()).await["error"].clone();
    assert_eq!(error["code"], -32600, "{error}");
    // Other messages may be long.
    let mut session = SseSession::initialized(address).await;
    let arguments = json!({ "city": "x".repeat(40 * 1024) }).to_string();
    let answer = session
        .call_tool(2, "get_current_temperature", &arguments)
        .await;
    assert_eq!(answer["result"]["isError"], true);
}
