//! SIGTERM and Ctrl-C.

use tokio::{io::AsyncWriteExt, net::TcpStream};

use testkit::{ServerProcess, SseSession, get, post_json, send};

#[tokio::test]
async fn signal_with_open_streams_exits_cleanly() {
    for signal in ["TERM", "INT"] {
        let server = ServerProcess::demo().await;
        let mut initialized = SseSession::initialized(server.address).await;
        let mut silent = SseSession::open(server.address).await;
        server.signal(signal).await;
        assert_eq!(initialized.event().await, None);
        assert_eq!(silent.event().await, None);
        let (status, logs) = server.wait_for_exit().await;
        assert!(status.success(), "{logs}");
        assert!(logs.contains(&format!("reason=\"SIG{signal}\"")), "{logs}");
        assert!(logs.contains("stopped"), "{logs}");
    }
}

#[tokio::test]
async fn sse_session_ids_are_not_logged() {
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "trace"]).await;
    let mut session = SseSession::initialized(server.address).await;
    let id = session.target.split_once('=').unwrap().1.to_owned();
    session
        .call_tool(1, "get_current_temperature", r#"{"city":"bern"}"#)
        .await;
    send(server.address, get(&session.target)).await;
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{status}: {logs}");
    for line in ["request completed", "session opened", "session closed"] {
        assert!(logs.contains(line), "{line} not in {logs}");
    }
    assert!(!logs.contains(&id), "{logs}");
}

#[tokio::test]
async fn unread_log_pipe_does_not_block_requests() {
    let server = ServerProcess::start(&["serve", "--demo", "--log-level", "trace"]).await;
    // Far more lines than a pipe holds (64 KiB).
    for _ in 0..2000 {
        let answer = send(server.address, get("/health")).await;
        assert_eq!(answer.status, 200);
    }
    server.signal("TERM").await;
    let (status, _) = server.wait_for_exit().await;
    assert!(status.success());
}

/// Waits until the server reports that it is not ready.
async fn not_ready(server: &ServerProcess) {
    loop {
        let answer = send(server.address, get("/health/ready")).await;
        if answer.status == 503 {
            assert!(answer.body.contains("the server is stopping"));
            return;
        }
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn shutdown_delay_serves_clients_until_a_second_signal() {
    let arguments = ["serve", "--demo", "--shutdown-delay-seconds", "60"];
    let server = ServerProcess::start(&arguments).await;
    let mut session = SseSession::initialized(server.address).await;
    server.signal("TERM").await;
    not_ready(&server).await;
    assert_eq!(send(server.address, get("/health")).await.status, 200);
    let answer = session.call_tool(1, "list_cities", "{}").await;
    assert_eq!(answer["id"], 1);
    let mut late = SseSession::initialized(server.address).await;
    let answer = late.call_tool(1, "list_cities", "{}").await;
    assert_eq!(answer["id"], 1);

    // A second signal ends the delay.
    server.signal("INT").await;
    let (status, logs) = server.wait_for_exit().await;
    assert_eq!(status.code(), Some(3), "{logs}");
    assert!(
        logs.contains("connections were closed before they were finished: a second SIGINT"),
        "{logs}"
    );
}

#[tokio::test]
async fn shutdown_delay_that_elapses_exits_cleanly() {
    let arguments = ["serve", "--demo", "--shutdown-delay-seconds", "1"];
    let server = ServerProcess::start(&arguments).await;
    let mut session = SseSession::initialized(server.address).await;
    server.signal("TERM").await;
    assert_eq!(session.event().await, None);
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
}

#[tokio::test]
async fn shutdown_grace_exceeded_cuts_connections_and_exits_with_3() {
    let arguments = ["serve", "--demo", "--shutdown-grace-seconds", "0"];
    let server = ServerProcess::start(&arguments).await;
    let session = SseSession::initialized(server.address).await;
    let request = post_json(&session.target, "{}");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream
        .write_all(&request.as_bytes()[..request.len() - 1])
        .await
        .unwrap();
    // A later request gets a response, so the half message has arrived.
    assert_eq!(session.post("{}").await.status, 400);
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert_eq!(status.code(), Some(3), "{logs}");
    let expected = "aareguru-mcp: 1 connections were closed before they were finished: \
                    SHUTDOWN_GRACE_SECONDS exceeded (0ns)";
    assert!(logs.contains(expected), "{logs}");
}

#[tokio::test]
async fn incomplete_request_head_does_not_delay_shutdown() {
    let arguments = ["serve", "--demo", "--http-header-timeout-seconds", "3600"];
    let server = ServerProcess::start(&arguments).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost").await.unwrap();
    assert_eq!(send(server.address, get("/health")).await.status, 200);
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
}
