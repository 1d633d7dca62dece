//! Hostile clients, byte by byte. A well-behaved client runs alongside each attack and is served
//! throughout.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::{interval, timeout},
};

use testkit::{
    DEADLINE, Scrape, ServerProcess, SseSession, alongside_well_behaved_client, get, post_json,
    send, tool_call, wait_for_counter, with_header,
};

/// Starts a server whose timeouts are short enough to wait for.
async fn server(arguments: &[&str]) -> ServerProcess {
    let short = [
        "serve",
        "--demo",
        "--log-level=info,aareguru_mcp=debug",
        "--http-header-timeout-seconds=1",
        "--http-body-timeout-seconds=1",
    ];
    ServerProcess::start(&[&short, arguments].concat()).await
}

/// Waits until this many connections have been closed for `reason`.
async fn wait_for_closed_connections(server: &ServerProcess, reason: &str, number: usize) {
    let series = format!(r#"aareguru_mcp_connections_closed_total{{reason="{reason}"}}"#);
    wait_for_counter(server.address, &series, number).await;
}

/// Reads until the server closes the connection.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    // The connection may be reset after the response, because the server has not read all of the
    // request.
    let ended = timeout(DEADLINE, stream.read_to_end(&mut read)).await;
    let _ = ended.expect("the server does not close");
    String::from_utf8_lossy(&read).into_owned()
}

/// Sends one request and returns everything up to the end of the connection.
pub(crate) async fn exchange(address: SocketAddr, request: &str) -> String {
    read_to_end(&mut connect(address, request).await).await
}

async fn connect(address: SocketAddr, bytes: impl AsRef<[u8]>) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(bytes.as_ref()).await;
    stream
}

#[tokio::test]
async fn half_open_connections_are_closed_after_the_timeout() {
    let mut server = server(&[]).await;
    let address = server.address;
    let start = Instant::now();
    alongside_well_behaved_client(&server, None, async {
        let mut connections = JoinSet::new();
        for n in 0..1000 {
            // Half of the connections send nothing, half send part of a request.
            let bytes = if n % 2 == 0 {
                ""
            } else {
                "GET /sse HTTP/1.1\r\nHost: loc"
            };
            let mut stream = connect(address, bytes).await;
            connections.spawn(async move { read_to_end(&mut stream).await });
        }
        while let Some(read) = connections.join_next().await {
            assert_eq!(read.unwrap(), "");
        }
    })
    .await;
    assert!(start.elapsed() >= Duration::from_secs(1));
    wait_for_closed_connections(&server, "idle", 500).await;
    wait_for_closed_connections(&server, "head_timeout", 500).await;
    server.wait_for_log("reason=\"head_timeout\"").await;
}

#[tokio::test]
async fn slow_request_head_is_closed_after_the_head_timeout() {
    let mut server = server(&["--http-keep-alive-seconds=60"]).await;
    let address = server.address;
    alongside_well_behaved_client(&server, None, async {
        let mut connections = JoinSet::new();
        for n in 0..50 {
            connections.spawn(async move {
                let mut stream = connect(address, "").await;
                // Half of the connections complete a request first: the keep-alive timeout must not
                // apply to a head that has begun.
                if n % 2 == 0 {
                    stream.write_all(get("/health").as_bytes()).await.unwrap();
                    let mut answer = [0; 15];
                    stream.read_exact(&mut answer).await.unwrap();
                    assert_eq!(&answer, b"HTTP/1.1 200 OK");
                }
                stream
                    .write_all(b"GET /health HTTP/1.1\r\nX: ")
                    .await
                    .unwrap();
                let (mut reader, mut writer) = stream.into_split();
                let mut ticks = interval(Duration::from_millis(50));
                let drip = async {
                    loop {
                        ticks.tick().await;
                        if writer.write_all(b"x").await.is_err() {
                            return;
                        }
                    }
                };
                let mut read = Vec::new();
                tokio::select! {
                    _ = reader.read_to_end(&mut read) => {}
                    () = drip => {}
                }
            });
        }
        let all = async { while connections.join_next().await.transpose().unwrap().is_some() {} };
        timeout(DEADLINE, all)
            .await
            .expect("the connection is not closed");
    })
    .await;
    wait_for_closed_connections(&server, "head_timeout", 50).await;
    server.wait_for_log("reason=\"head_timeout\"").await;
}

