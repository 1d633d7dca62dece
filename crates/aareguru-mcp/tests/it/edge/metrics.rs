//! The metrics at `GET /metrics`.

use std::{collections::BTreeSet, time::Duration};

use tokio::time::timeout;

use testkit::{
    Scrape, ServerProcess, SseSession, WebSocketClient, get, post, post_json, program, send,
    tool_call, wait_for_counter,
};

use crate::edge::keys::{open_streamable, ping_streamable};

const TABLE: &str = include_str!("../../../../../docs/METRICS.md");

/// Scrapes until a series has a value.
async fn wait_for(server: &ServerProcess, series: &str, value: f64) {
    let reached = async {
        while Scrape::of(server.address).await.value(series) != value {
            tokio::task::yield_now().await;
        }
    };
    let reached = timeout(Duration::from_secs(20), reached).await;
    assert!(reached.is_ok(), "{series} does not become {value}");
}

#[tokio::test]
async fn metrics_documentation_matches_the_scrape() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, "list_cities", "{}").await;
    let scrape = Scrape::of(server.address).await;
    let rows = scrape.metrics.iter().map(|(name, metric)| {
        let labels = metric.labels().join(",");
        let labels = if labels.is_empty() {
            labels
        } else {
            format!("{{{labels}}}")
        };
        assert!(!metric.help.is_empty(), "{name} has no HELP");
        format!("| `{name}{labels}` | {} | {} |", metric.kind, metric.help)
    });
    let scraped: BTreeSet<_> = rows.collect();
    let documented = TABLE.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<_> = documented.map(str::to_owned).collect();
    let missing: Vec<_> = scraped.difference(&documented).collect();
    let surplus: Vec<_> = documented.difference(&scraped).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "docs/METRICS.md lacks {missing:#?}\nand has too much {surplus:#?}"
    );
}

