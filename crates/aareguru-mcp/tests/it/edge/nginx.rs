//! The shipped `deploy/nginx.conf`, in a real nginx in front of the real binary.
//!
//! Without nginx these tests print a message and are skipped; with `CI=true` a skip is a failure.
//! `.ci/packages` installs it.

use std::net::SocketAddr;

use testkit::{Nginx, ServerProcess, SseSession, get, post_json, replaced, send, with_header};

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

/// Returns the file with one more location, `/bad`, a copy of the good one with changes.
#[track_caller]
fn with_bad_location(shipped: &str, changes: &[(&str, &str)]) -> String {
    let start = shipped.find("    location / {").unwrap();
    let end = start + shipped[start..].find("\n    }\n").unwrap() + "\n    }\n".len();
    let mut bad = shipped[start..end].replace("location / {", "location /bad/ {");
    bad = replaced(&bad, "http://aareguru_mcp;", "http://aareguru_mcp/;");
    for (old, new) in changes {
        bad = replaced(&bad, old, new);
    }
    format!("{}{bad}{}", &shipped[..end], &shipped[end..])
}

#[tokio::test]
async fn nginx_forwards_each_event_without_buffering() {
    let server = ServerProcess::demo().await;
    // nginx's defaults: HTTP/1.0, and events wait until a buffer is full. The server's header
    // against buffering is ignored, too.
    let defaults = [
        ("proxy_http_version 1.1;", ""),
        (
            "proxy_buffering off;",
            "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;",
        ),
    ];
    let change = |shipped: String| with_bad_location(&shipped, &defaults);
    let Some(nginx) = Nginx::before("order", &[server.address], change).await else {
        return;
    };
    let buffered = tokio::spawn(SseSession::try_open(nginx.address, get("/bad/sse")));

    let mut session = SseSession::initialized(nginx.address).await;
    for id in 1..=20 {
        let arguments = r#"{"city":"thun"}"#;
        let answer = session
            .call_tool(id, "get_current_temperature", arguments)
            .await;
        assert_eq!(answer["id"], id);
    }
    assert!(!buffered.is_finished(), "nothing was buffered");

    // The end of the stream flushes nginx's buffer.
    server.signal("TERM").await;
    assert!(buffered.await.unwrap().is_some());
}

#[tokio::test]
async fn nginx_keeps_a_silent_stream_open() {
    // Without keep-alive comments only nginx's read timeout matters.
    let silent = ["serve", "--demo", "--sse-keep-alive-seconds", "0"];
    let server = ServerProcess::start(&silent).await;
    // The default is 60 s; this location has a shorter timeout for the test.
    let impatient = [("proxy_read_timeout 24h;", "proxy_read_timeout 1s;")];
    let change = |shipped: String| with_bad_location(&shipped, &impatient);
    let Some(nginx) = Nginx::before("silence", &[server.address], change).await else {
        return;
    };
    let mut ours = SseSession::initialized(nginx.address).await;
    let mut cut = SseSession::open_at(nginx.address, "/bad/sse").await;
    let ended = cut.try_message().await;
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(ours.call(PING).await["id"], 7);
}

#[tokio::test]
async fn nginx_rejects_foreign_hosts_long_messages_and_metrics() {
    let server = ServerProcess::demo().await;
    let Some(nginx) = Nginx::before("refusals", &[server.address], |c| c).await else {
        return;
    };
    let foreign = get("/sse").replace("Host: localhost", "Host: evil.example");
    let answer = send(nginx.address, foreign).await;
    assert_eq!(answer.status, 421, "{}", answer.body);
    assert_eq!(send(nginx.address, get("/metrics")).await.status, 404);
    let session = SseSession::initialized(nginx.address).await;
    let too_long = format!("\"{}\"", "x".repeat(4 * 1024 * 1024));
    let answer = session.post(&too_long).await;
    assert_eq!(answer.status, 413);
    let long = format!("\"{}\"", "x".repeat(4 * 1024 * 1024 - 2));
    let answer = session.post(&long).await;
    assert_eq!(answer.body, "Could not parse message");
}

#[tokio::test]
async fn nginx_below_a_path_works_with_base_path() {
    let server = ServerProcess::start(&["serve", "--demo", "--base-path", "/aare"]).await;
    let below = |shipped: String| replaced(&shipped, "location / {", "location /aare/ {");
    let Some(nginx) = Nginx::before("path", &[server.address], below).await else {
        return;
    };
    let mut session = SseSession::open_at(nginx.address, "/aare/sse").await;
    assert!(session.target.starts_with("/aare/messages"));
    session.initialize("2025-11-25").await;
    assert_eq!(session.call(PING).await["id"], 7);
}

/// Opens a session with this key and pings it twice. Returns whether both messages reached it.
async fn works(nginx: SocketAddr, key: &str) -> (bool, String) {
    let header = format!("X-API-Key: {key}");
    let session = SseSession::open_with(nginx, with_header(&get("/sse"), &header)).await;
    let mut all = true;
    for _ in 0..2 {
        let ping = post_json(&session.target, PING);
        all &= send(nginx, with_header(&ping, &header)).await.status == 202;
    }
    (all, session.target)
}

const CLIENTS: usize = 32;

#[tokio::test]
async fn nginx_routes_each_client_to_one_instance() {
    let (one, two) = (ServerProcess::demo().await, ServerProcess::demo().await);
    let both = [one.address, two.address];
    let Some(nginx) = Nginx::before("several", &both, |c| c).await else {
        return;
    };
    let mut sessions = Vec::new();
    for client in 0..CLIENTS {
        let header = format!("X-API-Key: client-{client}");
        let request = with_header(&get("/sse"), &header);
        let mut session = SseSession::open_with(nginx.address, request).await;
        let call = post_json(&session.target, PING);
        let answer = send(nginx.address, with_header(&call, &header)).await;
        assert_eq!(answer.status, 202);
        assert_eq!(session.message().await["id"], 7);
        sessions.push(session);
    }
    let mut of_one = 0;
    for session in &sessions {
        let answer = send(one.address, post_json(&session.target, PING)).await;
        of_one += usize::from(answer.status == 202);
    }
    assert!((1..CLIENTS).contains(&of_one), "{of_one} of {CLIENTS}");
}

#[tokio::test]
async fn nginx_hashing_by_session_id_alone_loses_messages() {
    let (one, two) = (ServerProcess::demo().await, ServerProcess::demo().await);
    let by_session =
        |shipped: String| replaced(&shipped, "hash $aareguru_client", "hash $arg_session_id");
    let both = [one.address, two.address];
    let Some(nginx) = Nginx::before("by-session", &both, by_session).await else {
        return;
    };
    let mut lost = 0;
    for client in 0..CLIENTS {
        let (all, _) = works(nginx.address, &format!("client-{client}")).await;
        lost += usize::from(!all);
    }
    assert!((1..CLIENTS).contains(&lost), "{lost} of {CLIENTS}");
}

#[tokio::test]
async fn nginx_forwards_the_413_of_the_server() {
    let small = ["serve", "--demo", "--max-request-body-bytes", "1000"];
    let server = ServerProcess::start(&small).await;
    let Some(nginx) = Nginx::before("too-long", &[server.address], |c| c).await else {
        return;
    };
    let session = SseSession::initialized(nginx.address).await;
    let too_long = format!("\"{}\"", "x".repeat(4 * 1024 * 1024 - 2));
    for _ in 0..20 {
        let answer = session.post(&too_long).await;
        assert_eq!(
            (answer.status, &*answer.body),
            (413, "Request body too large")
        );
    }
}