#[tokio::test]
async fn missing_request_body_is_rejected_after_the_body_timeout() {
    let mut server = server(&[]).await;
    let address = server.address;
    let session = SseSession::initialized(address).await;
    alongside_well_behaved_client(&server, None, async {
        let request = post_json(&session.target, &"x".repeat(1000));
        let mut stream = connect(address, &request[..request.len() - 999]).await;
        let answer = read_to_end(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("Could not read request body"), "{answer}");
    })
    .await;
    let refused = r#"rmcp_transport_refused_total{reason="body_cut_short"}"#;
    wait_for_counter(address, refused, 1).await;
    server.wait_for_log("request body timed out").await;
}

#[tokio::test]
async fn oversized_request_head_returns_431() {
    let mut server = server(&[]).await;
    let address = server.address;
    let line = format!(
        "GET /health HTTP/1.1\r\nHost: localhost\r\nX: {}",
        "x".repeat(70_000)
    );
    let lines = format!(
        "GET /health HTTP/1.1\r\n{}\r\n",
        "X-A: some value\r\n".repeat(101)
    );
    let target = format!(
        "GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "x".repeat(70_000)
    );
    alongside_well_behaved_client(&server, None, async {
        for request in [line, lines, target] {
            let mut stream = connect(address, &request).await;
            let answer = read_to_end(&mut stream).await;
            assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        }
        // A request head that never ends.
        let (mut reader, mut writer) = connect(address, "GET / HTTP/1.1\r\n").await.into_split();
        let flood = async { while writer.write_all(b"X-Endless: yes\r\n").await.is_ok() {} };
        let mut answer = Vec::new();
        let read = async {
            let _ = reader.read_to_end(&mut answer).await;
        };
        let both = async { tokio::join!(flood, read) };
        timeout(DEADLINE, both)
            .await
            .expect("the connection is not closed");
        assert!(answer.starts_with(b"HTTP/1.1 431"));
    })
    .await;
    wait_for_closed_connections(&server, "head_too_large", 4).await;
    server.wait_for_log("reason=\"head_too_large\"").await;
}

#[tokio::test]
async fn malformed_http_returns_400_even_when_pipelined() {
    let mut server = server(&[]).await;
    let address = server.address;
    let good = get("/health");
    alongside_well_behaved_client(&server, None, async {
        for garbage in [
            "\0\0\0\0\0\0\0\0\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
            "GET /\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: x\r\n\r\n",
        ] {
            let answer = read_to_end(&mut connect(address, garbage).await).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{garbage:?}: {answer}");
            let pipelined = format!("{good}{garbage}");
            let answer = read_to_end(&mut connect(address, pipelined).await).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{garbage:?}: {answer}");
            assert!(answer.contains("HTTP/1.1 400"), "{garbage:?}: {answer}");
        }
        // HTTP/2 is unsupported. A client that sends its preface could not read an HTTP/1 response.
        let http2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        assert_eq!(read_to_end(&mut connect(address, http2).await).await, "");
    })
    .await;
    // Seven malformed requests, each alone and after a good one, plus the HTTP/2 preface.
    wait_for_closed_connections(&server, "bad_request", 15).await;
    server.wait_for_log("reason=\"bad_request\"").await;
}

/// A keep-alive connection for several POST requests.
struct KeepAliveConnection {
    stream: TcpStream,
}

impl KeepAliveConnection {
    async fn open(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).await.unwrap(),
        }
    }

    async fn post(&mut self, session: &SseSession, message: &str) {
        let request = post_json(&session.target, message);
        self.stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nAccepted") {
            let read = timeout(DEADLINE, self.stream.read_buf(&mut answer)).await;
            assert!(read.expect("no answer").unwrap() > 0);
        }
    }
}

