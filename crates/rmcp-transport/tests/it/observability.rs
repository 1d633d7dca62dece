//! Metrics and logs for operators, and what they must not contain.

use std::{collections::HashMap, io, sync::Mutex};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use rmcp_transport::SseServerConfig;
use tracing_subscriber::filter::LevelFilter;

use testkit::{SseSession, get, post_json, send, tool_call, with_header};

use crate::server::TestServer;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Everything that this process logs while a recording is on.
static RECORDING: Mutex<Option<Vec<u8>>> = Mutex::new(None);

struct Logs;

impl io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(recording) = RECORDING.lock().unwrap().as_mut() {
            recording.extend(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Performs every operation on a session once; returns the secrets.
async fn full_run(server: &mut TestServer) -> Vec<String> {
    let key = "key-that-nobody-may-see";
    let request = with_header(&get("/sse"), &format!("Authorization: Bearer {key}"));
    let mut session = SseSession::open_with(server.address, request).await;
    session.initialize("2025-11-25").await;
    session
        .call_tool(1, "echo", r#"{"text":"words-in-a-body"}"#)
        .await;
    session.call_tool(2, "panic", "{}").await;
    session.call_tool(3, "unknown-tool", "{}").await;
    session.send(&tool_call(4, "wait", "{}")).await;
    session.post(&tool_call(4, "echo", "{}")).await;
    session
        .send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4}}"#)
        .await;
    server.wait_tool_stopped().await;
    session.post("words-in-a-broken-body").await;
    let last = session.last_event_id.clone().unwrap();
    let (token, _) = last.split_once('.').unwrap();
    let id = session.target.split_once('=').unwrap().1.to_owned();
    let secrets = vec![
        id.clone(),
        id.to_uppercase(),
        token.to_owned(),
        key.to_owned(),
        "words-in-a-body".to_owned(),
        "words-in-a-broken-body".to_owned(),
    ];
    let mut back = SseSession::resume(server.address, &last).await;
    back.call(PING).await;
    drop((session, back));
    send(server.address, post_json("/messages?session_id=x", PING)).await;
    secrets
}

#[tokio::test]
async fn ids_keys_and_bodies_are_not_logged_at_any_level() {
    // For all threads: a thread-local subscriber may miss events that another thread was the first
    // to log.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(|| Logs)
        .init();
    RECORDING.lock().unwrap().replace(Vec::new());
    let mut server = TestServer::start().await;
    let secrets = full_run(&mut server).await;
    let logs = RECORDING.lock().unwrap().take().unwrap();
    let logs = String::from_utf8(logs).unwrap();
    for event in [
        "session opened",
        "session resumed",
        "stream closed",
        "request refused",
        "handler panicked",
    ] {
        assert!(logs.contains(event), "{event} is not logged");
    }
    for secret in secrets {
        let line = logs.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret}");
    }
}

/// Returns the values of all metrics, by name and label value.
fn values(snapshotter: &Snapshotter) -> HashMap<(String, Option<String>), f64> {
    let metrics = snapshotter.snapshot().into_vec();
    let values = metrics.into_iter().map(|(key, _, _, value)| {
        let key = key.key();
        let reason = key
            .labels()
            .find(|label| matches!(label.key(), "reason" | "method"));
        let reason = reason.map(|label| label.value().to_owned());
        let value = match value {
            DebugValue::Counter(n) => n as f64,
            DebugValue::Gauge(n) => n.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        ((key.name().to_owned(), reason), value)
    });
    values.collect()
}

#[tokio::test]
async fn session_and_message_metrics_are_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let recording = metrics::set_default_local_recorder(&recorder);
    let config = SseServerConfig::default().with_max_sessions(2);
    let mut server = TestServer::with(config).await;
    drop(recording);

    full_run(&mut server).await;
    let _probe = SseSession::open(server.address).await;
    let adopted = with_header(&get("/sse"), "MCP-Protocol-Version: 2025-06-18");
    let adopted = SseSession::open_with(server.address, adopted).await;
    adopted.send(&tool_call(1, "wait", "{}")).await;

    let values = values(&snapshotter);
    for (name, reason, expected) in [
        ("rmcp_transport_sessions_opened_total", None, 3.0),
        ("rmcp_transport_sessions_adopted_total", None, 1.0),
        ("rmcp_transport_streams_resumed_total", None, 1.0),
        ("rmcp_transport_streams_replaced_total", None, 1.0),
        ("rmcp_transport_handshake_seconds", None, 1.0),
        ("rmcp_transport_requests_in_flight", None, 1.0),
        ("rmcp_transport_sessions", None, 2.0),
        ("rmcp_transport_streams", None, 2.0),
        ("rmcp_transport_messages_total", Some("initialize"), 1.0),
        ("rmcp_transport_messages_total", Some("ping"), 1.0),
        ("rmcp_transport_messages_total", Some("tools/call"), 6.0),
        (
            "rmcp_transport_messages_total",
            Some("notifications/cancelled"),
            1.0,
        ),
        ("rmcp_transport_messages_total", Some("other"), 0.0),
        ("rmcp_transport_sessions_closed_total", Some("evicted"), 1.0),
        (
            "rmcp_transport_sessions_closed_total",
            Some("client_gone"),
            0.0,
        ),
        (
            "rmcp_transport_refused_total",
            Some("duplicate_request"),
            1.0,
        ),
        ("rmcp_transport_refused_total", Some("invalid_message"), 1.0),
        (
            "rmcp_transport_refused_total",
            Some("invalid_session_id"),
            1.0,
        ),
    ] {
        let key = (name.to_owned(), reason.map(str::to_owned));
        assert_eq!(values.get(&key), Some(&expected), "{key:?}");
    }
}
