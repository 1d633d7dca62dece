//! The rate limit, and client addresses behind a proxy, which the tests impersonate.

use serde_json::json;

use testkit::{
    ALICE, HttpResponse, ServerProcess, WebSocketClient, WellBehavedClient, get, post_json, send,
    tool_call, wait_for_counter, with_header, with_key,
};

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const UNKNOWN: &str = "/messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";

/// Starts a server behind a proxy, with an optional key for Alice.
async fn behind_a_proxy(more: &[&str]) -> ServerProcess {
    let keys = format!("alice:{ALICE}");
    let arguments = [&["serve", "--demo", "--trusted-proxies", "127.0.0.1"], more].concat();
    let environment = [("API_KEYS", keys.as_str()), ("API_KEY_REQUIRED", "false")];
    ServerProcess::start_with(&arguments, &environment).await
}

fn from(forwarded: &str) -> String {
    with_header(
        &post_json(UNKNOWN, PING),
        &format!("X-Forwarded-For: {forwarded}"),
    )
}

fn number(answer: &HttpResponse, header: &str) -> u64 {
    let mut lines = answer.head.lines();
    let value = lines.find_map(|line| line.strip_prefix(&format!("{header}: ")));
    value
        .unwrap_or_else(|| panic!("{header} in {}", answer.head))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn rate_limit_returns_429_only_to_the_client_over_it() {
    let server = behind_a_proxy(&["--rate-limit-per-minute", "20"]).await;
    let mut well_behaved_client = WellBehavedClient::connect(&server, ALICE).await;
    for n in 0..20 {
        let answer = send(server.address, from("203.0.113.7")).await;
        assert_eq!(answer.status, 404, "only the session is unknown");
        assert_eq!(number(&answer, "ratelimit-limit"), 20);
        assert_eq!(number(&answer, "ratelimit-remaining"), 19 - n);
    }
    for request in [
        from("203.0.113.7"),
        with_header(&get("/sse"), "X-Forwarded-For: 203.0.113.7"),
    ] {
        let answer = send(server.address, request).await;
        assert_eq!(answer.status, 429);
        assert_eq!(number(&answer, "ratelimit-remaining"), 0);
        assert!((1..=3).contains(&number(&answer, "retry-after")));
        assert!(
            answer.body.contains("RATE_LIMIT_PER_MINUTE"),
            "{}",
            answer.body
        );
    }
    assert_eq!(send(server.address, from("203.0.113.8")).await.status, 404);
    well_behaved_client.assert_served().await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    let line = "over the rate limit by=\"address\" client=203.0.113.7";
    assert!(logs.contains(line), "{logs}");
}

#[tokio::test]
async fn rate_limit_of_a_network_applies_to_each_of_its_addresses() {
    let limits = [
        "--rate-limit-per-minute=5",
        "--rate-limit-networks=203.0.113.0/24=20",
    ];
    let server = behind_a_proxy(&limits).await;
    for address in ["203.0.113.7", "203.0.113.8"] {
        for n in 0..20 {
            let answer = send(server.address, from(address)).await;
            assert_eq!(answer.status, 404, "only the session is unknown");
            assert_eq!(number(&answer, "ratelimit-remaining"), 19 - n);
        }
        let answer = send(server.address, from(address)).await;
        assert_eq!(answer.status, 429);
        assert!(
            answer.body.contains("RATE_LIMIT_NETWORKS"),
            "{}",
            answer.body
        );
    }
    let answer = send(server.address, from("198.51.100.7")).await;
    assert_eq!(number(&answer, "ratelimit-limit"), 5);
    // A wrong key counts as everywhere else.
    for status in [401, 401, 401, 401, 401, 429] {
        let answer = send(server.address, with_key(&from("203.0.113.9"), "wrong")).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn rate_limit_counts_an_ipv6_prefix_as_one_client() {
    let server = behind_a_proxy(&["--rate-limit-per-minute", "5"]).await;
    for host in 1..=5 {
        let answer = send(server.address, from(&format!("2001:db8:1:2::{host}"))).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(
        send(server.address, from("2001:db8:1:2:ffff::1"))
            .await
            .status,
        429
    );
    assert_eq!(
        send(server.address, from("2001:db8:1:3::1")).await.status,
        404
    );
}

#[tokio::test]
async fn forged_x_forwarded_for_does_not_change_the_client_address() {
    let server = behind_a_proxy(&["--rate-limit-per-minute", "10"]).await;
    let mut well_behaved_client = WellBehavedClient::connect(&server, ALICE).await;
    // The proxy appends the address of its peer.
    for n in 0..10 {
        let forged = format!("198.51.100.{n}, 127.0.0.1, 203.0.113.7");
        assert_eq!(send(server.address, from(&forged)).await.status, 404);
    }
    let forged = from("198.51.100.99, 203.0.113.7");
    assert_eq!(send(server.address, forged).await.status, 429);
    let split = "X-Forwarded-For: 198.51.100.99\r\nX-Forwarded-For: 203.0.113.7";
    let split = with_header(&post_json(UNKNOWN, PING), split);
    assert_eq!(send(server.address, split).await.status, 429);
    // Another header than the one that the proxy sets.
    let other = with_header(&from("203.0.113.7"), "Forwarded: for=198.51.100.99");
    assert_eq!(send(server.address, other).await.status, 429);
    assert_eq!(send(server.address, from("198.51.100.1")).await.status, 404);
    well_behaved_client.assert_served().await;
    let refused = r#"aareguru_mcp_rate_limited_total{by="address"}"#;
    wait_for_counter(server.address, refused, 3).await;
}

#[tokio::test]
async fn x_forwarded_for_from_an_untrusted_peer_is_ignored() {
    let server = ServerProcess::start(&["serve", "--demo", "--rate-limit-per-minute", "3"]).await;
    for _ in 0..10 {
        let answer = send(server.address, from("203.0.113.7")).await;
        assert_eq!(answer.status, 404);
    }
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    assert_eq!(
        logs.matches("forwarding header ignored").count(),
        1,
        "{logs}"
    );
    assert!(logs.contains("list it in TRUSTED_PROXIES"), "{logs}");
}

#[tokio::test]
async fn client_ip_header_of_fly_is_used_when_configured() {
    let header = [
        "--client-ip-header",
        "Fly-Client-IP",
        "--rate-limit-per-minute",
        "2",
    ];
    let server = behind_a_proxy(&header).await;
    let from_fly = |forged: &str| {
        let header = format!("Fly-Client-IP: 203.0.113.7\r\nX-Forwarded-For: {forged}");
        with_header(&post_json(UNKNOWN, PING), &header)
    };
    assert_eq!(
        send(server.address, from_fly("198.51.100.1")).await.status,
        404
    );
    assert_eq!(
        send(server.address, from_fly("198.51.100.2")).await.status,
        404
    );
    assert_eq!(
        send(server.address, from_fly("198.51.100.3")).await.status,
        429
    );
}

#[tokio::test]
async fn rate_limit_counts_websocket_messages() {
    let server = behind_a_proxy(&["--rate-limit-per-minute", "5"]).await;
    // The upgrade, `initialize` and the notification after it count as three.
    let headers = [("x-api-key", ALICE)];
    let socket = WebSocketClient::try_open(server.address, &headers).await;
    let mut socket = socket.unwrap();
    socket.initialize("2025-11-25").await;
    for id in [1, 2] {
        let answer = socket.call(&tool_call(id, "list_cities", "{}")).await;
        assert!(answer["result"].is_object(), "{answer}");
    }
    for id in [3, 4] {
        let refused = socket.call(&tool_call(id, "list_cities", "{}")).await;
        assert_eq!(
            (&refused["id"], &refused["error"]["code"]),
            (&json!(id), &json!(-32000))
        );
        let text = refused["error"]["message"].as_str().unwrap();
        assert!(text.contains("try again in"), "{refused}");
        assert!(text.contains("RATE_LIMIT_PER_MINUTE"), "{refused}");
    }
    // A `POST` counts towards the same limit, other clients do not.
    let post = with_key(&post_json(UNKNOWN, PING), ALICE);
    assert_eq!(send(server.address, post).await.status, 429);
    assert_eq!(send(server.address, from("203.0.113.7")).await.status, 404);
    let refused = r#"aareguru_mcp_rate_limited_total{by="key"}"#;
    wait_for_counter(server.address, refused, 3).await;
}

#[tokio::test]
async fn rate_limit_for_wrong_keys_still_admits_the_right_key() {
    let server = behind_a_proxy(&["--rate-limit-per-minute", "20", "--api-key-required"]).await;
    let mut well_behaved_client = WellBehavedClient::connect(&server, ALICE).await;
    let guess = |n: u32| with_key(&from("203.0.113.7"), &format!("guess-{n}"));
    for n in 0..20 {
        assert_eq!(send(server.address, guess(n)).await.status, 401);
    }
    assert_eq!(send(server.address, guess(20)).await.status, 429);
    let right = with_key(&from("203.0.113.7"), ALICE);
    assert_eq!(send(server.address, right).await.status, 404);
    well_behaved_client.assert_served().await;
}

#[tokio::test]
async fn rate_limit_exempts_health() {
    let server = behind_a_proxy(&["--rate-limit-per-minute", "1"]).await;
    let probe = with_header(&get("/health"), "X-Forwarded-For: 203.0.113.7");
    for _ in 0..10 {
        let answer = send(server.address, &probe).await;
        assert_eq!(answer.status, 200);
        assert!(!answer.head.contains("ratelimit"), "{}", answer.head);
    }
}

#[tokio::test]
async fn rate_limit_default_admits_a_busy_session() {
    let server = behind_a_proxy(&[]).await;
    let mut well_behaved_client = WellBehavedClient::connect(&server, ALICE).await;
    for _ in 0..100 {
        well_behaved_client.assert_served().await;
    }
}

#[tokio::test]
async fn invalid_trusted_proxy_is_named_with_its_setting() {
    let output = testkit::program()
        .args([
            "serve",
            "--demo",
            "--trusted-proxies",
            "10.0.0.1,proxy.example",
        ])
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        errors.contains("'proxy.example' for '--trusted-proxies"),
        "{errors}"
    );
    assert!(errors.contains("10.0.0.0/8"), "{errors}");
}