#[tokio::test]
async fn metrics_count_streams_messages_and_requests() {
    let server = ServerProcess::demo().await;
    let first = SseSession::initialized(server.address).await;
    let mut second = SseSession::initialized(server.address).await;
    second.call_tool(1, "list_cities", "{}").await;
    second
        .call_tool(2, "get_current_temperature", r#"{"city":"nowhere"}"#)
        .await;

    let scrape = Scrape::of(server.address).await;
    for (series, value) in [
        ("sse_connections_active", 2.0),
        (r#"messages_received_total{method="initialize"}"#, 2.0),
        (r#"messages_received_total{method="tools/call"}"#, 2.0),
        (r#"messages_received_total{method="ping"}"#, 0.0),
        (r#"request_duration_seconds_count{endpoint="/sse"}"#, 2.0),
        (
            r#"request_duration_seconds_count{endpoint="/messages"}"#,
            6.0,
        ),
        (
            r#"aareguru_mcp_http_requests_total{endpoint="/messages",status="2xx"}"#,
            6.0,
        ),
        (r#"aareguru_mcp_tool_calls_total{tool="list_cities"}"#, 1.0),
        (r#"aareguru_mcp_tool_errors_total{tool="list_cities"}"#, 0.0),
        (
            r#"aareguru_mcp_tool_errors_total{tool="get_current_temperature"}"#,
            1.0,
        ),
        (
            r#"aareguru_mcp_tool_duration_seconds_count{tool="list_cities"}"#,
            1.0,
        ),
    ] {
        assert_eq!(scrape.value(series), value, "{series}");
    }

    drop((first, second));
    wait_for(&server, "sse_connections_active", 0.0).await;
}

#[tokio::test]
async fn messages_are_counted_over_every_transport() {
    let server = ServerProcess::demo().await;
    let address = server.address;
    let initialize = |n| {
        let series = r#"messages_received_total{method="initialize"}"#;
        wait_for_counter(address, series, n)
    };
    drop(SseSession::initialized(address).await);
    initialize(1).await;
    let mut socket = WebSocketClient::initialized(address).await;
    initialize(2).await;
    let id = open_streamable(&server, "not required").await;
    initialize(3).await;
    assert_eq!(ping_streamable(&server, &id, "not required").await, 200);
    socket
        .call(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
        .await;
    socket
        .call(r#"{"jsonrpc":"2.0","id":2,"method":"made/up"}"#)
        .await;
    // An invalid message counts as a message over no transport.
    socket.call("garbage").await;
    let garbage = post_json("/mcp", r#"{"id":1,"method":"ping"}"#);
    assert_ne!(send(address, garbage).await.status, 200);
    for (method, number) in [("ping", 2), ("other", 1), ("response", 0)] {
        let series = format!(r#"messages_received_total{{method="{method}"}}"#);
        wait_for_counter(address, &series, number).await;
    }
    wait_for_counter(address, "aareguru_mcp_websocket_requests_in_flight", 0).await;
}

#[tokio::test]
async fn client_supplied_values_create_no_series() {
    let server = ServerProcess::start(&["serve", "--demo", "--sse-keep-alive-seconds", "0"]).await;
    let mut session = SseSession::initialized(server.address).await;
    let make_up = async |session: &mut SseSession, n: u32| {
        let path = format!("/made-up/{n}?key={n}");
        send(server.address, get(&path)).await;
        let method = format!("M{n} /sse HTTP/1.1\r\nHost: localhost\r\n\r\n");
        send(server.address, method).await;
        let target = format!("/messages?session_id={n}");
        send(
            server.address,
            post(&target, "Content-Type: application/json\r\n", "{}"),
        )
        .await;
        session.call_tool(n, &format!("made_up_{n}"), "{}").await;
        let method = format!(r#"{{"jsonrpc":"2.0","id":{n},"method":"made/up/{n}"}}"#);
        session.call(&method).await;
        session
            .send(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/{n}"}}"#
            ))
            .await;
    };
    make_up(&mut session, 1).await;
    let before = Scrape::of(server.address).await;
    for n in 2..=1000 {
        make_up(&mut session, n).await;
    }
    let after = Scrape::of(server.address).await;
    assert_eq!(after.count(), before.count(), "{}", after.text);
    for (series, value) in [
        (r#"aareguru_mcp_tool_errors_total{tool="unknown"}"#, 1000.0),
        (r#"messages_received_total{method="other"}"#, 2000.0),
        (
            r#"aareguru_mcp_http_requests_total{endpoint="unmatched",status="4xx"}"#,
            1000.0,
        ),
        (
            r#"rmcp_transport_refused_total{reason="invalid_session_id"}"#,
            1000.0,
        ),
    ] {
        assert_eq!(after.value(series), value, "{series}");
    }
    assert!(!after.text.contains("made"), "{}", after.text);
}

#[tokio::test]
async fn abandoned_request_is_counted_once() {
    let server = ServerProcess::demo().await;
    let session = SseSession::initialized(server.address).await;
    let call = tool_call(1, "list_cities", "{}");
    let whole = post_json(&session.target, &call);
    let cut = &whole[..whole.len() - 5];
    let stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let mut stream = stream.into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    std::io::Write::write_all(&mut stream, cut.as_bytes()).unwrap();
    drop(stream);
    // hyper either reports the end of the body or drops the request.
    let ended = async {
        loop {
            let scrape = Scrape::of(server.address).await;
            let abandoned =
                r#"aareguru_mcp_http_requests_total{endpoint="/messages",status="abandoned"}"#;
            let refused = r#"rmcp_transport_refused_total{reason="body_cut_short"}"#;
            if scrape.value(abandoned) + scrape.value(refused) == 1.0 {
                break;
            }
        }
    };
    timeout(Duration::from_secs(20), ended)
        .await
        .expect("the request is not counted");
}

#[tokio::test]
async fn metrics_address_serves_metrics_separately() {
    // No other program listens on this address.
    let address = "127.0.86.22:9090";
    let server = ServerProcess::start(&["serve", "--demo", "--metrics-address", address]).await;
    let _session = SseSession::open(server.address).await;
    let answer = send(server.address, get("/metrics")).await;
    assert_eq!(answer.status, 404);
    let apart = address.parse().unwrap();
    assert_eq!(Scrape::of(apart).await.value("sse_connections_active"), 1.0);
    assert_eq!(send(apart, get("/sse")).await.status, 404);
}

#[tokio::test]
async fn unavailable_metrics_address_is_named_in_the_error() {
    let output = program()
        .args([
            "serve",
            "--demo",
            "--http-port",
            "0",
            "--metrics-address",
            "192.0.2.1:9090",
        ])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("cannot listen on 192.0.2.1:9090 (METRICS_ADDRESS)"),
        "{errors}"
    );
}
