//! Log lines: their content, and what they never contain.

use serde_json::Value;
use tokio::net::TcpListener;

use testkit::{
    ServerProcess, SseSession, get, post, post_json, program, send, tool_call, with_header,
};

async fn logs_of(server: ServerProcess) -> String {
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    logs
}

/// Returns the lines with this message, as objects.
fn lines(logs: &str, message: &str) -> Vec<Value> {
    let lines = logs
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.filter(|line| line["message"] == message).collect()
}

const JSON: [&str; 4] = ["serve", "--demo", "--log-format", "json"];

#[tokio::test]
async fn request_logs_one_line_with_its_route_status_and_duration() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let call = tool_call(1, "list_cities", "{}");
    let request = with_header(
        &post_json(&session.target, &call),
        "X-Request-Id: from-a-proxy-1",
    );
    let answer = send(server.address, request).await;
    assert!(
        answer.head.contains("x-request-id: from-a-proxy-1"),
        "{}",
        answer.head
    );
    session.message().await;
    send(server.address, get("/nowhere?key=1")).await;
    send(server.address, get("/health")).await;
    drop(session);

    let logs = logs_of(server).await;
    let completed = || {
        let lines = logs.lines();
        lines.filter(|line| line.contains("request completed"))
    };
    // GET /sse, initialize, initialized, the call, and /nowhere; probes are not logged.
    assert_eq!(completed().count(), 5, "{logs}");
    let line = completed()
        .find(|line| line.contains("from-a-proxy-1"))
        .unwrap();
    for part in [
        " INFO ",
        "http.method=\"POST\"",
        "http.route=\"/messages\"",
        "http.status=202",
        "duration_ms=",
        "session.tag=",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(
        completed().any(|l| l.contains("\"unmatched\"") && l.contains("http.status=404")),
        "{logs}"
    );
    for message in ["session opened", "stream closed"] {
        assert_eq!(
            logs.lines().filter(|line| line.contains(message)).count(),
            1,
            "{logs}"
        );
    }
}

#[tokio::test]
async fn request_id_that_is_unfit_is_replaced() {
    let server = ServerProcess::demo().await;
    let unfit = "a b\"c";
    let request = with_header(&get("/health"), &format!("X-Request-Id: {unfit}"));
    let answer = send(server.address, request).await;
    let id = answer
        .head
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    assert_eq!(id.map(str::len), Some(16), "{}", answer.head);
}

#[tokio::test]
async fn json_lines_are_objects_with_fields() {
    let server = ServerProcess::start(&JSON).await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, "list_cities", "{}").await;
    let logs = logs_of(server).await;
    let completed = lines(&logs, "request completed");
    let line = completed.last().unwrap();
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["http.status"], 202);
    assert!(line["duration_ms"].is_number());
    assert_eq!(line["session.tag"].as_str().unwrap().len(), 8);
    let span = &line["span"];
    assert_eq!(span["http.route"], "/messages");
    assert_eq!(span["request.id"].as_str().unwrap().len(), 16);
    assert_eq!(
        lines(&logs, "session opened")[0]["span"]["http.route"],
        "/sse"
    );
}

#[tokio::test]
async fn log_is_complete_when_serve_fails_after_its_start() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let output = program()
        .args(["serve", "--demo", "--http-port", "0", "--metrics-address"])
        .arg(taken.local_addr().unwrap().to_string())
        .output();
    let output = output.await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    let (first, rest) = errors.split_once('\n').unwrap();
    assert!(first.contains("listening address="), "{errors}");
    assert!(
        rest.starts_with("aareguru-mcp: cannot listen on"),
        "{errors}"
    );
    assert!(rest.contains("(METRICS_ADDRESS)"), "{errors}");
}

#[tokio::test]
async fn invalid_log_level_is_refused_with_the_valid_ones() {
    let output = program()
        .args(["serve", "--demo", "--log-level", "verbose"])
        .output();
    let errors = String::from_utf8(output.await.unwrap().stderr).unwrap();
    assert!(
        errors.contains("cannot parse LOG_LEVEL: \"verbose\" is not one of off, error, warn, info"),
        "{errors}"
    );
}

/// Sends one request of every kind with a secret in every possible position; returns the secrets.
async fn full_run(server: &ServerProcess) -> Vec<String> {
    for key in [
        "X-API-Key: right-key-nobody-may-see",
        "Authorization: Bearer right-key-nobody-may-see",
        "X-API-Key: wrong-key-nobody-may-see",
        "Authorization: Bearer wrong key-nobody-may-see",
        "Cookie: session=cookie-nobody-may-see",
    ] {
        SseSession::try_open(server.address, with_header(&get("/sse"), key)).await;
    }
    let request = get("/sse?api_key=query-nobody-may-see");
    let mut session = SseSession::open_with(server.address, request).await;
    session.initialize("2025-11-25").await;
    session
        .call_tool(1, "get_current_temperature", r#"{"city":"bern"}"#)
        .await;
    session
        .call_tool(
            2,
            "get_current_temperature",
            r#"{"city":"argument-nobody-may-see"}"#,
        )
        .await;
    session.call_tool(3, "tool-nobody-may-see", "{}").await;
    session
        .send(
            r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"a":"note-nobody-may-see"}}"#,
        )
        .await;
    session.send(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9,"reason":"why-nobody-may-see"}}"#).await;
    session.post("body-nobody-may-see").await;
    send(
        server.address,
        get("/path-nobody-may-see?query-nobody-may-see"),
    )
    .await;
    send(
        server.address,
        post(
            &session.target,
            "Content-Type: text/x-nobody-may-see\r\n",
            "{}",
        ),
    )
    .await;
    send(
        server.address,
        post_json("/messages?session_id=id-nobody-may-see", "{}"),
    )
    .await;
    send(
        server.address,
        "word-nobody-may-see /sse HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    .await;
    send(
        server.address,
        "GET /sse HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a nobody-may-see\r\n\r\n",
    )
    .await;
    let last = session.last_event_id.clone().unwrap();
    let id = session.target.split_once('=').unwrap().1.to_owned();
    let (token, _) = last.split_once('.').unwrap();
    let back = SseSession::resume(server.address, &last).await;
    drop((session, back));
    [
        "nobody-may-see",
        "hunter2",
        "&app=",
        "&version=",
        "city=",
        &id,
        &id.to_uppercase(),
        token,
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn no_secret_id_query_or_argument_is_logged_at_any_level() {
    for format in ["text", "json"] {
        let arguments = [
            "serve",
            "--log-level",
            "trace",
            "--log-format",
            format,
            // Nothing listens there.
            "--aareguru-base-url",
            "http://user:hunter2@127.0.0.1:9/path",
            "--otel-exporter-otlp-endpoint",
            "http://user:hunter2@127.0.0.1:9/path",
        ];
        let keys = [
            ("API_KEYS", "swimmer:right-key-nobody-may-see"),
            ("API_KEY_REQUIRED", "false"),
        ];
        let server = ServerProcess::start_with(&arguments, &keys).await;
        let secrets = full_run(&server).await;
        let logs = logs_of(server).await;
        for event in [
            "request completed",
            "session opened",
            "session resumed",
            "request refused",
            "tool answered",
            "swimmer",
            "stopped",
        ] {
            assert!(logs.contains(event), "{event} is not logged:\n{logs}");
        }
        for secret in secrets {
            let line = logs.lines().find(|line| line.contains(&secret));
            assert_eq!(line, None, "{secret} ({format})");
        }
    }
}