#[tokio::test]
async fn connection_limit_rejects_excess_and_serves_open_connections() {
    const MAX_CONNECTIONS: usize = 20;
    let mut server = server(&["--http-max-connections", &MAX_CONNECTIONS.to_string()]).await;
    let address = server.address;
    let mut session = SseSession::initialized(address).await;
    let mut kept = KeepAliveConnection::open(address).await;
    kept.post(&session, &tool_call(1, "list_cities", "{}"))
        .await;
    assert_eq!(session.message().await["id"], 1);

    // Fill the remaining slots with clients that have sent a request: a connection is accepted once
    // it gets a response.
    let mut idle = Vec::new();
    loop {
        let mut stream = connect(address, get("/sse").replace("GET", "HEAD")).await;
        let mut status = [0; 12];
        timeout(DEADLINE, stream.read_exact(&mut status))
            .await
            .unwrap()
            .unwrap();
        match &status {
            b"HTTP/1.1 200" => idle.push(stream),
            b"HTTP/1.1 503" => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(idle.len() <= MAX_CONNECTIONS - 2);

    // New clients are rejected, but health checks still get a response.
    let answer = send(address, get("/sse")).await;
    assert_eq!(
        (answer.status, &*answer.body),
        (503, "Too many connections\n")
    );
    assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    assert_eq!(send(address, get("/health")).await.status, 200);
    let ready = send(address, get("/health/ready")).await;
    assert_eq!(ready.status, 503);
    assert!(
        ready
            .body
            .contains("the server has reached its limit on connections"),
        "{}",
        ready.body
    );

    // Far beyond the limit each connection is rejected or closed, and the open session continues.
    let mut flood = JoinSet::new();
    for _ in 0..500 {
        flood.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let _ = stream.write_all(get("/sse").as_bytes()).await;
            let answer = read_to_end(&mut stream).await;
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 503"),
                "{answer}"
            );
        });
    }
    for id in 2..100 {
        kept.post(&session, &tool_call(id, "list_cities", "{}"))
            .await;
        assert_eq!(session.message().await["id"], id);
    }
    while let Some(answered) = flood.join_next().await {
        answered.unwrap();
    }

    // Once slots are free, any client can connect.
    drop(idle);
    let free = async { while send(address, get("/health/ready")).await.status != 200 {} };
    timeout(DEADLINE, free).await.expect("no slot is released");
    let refused = r#"aareguru_mcp_connections_refused_total{reason="connections"}"#;
    assert!(Scrape::of(address).await.value(refused) > 3.0);
    let warning = server.wait_for_log("connections refused").await;
    assert!(warning.contains("HTTP_MAX_CONNECTIONS"), "{warning}");
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    assert!(logs.matches("connections refused").count() <= 3, "{logs}");
}

#[tokio::test]
async fn idle_connection_is_closed_after_the_keep_alive_timeout() {
    let mut server = server(&["--http-keep-alive-seconds=2", "--sse-keep-alive-seconds=0"]).await;
    let address = server.address;
    let mut session = SseSession::initialized(address).await;
    let start = Instant::now();
    let mut stream = connect(address, get("/health")).await;
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(start.elapsed() >= Duration::from_secs(2));
    wait_for_closed_connections(&server, "idle", 1).await;
    server.wait_for_log("reason=\"idle\"").await;
    // An open stream is not idle, even if nothing is sent on it.
    let answer = session.call_tool(1, "list_cities", "{}").await;
    assert_eq!(answer["id"], 1);
}

#[tokio::test]
async fn header_names_are_matched_in_any_case() {
    let server = server(&[]).await;
    let address = server.address;
    let session = SseSession::initialized(address).await;
    alongside_well_behaved_client(&server, None, async {
        let message = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let odd = post_json(&session.target, message)
            .replace("Host:", "hOST:")
            .replace(
                "Content-Type: application/json",
                "cOnTeNt-tYPe:APPLICATION/json",
            )
            .replace("Content-Length: ", "CONTENT-length:\t ");
        assert_eq!(send(address, odd).await.status, 202);
        // Two lengths in two spellings are still two; the body must not be parsed as the next
        // request.
        let two = with_header(&post_json(&session.target, message), "cONTENT-lENGTH: 0");
        let answer = exchange(address, &two).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    })
    .await;
    wait_for_closed_connections(&server, "bad_request", 1).await;
}

#[tokio::test]
async fn forwarding_headers_without_a_trusted_proxy_are_ignored() {
    let server = server(&["--rate-limit-per-minute", "5"]).await;
    let address = server.address;
    alongside_well_behaved_client(&server, None, async {
        for n in 0..20 {
            for header in [
                format!("X-Forwarded-For: 203.0.113.{n}"),
                format!("x-FORWARDED-for: {}", "1.2.3.4, ".repeat(1000)),
                "Forwarded: for=\"[::1]:\u{ff}\"".to_owned(),
                format!("Fly-Client-IP: 203.0.113.{n}"),
            ] {
                let answer = send(address, with_header(&get("/"), &header)).await;
                // Loopback clients are exempt from the rate limit, and a forged header does not
                // make them another client.
                assert_eq!(answer.status, 200, "{header}");
            }
        }
    })
    .await;
    wait_for_counter(address, "aareguru_mcp_forwarding_ignored_total", 60).await;
    assert_eq!(
        Scrape::of(address)
            .await
            .value("aareguru_mcp_rate_limit_clients"),
        0.0
    );
}

