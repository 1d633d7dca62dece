//! API keys, from the outside.

use std::process::Stdio;

use edge::Access;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use testkit::{
    ALICE, BOB, HttpResponse, INITIALIZE, ServerProcess, SseSession, WellBehavedClient,
    alongside_well_behaved_client, get, post_json, program, send, wait_for_counter, with_header,
    with_key,
};

use crate::edge::routes::{all_methods, routes, routes_of};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const UNKNOWN: &str = "/messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";

/// A server with the keys of Alice and Bob.
async fn server(more: &[&str]) -> ServerProcess {
    let keys = format!("alice:{ALICE},bob:{BOB}");
    let arguments = [&["serve", "--demo"], more].concat();
    ServerProcess::start_with(&arguments, &[("API_KEYS", &keys)]).await
}

fn assert_unauthorized(answer: &HttpResponse, error: &str, request: &str) {
    assert_eq!(answer.status, 401, "{request}");
    let challenge = r#"www-authenticate: Bearer realm="aareguru-mcp""#;
    let challenge = answer.head.lines().find(|line| line.starts_with(challenge));
    let names_error = challenge.unwrap().contains(r#"error="invalid_token""#);
    assert_eq!(names_error, error == "invalid_token", "{}", answer.head);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"], error, "{request}");
    let description = body["error_description"].as_str().unwrap();
    assert!(description.contains("`Authorization: Bearer KEY` or `X-API-Key: KEY`"));
}

#[tokio::test]
async fn missing_key_returns_401_on_every_data_route() {
    let server = server(&[]).await;
    let open = routes_of(Access::Open);
    assert_eq!(open, ["/health", "/health/ready", "/metrics"]);
    let files = routes_of(Access::Asset);
    let guarded = [routes_of(Access::Page), routes_of(Access::Keyed)].concat();
    for path in &files {
        assert_eq!(send(server.address, get(path)).await.status, 200, "{path}");
    }
    assert!(files.len() > 5, "{files:?}");
    let mut requests: Vec<_> = guarded.iter().flat_map(|path| all_methods(path)).collect();
    requests.extend(
        [
            "/sse/",
            "//sse",
            "/sse?session_id=1",
            "/nowhere",
            "/health/../sse",
            "/.well-known/oauth-protected-resource",
        ]
        .map(get),
    );
    requests.push(post_json(UNKNOWN, PING));
    alongside_well_behaved_client(&server, ALICE, async {
        for request in &requests {
            let answer = send(server.address, request).await;
            assert_unauthorized(&answer, "missing_token", request);
        }
    })
    .await;
    for path in open {
        assert_eq!(send(server.address, get(&path)).await.status, 200, "{path}");
    }
    let refused = r#"aareguru_mcp_auth_refused_total{reason="missing"}"#;
    wait_for_counter(server.address, refused, requests.len()).await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    assert!(
        logs.contains("request refused: no valid API key reason=\"missing\""),
        "{logs}"
    );
}

#[tokio::test]
async fn valid_key_returns_no_401_on_any_route() {
    let server = server(&[]).await;
    for path in routes() {
        let request = with_header(&with_key(&get(&path), ALICE), "Connection: close");
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        // `/messages` lacks its session, `/mcp` its `Accept` header and `/ws` its upgrade.
        let expected: &[u8] = match path.as_str() {
            "/messages" | "/messages/" => b"405",
            "/mcp" => b"406",
            "/ws" => b"426",
            "/graphql" => b"400",
            _ => b"200",
        };
        assert_eq!(&status[9..], expected, "{path}");
    }
}

#[tokio::test]
async fn path_ending_like_an_open_route_requires_a_key() {
    let server = server(&[]).await;
    let assets = routes_of(Access::Asset).into_iter();
    let open = assets.chain(routes_of(Access::Open));
    let paths = open.flat_map(|path| {
        ["/x", "/mcp", "/sse", "/bern", "/health"].map(|before| format!("{before}{path}"))
    });
    for path in paths.filter(|path| path != "/health/ready") {
        for request in all_methods(&path) {
            let refused = send(server.address, &request).await;
            assert_unauthorized(&refused, "missing_token", &request);
        }
        let passed = send(server.address, with_key(&get(&path), ALICE)).await;
        assert_eq!(passed.status, 404, "{path}");
    }
}

#[tokio::test]
async fn route_access_is_unchanged_under_a_base_path() {
    let server = server(&["--base-path", "/rivers/aare"]).await;
    for (access, without_a_key) in [
        (Access::Asset, 200),
        (Access::Page, 401),
        (Access::Keyed, 401),
    ] {
        for path in routes_of(access) {
            let under_base = send(server.address, get(&format!("/rivers/aare{path}"))).await;
            assert_eq!(under_base.status, without_a_key, "{path}");
            assert_eq!(send(server.address, get(&path)).await.status, 401, "{path}");
        }
    }
    for path in routes_of(Access::Open) {
        assert_eq!(send(server.address, get(&path)).await.status, 200, "{path}");
        let under_base = send(server.address, get(&format!("/rivers/aare{path}"))).await;
        assert_eq!(under_base.status, 401, "{path}");
    }
    for path in ["/rivers/aare", "/rivers/aare/"] {
        let request = with_header(&get(path), "Accept: text/html");
        let refused = send(server.address, &request).await;
        assert_eq!(refused.status, 401, "{path}");
        assert!(refused.body.contains("claude mcp add"), "{path}");
    }
}

#[tokio::test]
async fn browser_without_a_key_gets_the_login_page_without_data() {
    let server = server(&[]).await;
    for (path, language, says) in [
        ("/", "en", "This server asks for a key"),
        ("/bern", "de", "Dieser Server will einen Schlüssel"),
        ("/console?lang=fr", "en", "Ce serveur demande une clé"),
    ] {
        let request = with_header(&get(path), "Accept: text/html,*/*;q=0.8");
        let request = with_header(&request, &format!("Accept-Language: {language}"));
        let refused = send(server.address, &request).await;
        assert_eq!(refused.status, 401, "{path}");
        for line in [
            r#"www-authenticate: Bearer realm="aareguru-mcp""#,
            "content-type: text/html; charset=utf-8",
            "cache-control: no-store",
        ] {
            assert!(refused.head.lines().any(|it| it == line), "{line}");
        }
        assert!(
            refused
                .head
                .contains("content-security-policy: default-src 'none'")
        );
        assert!(refused.body.contains(says), "{path}: {}", refused.body);
        assert!(refused.body.contains("claude mcp add"), "{path}");
        for data in ["m³/s", "°C", "12.5", "247", "2023"] {
            assert!(!refused.body.contains(data), "{path}: {data}");
        }
        let wrong = send(server.address, with_key(&request, "unknown-key")).await;
        assert_eq!(wrong.status, 401);
        let challenge = r#"www-authenticate: Bearer realm="aareguru-mcp", error="invalid_token""#;
        assert!(wrong.head.contains(challenge), "{}", wrong.head);
        let opened = send(server.address, with_key(&request, ALICE)).await;
        assert_eq!(opened.status, 200);
    }
    // Other programs, and browsers on other routes, get the usual 401.
    for request in [get("/"), with_header(&get("/sse"), "Accept: text/html")] {
        let refused = send(server.address, &request).await;
        assert_unauthorized(&refused, "missing_token", &request);
    }
}

#[tokio::test]
async fn key_is_accepted_from_either_header_in_any_case() {
    let server = server(&[]).await;
    for header in [
        format!("X-API-Key: {ALICE}"),
        format!("x-aPi-KEY:{ALICE}  "),
        format!("Authorization: Bearer {BOB}"),
        format!("AUTHORIZATION: bEARER  {BOB}"),
        format!("Authorization: Basic dTpw\r\nX-API-Key: {BOB}"),
    ] {
        let request = with_header(&get("/sse"), &header);
        let stream = SseSession::try_open(server.address, request).await;
        assert!(stream.is_some(), "{header}");
    }
}

#[tokio::test]
async fn invalid_keys_return_401_without_affecting_others() {
    let server = server(&[]).await;
    let long = "k".repeat(8000);
    let cases: [(&[u8], &str); 12] = [
        (b"X-API-Key: wrong", "invalid_token"),
        (b"x-aPi-KeY: wrong", "invalid_token"),
        (b"X-API-Key:", "invalid_token"),
        (b"X-API-Key: alice", "invalid_token"),
        (b"X-API-Key: \xff\xfe\xc3\xa9", "invalid_token"),
        (&format!("X-API-Key: {long}").into_bytes(), "invalid_token"),
        (
            &format!("X-API-Key: {ALICE}x").into_bytes(),
            "invalid_token",
        ),
        (
            &format!("X-API-Key: {}", &ALICE[1..]).into_bytes(),
            "invalid_token",
        ),
        (
            &format!("X-API-Key: {ALICE},{BOB}").into_bytes(),
            "invalid_token",
        ),
        (
            &format!("X-API-Key: {ALICE}\r\nX-API-Key: {ALICE}").into_bytes(),
            "invalid_token",
        ),
        (
            &format!("Authorization: Basic {ALICE}").into_bytes(),
            "missing_token",
        ),
        (
            &format!("Cookie: api_key={ALICE}").into_bytes(),
            "missing_token",
        ),
    ];
    let tries = [
        get("/sse"),
        post_json(UNKNOWN, PING),
        post_json("/mcp", PING),
        get("/ws"),
    ];
    alongside_well_behaved_client(&server, BOB, async {
        for (header, error) in cases {
            for request in &tries {
                let (line, rest) = request.split_once("\r\n").unwrap();
                let request = [line.as_bytes(), b"\r\n", header, b"\r\n", rest.as_bytes()].concat();
                let answer = send(server.address, &request).await;
                assert_unauthorized(&answer, error, &String::from_utf8_lossy(header));
            }
        }
    })
    .await;
    for (reason, cases) in [("wrong", 7), ("malformed", 3), ("missing", 2)] {
        let refused = format!(r#"aareguru_mcp_auth_refused_total{{reason="{reason}"}}"#);
        wait_for_counter(server.address, &refused, cases * tries.len()).await;
    }
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    // Only one of many rejections per second is logged as a warning.
    assert!(
        logs.contains("request refused: no valid API key reason="),
        "{logs}"
    );
}

#[tokio::test]
async fn sse_session_of_another_key_returns_404() {
    let server = server(&[]).await;
    let request = with_key(&get("/sse"), ALICE);
    let session = SseSession::open_with(server.address, request).await;
    let post = post_json(&session.target, PING);
    let stranger = send(server.address, with_key(&post, BOB)).await;
    assert_eq!(
        (stranger.status, stranger.body.as_str()),
        (404, "Could not find session")
    );
    assert_eq!(
        send(server.address, with_key(&post, ALICE)).await.status,
        202
    );
    assert_eq!(send(server.address, &post).await.status, 401);
}

/// Opens a session over Streamable HTTP and returns its id.
pub(crate) async fn open_streamable(server: &ServerProcess, key: &str) -> String {
    let answer = send(server.address, with_key(&streamable(INITIALIZE, ""), key)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut lines = answer.head.lines();
    let id = lines.find_map(|line| line.strip_prefix("mcp-session-id: "));
    id.unwrap().to_owned()
}

pub(crate) async fn ping_streamable(server: &ServerProcess, id: &str, key: &str) -> u16 {
    let session = format!("Mcp-Session-Id: {id}");
    let request = with_header(&streamable(PING, "2025-06-18"), &session);
    send(server.address, with_key(&request, key)).await.status
}

pub(crate) fn streamable(message: &str, version: &str) -> String {
    let accept = "Accept: application/json, text/event-stream";
    let request = with_header(&post_json("/mcp", message), accept);
    if version.is_empty() {
        return request;
    }
    with_header(&request, &format!("MCP-Protocol-Version: {version}"))
}

#[tokio::test]
async fn streamable_session_of_another_key_returns_404() {
    let server = server(&[]).await;
    let id = open_streamable(&server, ALICE).await;
    assert_eq!(ping_streamable(&server, &id, BOB).await, 404);
    assert_eq!(ping_streamable(&server, &id, "wrong").await, 401);
    assert_eq!(ping_streamable(&server, &id, ALICE).await, 200);
}

#[tokio::test]
async fn key_in_the_query_is_accepted_only_when_enabled() {
    let refusing = server(&[]).await;
    let path = format!("/sse?api_key={ALICE}");
    let forged = [
        &path,
        "/sse?api_key=wrong",
        "/sse?api_key=",
        "/sse?api_key=%ff%00",
    ];
    alongside_well_behaved_client(&refusing, BOB, async {
        for path in forged {
            let answer = send(refusing.address, get(path)).await;
            assert_unauthorized(&answer, "missing_token", "query");
            assert!(answer.body.contains("API_KEY_IN_QUERY"), "{}", answer.body);
        }
    })
    .await;
    let missing = r#"aareguru_mcp_auth_refused_total{reason="missing"}"#;
    wait_for_counter(refusing.address, missing, forged.len()).await;

    let server = server(&["--api-key-in-query", "--log-level", "trace"]).await;
    let session = SseSession::open_at(server.address, &path).await;
    let post = |key: &str| {
        let target = format!("{}&api_key={key}", session.target);
        send(server.address, post_json(&target, PING))
    };
    let long = "k".repeat(8000);
    alongside_well_behaved_client(&server, BOB, async {
        assert_eq!(post(ALICE).await.status, 202);
        assert_eq!(post(BOB).await.status, 404);
        for key in ["wrong", "", "%ff%00", "%F0%9F%90%9F", &long] {
            assert_eq!(post(key).await.status, 401, "{key}");
        }
    })
    .await;
    wait_for_counter(
        server.address,
        "rmcp_transport_refused_total{reason=\"unknown_session\"}",
        1,
    )
    .await;
    let refused = |reason| format!(r#"aareguru_mcp_auth_refused_total{{reason="{reason}"}}"#);
    wait_for_counter(server.address, &refused("wrong"), 3).await;
    wait_for_counter(server.address, &refused("malformed"), 2).await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    assert!(!logs.contains(ALICE) && !logs.contains(BOB), "{logs}");
}

#[tokio::test]
async fn api_keys_are_logged_by_name_only() {
    let server = server(&["--log-level", "trace"]).await;
    let mut well_behaved_client = WellBehavedClient::connect(&server, ALICE).await;
    well_behaved_client.assert_served().await;
    let bearer = with_header(&get("/sse"), &format!("Authorization: Bearer {BOB}"));
    drop(SseSession::open_with(server.address, bearer).await);
    send(server.address, with_key(&get("/sse"), "a-wrong-key")).await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    for key in [ALICE, BOB, "a-wrong-key"] {
        let line = logs.lines().find(|line| line.contains(key));
        assert_eq!(line, None, "{key}");
    }
    assert!(logs.contains("principal=\"alice\""), "{logs}");
}

#[tokio::test]
async fn optional_keys_must_still_be_valid() {
    let server = server(&["--api-key-required=false"]).await;
    assert!(
        SseSession::try_open(server.address, get("/sse"))
            .await
            .is_some()
    );
    let alice = with_key(&get("/sse"), ALICE);
    assert!(SseSession::try_open(server.address, alice).await.is_some());
    let answer = send(server.address, with_key(&get("/sse"), "wrong")).await;
    assert_unauthorized(&answer, "invalid_token", "wrong");
}

#[tokio::test]
async fn server_without_keys_ignores_a_key() {
    let server = ServerProcess::demo().await;
    let request = with_key(&get("/sse"), ALICE);
    assert!(
        SseSession::try_open(server.address, request)
            .await
            .is_some()
    );
}

/// Runs a server that fails to start and returns its error message.
async fn startup_error(environment: &[(&str, &str)], arguments: &[&str]) -> String {
    let output = program()
        .envs(environment.iter().copied())
        .args(["serve", "--demo", "--http-port", "0"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn invalid_key_entry_prevents_startup_and_names_its_position() {
    let text = startup_error(
        &[("API_KEYS", "alice:good-enough-for-a-test,b ob:hidden")],
        &[],
    )
    .await;
    assert!(
        text.contains("entry 2 of API_KEYS: the name must be"),
        "{text}"
    );
    assert!(!text.contains("hidden"), "{text}");

    let text = startup_error(
        &[("API_KEYS", "a:one-and-the-same,b:one-and-the-same")],
        &[],
    )
    .await;
    assert!(
        text.contains("entry 2 of API_KEYS: duplicate key"),
        "{text}"
    );
    assert!(!text.contains("one-and-the-same"), "{text}");

    let text = startup_error(&[("API_KEYS", "@/nowhere/keys")], &[]).await;
    assert!(
        text.contains("cannot read keys from /nowhere/keys (entry 1 of API_KEYS)"),
        "{text}"
    );
    let text = startup_error(&[("API_KEYS_FILE", "/nowhere/keys")], &[]).await;
    assert!(
        text.contains("cannot read keys from /nowhere/keys (API_KEYS_FILE)"),
        "{text}"
    );
}

#[tokio::test]
async fn required_key_that_is_missing_prevents_startup() {
    let text = startup_error(&[("API_KEY_REQUIRED", "true")], &[]).await;
    assert!(
        text.contains("API_KEY_REQUIRED is true and there is no key"),
        "{text}"
    );
    assert!(text.contains("API_KEYS_FILE"), "{text}");
}

#[tokio::test]
async fn public_address_without_keys_logs_a_warning() {
    let hosts = ["--http-host", "0.0.0.0", "--allowed-hosts", "aare.example"];
    let arguments = [&["serve", "--demo"], &hosts[..]].concat();
    let mut open = ServerProcess::start(&arguments).await;
    open.wait_for_log("no API key is required on an address that other machines can reach")
        .await;

    let closed = server(&hosts).await;
    closed.signal("TERM").await;
    let (_, logs) = closed.wait_for_exit().await;
    assert!(!logs.contains("everybody"), "{logs}");
}

#[tokio::test]
async fn help_does_not_show_keys_from_the_environment() {
    let output = program()
        .env("API_KEYS", ALICE)
        .args(["serve", "--help"])
        .output()
        .await
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("--api-keys"));
    assert!(!help.contains(ALICE));
}
