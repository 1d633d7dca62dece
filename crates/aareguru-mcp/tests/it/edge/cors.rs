//! Cross-origin requests from web pages.

use testkit::{
    ALICE, HttpResponse, ServerProcess, SseSession, alongside_well_behaved_client, get, send,
    wait_for_counter, with_header, with_key,
};

use crate::edge::routes::routes;

async fn server(origins: &str) -> ServerProcess {
    let keys = format!("alice:{ALICE}");
    let environment = [("API_KEYS", keys.as_str()), ("CORS_ORIGINS", origins)];
    ServerProcess::start_with(&["serve", "--demo"], &environment).await
}

fn preflight(origin: &str) -> String {
    format!(
        "OPTIONS /messages HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n\
         Access-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: authorization,content-type,mcp-protocol-version\r\n\r\n"
    )
}

fn header<'a>(answer: &'a HttpResponse, name: &str) -> Option<&'a str> {
    let mut lines = answer.head.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn cors_preflight_without_a_key_allows_client_headers() {
    let server = server("https://app.example,http://localhost:*").await;
    for origin in ["https://app.example", "http://localhost:6274"] {
        let answer = send(server.address, preflight(origin)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer, "access-control-allow-origin"), Some(origin));
        assert_eq!(header(&answer, "access-control-allow-credentials"), None);
        let methods = header(&answer, "access-control-allow-methods").unwrap();
        assert!(methods.contains("POST"), "{methods}");
        let headers = header(&answer, "access-control-allow-headers").unwrap();
        for name in [
            "authorization",
            "content-type",
            "accept",
            "mcp-protocol-version",
            "mcp-session-id",
            "last-event-id",
            "mcp-method",
            "mcp-name",
            "x-api-key",
        ] {
            assert!(
                headers.split(',').any(|header| header == name),
                "{name} not in {headers}"
            );
        }
    }
}

#[tokio::test]
async fn cors_headers_are_set_on_responses_and_rejections() {
    let server = server("https://app.example").await;
    let request = with_header(&get("/sse"), "Origin: https://app.example");
    let refused = send(server.address, &request).await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        header(&refused, "access-control-allow-origin"),
        Some("https://app.example")
    );
    let exposed = header(&refused, "access-control-expose-headers").unwrap();
    for name in ["mcp-session-id", "www-authenticate", "retry-after"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let session = SseSession::open_with(server.address, with_key(&request, ALICE)).await;
    assert!(
        session
            .head
            .contains("access-control-allow-origin: https://app.example")
    );
}

#[cfg(feature = "graphql")]
#[tokio::test]
async fn cors_applies_to_graphql_routes() {
    let server = server("https://app.example").await;
    let preflight = |origin| preflight(origin).replace("/messages", "/graphql");
    // Preflights precede authentication: a browser sends no key with them.
    let allowed = send(server.address, preflight("https://app.example")).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(
        header(&allowed, "access-control-allow-origin"),
        Some("https://app.example")
    );
    assert!(
        header(&allowed, "access-control-allow-headers")
            .unwrap()
            .contains("content-type")
    );

    let query = testkit::post_json("/graphql", r#"{"query":"{ about { version } }"}"#);
    let query = with_header(&query, "Origin: https://app.example");
    for (request, status) in [(query.clone(), 401), (with_key(&query, ALICE), 200)] {
        let answer = send(server.address, request).await;
        assert_eq!(answer.status, status);
        let origin = header(&answer, "access-control-allow-origin");
        assert_eq!(origin, Some("https://app.example"));
    }

    let foreign = send(server.address, preflight("https://evil.example")).await;
    assert_eq!(foreign.status, 403);
    let upgrade = get("/graphql").replacen(
        "Host: localhost",
        "Host: localhost\r\nOrigin: https://evil.example\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: graphql-transport-ws",
        1,
    );
    let stream = with_header(&query, "Accept: text/event-stream")
        .replace("https://app.example", "https://evil.example");
    for request in [upgrade, stream] {
        let answer = send(server.address, with_key(&request, ALICE)).await;
        assert_eq!(answer.status, 403, "{request}");
        assert_eq!(header(&answer, "access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn cors_preflight_of_a_foreign_origin_returns_403_before_authentication() {
    let server = server("https://app.example").await;
    let mut refused = 0;
    alongside_well_behaved_client(&server, ALICE, async {
        for origin in [
            "https://evil.example",
            "https://app.example.evil.example",
            "https://app.example@evil.example",
            "https://app.example:444",
            "http://app.example",
            "null",
            "\u{fffd}",
        ] {
            for path in routes() {
                let preflight = preflight(origin).replace("/messages", &path);
                for request in [preflight.clone(), with_key(&preflight, ALICE)] {
                    let answer = send(server.address, request).await;
                    assert_eq!(answer.status, 403, "{origin} {path}");
                    assert_eq!(header(&answer, "access-control-allow-origin"), None);
                    refused += 1;
                }
            }
        }
    })
    .await;
    let counter = r#"aareguru_mcp_rebinding_refused_total{header="origin"}"#;
    wait_for_counter(server.address, counter, refused).await;
}

#[tokio::test]
async fn cors_wildcard_with_keys_allows_any_origin_without_credentials() {
    let server = server("*").await;
    let answer = send(server.address, preflight("https://anywhere.example")).await;
    assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"));
    assert_eq!(header(&answer, "access-control-allow-credentials"), None);
    let request = with_header(&get("/sse"), "Origin: https://anywhere.example");
    assert_eq!(send(server.address, &request).await.status, 401);
    let keyed = with_key(&request, ALICE);
    assert!(SseSession::try_open(server.address, keyed).await.is_some());
}

#[tokio::test]
async fn cors_wildcard_without_keys_allows_no_foreign_origin() {
    let mut server = ServerProcess::start(&["serve", "--demo", "--cors-origins", "*"]).await;
    let answer = send(server.address, preflight("https://anywhere.example")).await;
    assert_eq!(answer.status, 403);
    let own = send(server.address, preflight("http://localhost:6274")).await;
    assert_eq!(own.status, 200);
    server
        .wait_for_log("CORS_ORIGINS=* does not extend ALLOWED_ORIGINS")
        .await;
}

#[tokio::test]
async fn cors_without_origins_is_disabled() {
    let server = ServerProcess::demo().await;
    let answer = send(server.address, preflight("http://localhost:6274")).await;
    assert_eq!(answer.status, 405);
    assert!(!answer.head.contains("access-control"), "{}", answer.head);
}