/// A message over the body limit, by more than the socket buffers can hold.
fn oversized_body() -> String {
    "x".repeat(12 * 1024 * 1024)
}

#[tokio::test]
async fn oversized_body_sent_in_full_returns_413() {
    let server = server(&[]).await;
    let address = server.address;
    let session = SseSession::initialized(address).await;
    let targets = [session.target.as_str(), "/mcp"];
    alongside_well_behaved_client(&server, None, async {
        for target in targets {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = post_json(target, &oversized_body());
            let sent = timeout(DEADLINE, stream.write_all(request.as_bytes())).await;
            sent.expect("the server does not read the body")
                .expect("the connection was reset");
            // The server has read the whole body, so the connection can be reused.
            stream.write_all(get("/health").as_bytes()).await.unwrap();
            let mut answers = Vec::new();
            while !answers.ends_with(b"}") || !answers.windows(15).any(|w| w == b"HTTP/1.1 200 OK")
            {
                let read = timeout(DEADLINE, stream.read_buf(&mut answers)).await;
                assert!(read.expect("no answer").unwrap() > 0);
            }
            assert!(answers.starts_with(b"HTTP/1.1 413"));
        }
    })
    .await;
    for name in ["rmcp_transport", "aareguru_mcp_streamable"] {
        let refused = format!(r#"{name}_refused_total{{reason="body_too_large"}}"#);
        wait_for_counter(address, &refused, 1).await;
    }
}

#[tokio::test]
async fn endless_chunked_body_is_cut_off() {
    let server = server(&[]).await;
    let address = server.address;
    let endless = "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    alongside_well_behaved_client(&server, None, async {
        let (mut reader, mut writer) = connect(address, endless).await.into_split();
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        let flood = async { while writer.write_all(chunk.as_bytes()).await.is_ok() {} };
        let mut answer = Vec::new();
        let read = async {
            let _ = reader.read_to_end(&mut answer).await;
        };
        let both = async { tokio::join!(flood, read) };
        timeout(DEADLINE, both)
            .await
            .expect("the connection is not closed");
        assert!(answer.starts_with(b"HTTP/1.1 404"));
    })
    .await;
    let counter = r#"aareguru_mcp_http_requests_total{endpoint="unmatched",status="4xx"}"#;
    wait_for_counter(address, counter, 1).await;
}

/// A non-loopback address of this machine: connections from loopback addresses are not limited.
fn outside_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    // Sends nothing; `connect` on a UDP socket only selects the route.
    socket.connect("198.51.100.1:9").ok()?;
    let address = socket.local_addr().unwrap().ip();
    (!address.is_loopback()).then_some(address)
}

#[tokio::test]
async fn per_address_connection_limit_returns_429() {
    const MAX_CONNECTIONS: usize = 5;
    let Some(outside) = outside_address() else {
        testkit::skip("a non-loopback address");
        return;
    };
    let host = outside.to_string();
    let limit = MAX_CONNECTIONS.to_string();
    let server = server(&[
        "--http-host=0.0.0.0",
        "--allowed-hosts",
        &host,
        "--http-max-connections-per-client",
        &limit,
    ])
    .await;
    let from_outside = SocketAddr::new(outside, server.address.port());
    let health = get("/health").replace("localhost", &host);
    let page = get("/").replace("localhost", &host);
    alongside_well_behaved_client(&server, None, async {
        let mut kept = Vec::new();
        for _ in 0..MAX_CONNECTIONS {
            let mut stream = connect(from_outside, &health).await;
            let mut status = [0; 12];
            stream.read_exact(&mut status).await.unwrap();
            assert_eq!(&status, b"HTTP/1.1 200");
            kept.push(stream);
        }
        for _ in 0..3 {
            let answer = send(from_outside, &page).await;
            assert_eq!(answer.status, 429, "{}", answer.body);
            assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
            assert_eq!(send(from_outside, &health).await.status, 200);
        }
        kept.pop();
        let free = async { while send(from_outside, &page).await.status != 200 {} };
        timeout(DEADLINE, free)
            .await
            .expect("the slot is not released");
    })
    .await;
    let refused = r#"aareguru_mcp_connections_refused_total{reason="connections_of_client"}"#;
    assert!(Scrape::of(server.address).await.value(refused) >= 6.0);
}
