//! SIGTERM and Ctrl-C.

use crate::{
    binary::Server,
    client::{Session, get, send},
};

#[tokio::test]
async fn signals_end_it_promptly_and_cleanly_with_open_streams() {
    for signal in ["TERM", "INT"] {
        let server = Server::demo().await;
        let mut initialized = Session::initialized(server.address).await;
        let mut silent = Session::open(server.address).await;
        server.signal(signal).await;
        assert_eq!(initialized.event().await, None);
        assert_eq!(silent.event().await, None);
        let (status, logs) = server.ended().await;
        assert!(status.success(), "{logs}");
        assert!(logs.contains(&format!("reason=\"SIG{signal}\"")), "{logs}");
        assert!(logs.contains("stopped"), "{logs}");
    }
}

#[tokio::test]
async fn logs_hold_no_session_id() {
    let server = Server::start(&["serve", "--demo", "--log-level", "trace"]).await;
    let mut session = Session::initialized(server.address).await;
    let id = session.target.split_once('=').unwrap().1.to_owned();
    session
        .call_tool(1, "get_current_temperature", r#"{"city":"bern"}"#)
        .await;
    send(server.address, get(&session.target)).await;
    server.signal("TERM").await;
    let (_, logs) = server.ended().await;
    for line in ["answered", "session opened", "session closed"] {
        assert!(logs.contains(line), "{line} not in {logs}");
    }
    assert!(!logs.contains(&id), "{logs}");
}

#[tokio::test]
async fn logs_that_nobody_reads_hold_up_nothing() {
    let server = Server::start(&["serve", "--demo", "--log-level", "trace"]).await;
    // Far more lines than a pipe holds (64 KiB).
    for _ in 0..2000 {
        let answer = send(server.address, get("/health")).await;
        assert_eq!(answer.status, 200);
    }
    server.signal("TERM").await;
    let (status, _) = server.ended().await;
    assert!(status.success());
}
