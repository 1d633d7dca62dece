//! What is logged, and what never is.

use serde_json::Value;

use crate::{
    binary::{Server, program},
    client::{Session, get, post, post_json, send, tool_call, with_header},
};

async fn logs_of(server: Server) -> String {
    server.signal("TERM").await;
    let (status, logs) = server.ended().await;
    assert!(status.success(), "{logs}");
    logs
}

/// The lines with this message, as objects.
fn lines(logs: &str, message: &str) -> Vec<Value> {
    let lines = logs
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect(line));
    lines.filter(|line| line["message"] == message).collect()
}

const JSON: [&str; 4] = ["serve", "--demo", "--log-format", "json"];

#[tokio::test]
async fn each_request_has_one_line_with_what_an_operator_wants() {
    let server = Server::demo().await;
    let mut session = Session::initialized(server.address).await;
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
    let answered = || logs.lines().filter(|line| line.contains("answered"));
    // GET /sse, initialize, initialized, the call, and /nowhere; no probe.
    assert_eq!(answered().count(), 5, "{logs}");
    let line = answered()
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
        answered().any(|l| l.contains("\"unmatched\"") && l.contains("http.status=404")),
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
async fn an_id_that_is_unfit_for_a_log_is_replaced() {
    let server = Server::demo().await;
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
async fn lines_for_machines_are_objects_with_fields() {
    let server = Server::start(&JSON).await;
    let mut session = Session::initialized(server.address).await;
    session.call_tool(1, "list_cities", "{}").await;
    let logs = logs_of(server).await;
    let answered = lines(&logs, "answered");
    let line = answered.last().unwrap();
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
async fn a_level_that_is_none_is_refused_with_those_there_are() {
    let output = program()
        .args(["serve", "--demo", "--log-level", "verbose"])
        .output();
    let errors = String::from_utf8(output.await.unwrap().stderr).unwrap();
    assert!(
        errors.contains(
            "LOG_LEVEL `verbose`: `verbose` is no level: there are off, error, warn, info"
        ),
        "{errors}"
    );
}

/// One of everything, with something secret in every place that has room for
/// it; returns the secrets.
async fn full_run(server: &Server) -> Vec<String> {
    for key in [
        "X-API-Key: right-key-nobody-may-see",
        "Authorization: Bearer right-key-nobody-may-see",
        "X-API-Key: wrong-key-nobody-may-see",
        "Authorization: Bearer wrong key-nobody-may-see",
        "Cookie: session=cookie-nobody-may-see",
    ] {
        Session::try_open(server.address, with_header(&get("/sse"), key)).await;
    }
    let request = get("/sse?api_key=query-nobody-may-see");
    let mut session = Session::open_with(server.address, request).await;
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
        .tell(
            r#"{"jsonrpc":"2.0","method":"notifications/x","params":{"a":"note-nobody-may-see"}}"#,
        )
        .await;
    session.tell(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9,"reason":"why-nobody-may-see"}}"#).await;
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
    let back = Session::resume(server.address, &last).await;
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
        let server = Server::start_with(&arguments, &keys).await;
        let secrets = full_run(&server).await;
        let logs = logs_of(server).await;
        for event in [
            "answered",
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
