//! Sessions of Streamable HTTP that every instance serves.

use serde_json::json;
use tokio::time::timeout;

use testkit::{
    ALICE, BOB, DEADLINE, HttpResponse, RedisServer, Scrape, ServerProcess, exchange,
    streamable::{PING, delete, get, in_session, initialize, message},
    with_key,
};

async fn instances(redis: &RedisServer, count: usize) -> Vec<ServerProcess> {
    let keys = format!("alice:{ALICE},bob:{BOB}");
    let environment = [("REDIS_URL", &*redis.url()), ("API_KEYS", &keys)];
    let arguments = ["serve", "--demo", "--redis-timeout-milliseconds", "300"];
    let mut servers = Vec::new();
    for _ in 0..count {
        servers.push(ServerProcess::start_with(&arguments, &environment).await);
    }
    servers
}

async fn open(server: &ServerProcess, key: &str) -> String {
    let request = with_key(&initialize("2025-11-25"), key);
    let reply = exchange(server.address, &request).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.header("mcp-session-id").unwrap().to_owned()
}

async fn call(server: &ServerProcess, key: &str, session: &str, body: &str) -> HttpResponse {
    let request = with_key(&in_session(&message(body), session), key);
    exchange(server.address, &request).await
}

fn temperature(id: u32) -> String {
    let params = json!({"name": "get_current_temperature", "arguments": {"city": "bern"}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}).to_string()
}

#[tokio::test]
async fn any_instance_serves_a_session_to_its_principal_only() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let servers = instances(&redis, 3).await;
    let session = open(&servers[0], ALICE).await;
    for (id, server) in (1..).zip(servers.iter().chain(&servers)) {
        let answer = call(server, ALICE, &session, &temperature(id))
            .await
            .message();
        assert_eq!(answer["id"], id);
        let structured = &answer["result"]["structuredContent"];
        assert_eq!(structured["temperature_celsius"], 12.5, "{answer}");
    }
    for server in &servers {
        for request in [message(PING), get("x"), delete("x")] {
            let request = request.replace("Mcp-Session-Id: x\r\n", "");
            let request = with_key(&in_session(&request, &session), BOB);
            assert_eq!(exchange(server.address, &request).await.status, 404);
        }
        let long = " ".repeat(5_000_001);
        for (body, status) in [(PING, 404), (&long, 413)] {
            let made_up = call(server, ALICE, "4be0643f-1d98-573b-97cd-ca98a65347dd", body);
            assert_eq!(made_up.await.status, status);
        }
        let numbers = Scrape::of(server.address).await;
        assert_eq!(numbers.value("aareguru_mcp_streamable_sessions"), 1.0);
    }
    // The session outlives the instance that opened it.
    servers[0].signal("KILL").await;
    let answer = call(&servers[1], ALICE, &session, PING).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for (key, seconds_left) in redis.keys().await {
        assert!(seconds_left != -1, "{key} has no expiry");
        assert!(!key.contains(&session), "{key} reveals the session id");
    }
}

#[tokio::test]
async fn concurrent_requests_adopt_a_session_once() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let servers = instances(&redis, 2).await;
    let session = open(&servers[0], ALICE).await;
    let bodies: Vec<_> = (1..=20).map(temperature).collect();
    let asked = bodies
        .iter()
        .map(|body| call(&servers[1], ALICE, &session, body));
    for reply in futures_util::future::join_all(asked).await {
        assert_eq!(reply.status, 200, "{reply:?}");
        assert!(reply.message()["result"].is_object(), "{reply:?}");
    }
    let numbers = Scrape::of(servers[1].address).await;
    let adopted = numbers.value("aareguru_mcp_streamable_sessions_adopted_total");
    assert_eq!(adopted, 1.0);
}

#[tokio::test]
async fn deleted_session_ends_at_every_instance() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let servers = instances(&redis, 3).await;
    let session = open(&servers[0], ALICE).await;
    assert_eq!(call(&servers[1], ALICE, &session, PING).await.status, 200);
    // Deleted through an instance that has not served it.
    let ended = exchange(servers[2].address, &with_key(&delete(&session), ALICE)).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(call(&servers[2], ALICE, &session, PING).await.status, 404);
    for server in &servers {
        let gone = timeout(DEADLINE, async {
            while call(server, ALICE, &session, PING).await.status != 404 {}
        });
        gone.await
            .expect("the session does not end at another instance");
    }
    // Stored responses expire on their own.
    let kinds = ["call:", "events:"].map(|kind| format!("aareguru-mcp:mcp:{kind}"));
    for (key, seconds_left) in redis.keys().await {
        let is_answer = kinds.iter().any(|kind| key.starts_with(kind));
        assert!(is_answer || !key.contains(":mcp:"), "{key} is left");
        assert!(seconds_left != -1, "{key} has no expiry");
    }
}

#[tokio::test]
async fn revoked_key_ends_its_sessions_at_every_instance() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let file = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cluster-keys");
    std::fs::write(&file, format!("alice:{ALICE}\nbob:{BOB}\n")).unwrap();
    let setting = format!("@{}", file.display());
    let environment = [("REDIS_URL", &*redis.url()), ("API_KEYS", &setting)];
    let mut first = ServerProcess::start_with(&["serve", "--demo"], &environment).await;
    let second = ServerProcess::start_with(&["serve", "--demo"], &environment).await;
    let (alice, bob) = (open(&second, ALICE).await, open(&second, BOB).await);
    assert_eq!(call(&second, ALICE, &alice, PING).await.status, 200);
    std::fs::write(&file, format!("bob:{BOB}\n")).unwrap();
    // The other instance has not reloaded its keys.
    first.signal("HUP").await;
    first.wait_for_log("API keys reloaded").await;
    let sessions = async || {
        let numbers = Scrape::of(second.address).await;
        numbers.value("aareguru_mcp_streamable_sessions")
    };
    let ended = timeout(DEADLINE, async { while sessions().await > 1.0 {} });
    ended
        .await
        .expect("the session does not end at the other instance");
    assert_eq!(call(&second, BOB, &bob, PING).await.status, 200);
}

#[tokio::test]
async fn sessions_continue_at_their_instance_while_redis_is_down() {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    let mut servers = instances(&redis, 2).await;
    let session = open(&servers[0], ALICE).await;
    redis.stop().await;
    assert_eq!(call(&servers[0], ALICE, &session, PING).await.status, 200);
    let elsewhere = call(&servers[1], ALICE, &session, PING).await;
    assert_eq!(elsewhere.status, 503, "{elsewhere:?}");
    assert!(elsewhere.header("retry-after").is_some(), "{elsewhere:?}");
    let new = open(&servers[1], ALICE).await;
    assert_eq!(call(&servers[1], ALICE, &new, PING).await.status, 200);
    redis.start_again().await;
    servers[1]
        .wait_for_log("connection to Redis established")
        .await;
    let after = open(&servers[1], ALICE).await;
    servers[0]
        .wait_for_log("connection to Redis established")
        .await;
    assert_eq!(call(&servers[0], ALICE, &after, PING).await.status, 200);
    // A session lost with Redis's data is known only to its own instance.
    assert_eq!(call(&servers[0], ALICE, &session, PING).await.status, 200);
    assert_eq!(call(&servers[1], ALICE, &session, PING).await.status, 404);
}
