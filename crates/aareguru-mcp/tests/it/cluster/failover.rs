//! An instance dies, stops or shuts down, and its sessions continue at another.

use std::time::SystemTime;

use serde_json::{Value, json};

use testkit::{
    MockResponse, MockUpstream, RedisServer, ServerCluster, ServerProcess, SseSession, metric,
    recordings::CURRENT_BERN, tool_call, try_resume, wait_until,
};

const TOOL: &str = "get_current_temperature";
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

async fn ids(session: &mut SseSession, count: usize) -> Vec<u64> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let answer = session.message().await;
        assert_eq!(answer["result"]["isError"], Value::Bool(false), "{answer}");
        ids.push(answer["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn running_calls_of_a_killed_owner_are_answered_once_by_the_next() {
    let reply = MockResponse::at([("current", MockResponse::Recordings.held())]);
    let Some(cluster) = ServerCluster::start(2, reply).await else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    let seen = session.last_event_id.clone().unwrap();
    assert_eq!(session.call(PING).await["id"], 1);
    for (id, instance) in [(10, 0), (11, 1), (12, 0)] {
        session.address = cluster.address(instance);
        session.send(&tool_call(id, TOOL, "{}")).await;
    }
    cluster.kill(0).await;
    // The client has not seen the response to the ping.
    let mut moved = try_resume(cluster.address(1), &seen).await.unwrap();
    assert_eq!(moved.target, session.target);
    assert_eq!(moved.message().await["id"], 1);
    cluster.upstream.release();
    assert_eq!(ids(&mut moved, 3).await, [10, 11, 12]);
    moved.address = cluster.address(1);
    assert_eq!(moved.call(PING).await["id"], 1);
    let answer = moved.call_tool(13, TOOL, "{}").await;
    assert_eq!(answer["id"], 13);
    assert_eq!(
        metric(
            cluster.address(1),
            "rmcp_transport_sessions_taken_over_total"
        )
        .await,
        1.0
    );
}

#[tokio::test]
async fn calls_accepted_while_redis_connections_drop_survive_failover() {
    let reply = MockResponse::at([("current", MockResponse::Recordings.held())]);
    let Some(cluster) = ServerCluster::start(2, reply).await else {
        return;
    };
    let session = SseSession::initialized(cluster.address(0)).await;
    let last = session.last_event_id.clone().unwrap();
    let mut redis = cluster.redis.connection().await;
    for id in 10..15 {
        let mut cut = redis::cmd("CLIENT");
        cut.arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]);
        let _: usize = cut.query_async(&mut redis).await.unwrap();
        session.send(&tool_call(id, TOOL, "{}")).await;
    }
    cluster.kill(0).await;
    let mut moved = loop {
        // The other instance has to reconnect to Redis, too.
        match try_resume(cluster.address(1), &last).await {
            Some(moved) => break moved,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(moved.target, session.target);
    cluster.upstream.release();
    assert_eq!(ids(&mut moved, 5).await, [10, 11, 12, 13, 14]);
}

#[tokio::test]
async fn stopped_owner_that_continues_sends_no_response() {
    let reply = MockResponse::at([("current", MockResponse::Recordings.held())]);
    let Some(cluster) = ServerCluster::start(2, reply).await else {
        return;
    };
    let mut former = SseSession::initialized(cluster.address(0)).await;
    let last = former.last_event_id.clone().unwrap();
    former.send(&tool_call(10, TOOL, "{}")).await;
    cluster.upstream.first_request().await;
    cluster.instances[0].signal("STOP").await;

    let mut moved = try_resume(cluster.address(1), &last).await.unwrap();
    cluster.upstream.release();
    assert_eq!(ids(&mut moved, 1).await, [10]);
    cluster.instances[0].signal("CONT").await;
    assert_eq!(former.event().await, None, "the former owner has answered");
    // The former owner relays messages like any other instance.
    moved.address = cluster.address(0);
    assert_eq!(moved.call(PING).await["id"], 1);
    let sessions = metric(cluster.address(0), "rmcp_transport_sessions").await;
    assert_eq!(sessions, 0.0);
    assert_eq!(
        metric(cluster.address(1), "rmcp_transport_sessions").await,
        1.0
    );
}

#[tokio::test]
async fn session_moves_to_another_instance_while_the_owner_lives() {
    let Some(cluster) = ServerCluster::start(3, MockResponse::Recordings).await else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    for round in 1..10 {
        let last = session.last_event_id.clone().unwrap();
        let address = cluster.address(round % 3);
        let mut moved = try_resume(address, &last).await.unwrap();
        assert_eq!(moved.target, session.target);
        // The previous owner is notified, and closes its stream.
        assert_eq!(session.event().await, None);
        moved.address = cluster.address((round + 1) % 3);
        assert_eq!(moved.call_tool(2, TOOL, "{}").await["id"], 2);
        session = moved;
    }
    let handed_over = "aareguru_mcp_sessions_handed_over_total";
    assert!(metric(cluster.address(0), handed_over).await >= 3.0);
}

#[tokio::test]
async fn instance_shutdown_hands_its_sessions_over() {
    let reply = MockResponse::at([("current", MockResponse::Recordings.held())]);
    let arguments = ["--shutdown-grace-seconds", "1"];
    let Some(mut cluster) = ServerCluster::start_with(2, reply, &arguments).await else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    session.send(&tool_call(10, TOOL, "{}")).await;
    cluster.upstream.first_request().await;
    cluster.instances[0].signal("TERM").await;
    assert_eq!(session.event().await, None);
    let last = session.last_event_id.clone().unwrap();
    let mut moved = try_resume(cluster.address(1), &last).await.unwrap();
    assert_eq!(moved.target, session.target);
    cluster.upstream.release();
    assert_eq!(ids(&mut moved, 1).await, [10]);
    let (status, _) = cluster.instances.remove(0).wait_for_exit().await;
    assert!(status.success(), "{status}");
}

/// Returns the recording of Bern as if it had been measured `tens` times ten minutes ago.
fn measured_tens_of_minutes_ago(tens: u64) -> MockResponse {
    const MEASURED: &str = "1683631200";
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let at = now - now % 600 - tens * 600;
    let body = CURRENT_BERN.replace(MEASURED, &at.to_string());
    assert_ne!(body, CURRENT_BERN);
    MockResponse::text(&body)
}

#[tokio::test]
async fn subscription_moves_with_its_session() {
    // The next measurement is due.
    let upstream = MockUpstream::start(measured_tens_of_minutes_ago(3)).await;
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let (url, api) = (redis.url(), upstream.config().base_url);
    let arguments = ["serve", "--redis-url", &url, "--aareguru-base-url", &api];
    let arguments = [&arguments[..], &["--cache-ttl-seconds", "1"]].concat();
    let first = ServerProcess::start(&arguments).await;
    let second = ServerProcess::start(&arguments).await;

    let mut session = SseSession::initialized(first.address).await;
    let uri = "aareguru://current/bern";
    let subscribe = json!({
        "jsonrpc": "2.0", "id": 7, "method": "resources/subscribe", "params": {"uri": uri},
    });
    let answer = session.call(&subscribe.to_string()).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    first.signal("KILL").await;
    let last = session.last_event_id.unwrap();
    let mut moved = try_resume(second.address, &last).await.unwrap();

    // Wait until the second instance knows the previous measurement.
    let before = upstream.request_count();
    wait_until(async || upstream.request_count() >= before + 2).await;
    upstream.reply(measured_tens_of_minutes_ago(2));
    let notification = moved.message().await;
    assert_eq!(
        notification["method"], "notifications/resources/updated",
        "{notification}"
    );
    assert_eq!(notification["params"]["uri"], uri);
}

#[tokio::test]
async fn redis_session_keys_expire_after_clients_and_instances_are_gone() {
    let arguments = ["--sse-resume-grace-seconds", "1"];
    let Some(cluster) = ServerCluster::start_with(2, MockResponse::Recordings, &arguments).await
    else {
        return;
    };
    let mut sessions = Vec::new();
    for instance in [0, 1, 0, 1] {
        let mut session = SseSession::initialized(cluster.address(instance)).await;
        session.address = cluster.address(1);
        session.call_tool(1, TOOL, "{}").await;
        sessions.push(session);
    }
    let of_sessions = |keys: Vec<(String, i64)>| {
        let kinds = ["session", "events", "token"].map(|kind| format!("aareguru-mcp:sse:{kind}:"));
        keys.into_iter()
            .filter(|(key, _)| kinds.iter().any(|kind| key.starts_with(kind)))
            .count()
    };
    let keys = cluster.redis.keys().await;
    for (key, seconds_left) in &keys {
        // Cached API responses outlive any session.
        if key.starts_with("aareguru-mcp:answer:") {
            assert_ne!(*seconds_left, -1, "{key}");
            continue;
        }
        assert!((0..=60).contains(seconds_left), "{key} {seconds_left}");
    }
    assert_eq!(of_sessions(keys), 12);
    // One client disconnects; the others lose their instance.
    sessions.pop();
    wait_until(async || of_sessions(cluster.redis.keys().await) <= 9).await;
    cluster.kill(0).await;
    cluster.kill(1).await;
    drop(sessions);
    wait_until(async || of_sessions(cluster.redis.keys().await) == 0).await;
}
