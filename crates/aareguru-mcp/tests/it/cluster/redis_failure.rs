//! Redis fails and recovers; sessions continue on their own instance.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use testkit::{
    DelayProxy, HttpResponse, MockResponse, MockUpstream, RedisServer, ServerCluster, SseSession,
    metric, post_json, send, tool_call, try_resume, try_send, wait_until,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TOOL: &str = "get_current_temperature";
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
/// A short Redis timeout.
const ARGUMENTS: [&str; 2] = ["--redis-timeout-milliseconds", "300"];

async fn post_at(address: SocketAddr, session: &SseSession, message: &str) -> HttpResponse {
    send(address, post_json(&session.target, message)).await
}

/// Whether the client should retry. The status is 504 if Redis failed while the message was being
/// relayed, because its outcome is unknown then.
fn is_retryable_rejection(answer: &HttpResponse) -> bool {
    matches!(answer.status, 503 | 504) && answer.head.contains("retry-after: 1")
}

/// Asserts what must work while Redis is unavailable.
async fn assert_works_without_redis(cluster: &ServerCluster, session: &mut SseSession) {
    session.address = cluster.address(0);
    for id in 2..5 {
        assert_eq!(session.call_tool(id, TOOL, "{}").await["id"], id);
    }
    let refused = post_at(cluster.address(1), session, PING).await;
    assert!(is_retryable_rejection(&refused), "{}", refused.head);
    let mut new = SseSession::initialized(cluster.address(1)).await;
    assert_eq!(new.call_tool(1, TOOL, "{}").await["id"], 1);
}

/// Asserts what must work soon after Redis has recovered, without a restart.
async fn assert_recovers(cluster: &ServerCluster, mut session: SseSession) {
    // Retry until the instances have reconnected and Redis has the session again.
    loop {
        let answer = post_at(cluster.address(1), &session, &tool_call(6, TOOL, "{}")).await;
        if answer.status == 202 {
            break;
        }
        assert!(is_retryable_rejection(&answer), "{}", answer.head);
        tokio::task::yield_now().await;
    }
    assert_eq!(session.message().await["id"], 6);
    let last = session.last_event_id.clone().unwrap();
    wait_until_stored(cluster, &session.target, &last).await;
    cluster.kill(0).await;
    let mut moved = try_resume(cluster.address(1), &last).await.unwrap();
    assert_eq!(moved.target, session.target);
    assert_eq!(moved.call_tool(7, TOOL, "{}").await["id"], 7);
}

/// Waits until Redis has stored the event that the client has seen.
async fn wait_until_stored(cluster: &ServerCluster, target: &str, last_event_id: &str) {
    let (_, number) = last_event_id.split_once('.').unwrap();
    let id = target.split_once('=').unwrap().1;
    let mut redis = cluster.redis.connection().await;
    let mut ask = redis::cmd("HGET");
    ask.arg(format!("aareguru-mcp:sse:session:{id}"))
        .arg("last");
    wait_until(async || {
        let last: Option<String> = ask.query_async(&mut redis).await.unwrap();
        last.as_deref() == Some(number)
    })
    .await;
}

#[tokio::test]
async fn sessions_survive_redis_being_killed_and_restarted_empty() {
    let Some(mut cluster) =
        ServerCluster::start_with(2, MockResponse::Recordings, &ARGUMENTS).await
    else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    session.call_tool(1, TOOL, "{}").await;
    cluster.redis.stop().await;
    assert_works_without_redis(&cluster, &mut session).await;
    cluster.redis.start_again().await;
    let begun = Instant::now();
    assert_recovers(&cluster, session).await;
    println!("one again after {:?}", begun.elapsed());
}

#[tokio::test]
async fn sessions_survive_an_unresponsive_redis() {
    let Some(cluster) = ServerCluster::start_with(2, MockResponse::Recordings, &ARGUMENTS).await
    else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    session.call_tool(1, TOOL, "{}").await;
    cluster.redis.pause().await;
    assert_works_without_redis(&cluster, &mut session).await;
    cluster.redis.resume().await;
    assert_recovers(&cluster, session).await;
}

#[tokio::test]
async fn idle_session_is_stored_again_after_redis_loses_its_data() {
    let Some(mut cluster) =
        ServerCluster::start_with(2, MockResponse::Recordings, &ARGUMENTS).await
    else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    session.call_tool(1, TOOL, "{}").await;
    cluster.redis.stop().await;
    cluster.redis.start_again().await;
    assert_recovers(&cluster, session).await;
}

#[tokio::test]
async fn redis_latency_delays_calls_without_errors() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let proxy = DelayProxy::start(redis.address(), Duration::from_millis(250)).await;
    let upstream = MockUpstream::start(MockResponse::Recordings).await;
    let base_url = upstream.config().base_url;
    let url = format!("redis://{}", proxy.address());
    let cluster = ServerCluster::with_redis((redis, &url), &base_url, upstream, 2, &[]).await;
    let mut session = SseSession::initialized(cluster.address(0)).await;
    let begun = Instant::now();
    assert_eq!(session.call_tool(1, TOOL, "{}").await["id"], 1);
    let at_owner = begun.elapsed();
    session.address = cluster.address(1);
    let begun = Instant::now();
    assert_eq!(session.call_tool(2, TOOL, "{}").await["id"], 2);
    println!("at the owner {at_owner:?}, relayed {:?}", begun.elapsed());
    let last = session.last_event_id.clone().unwrap();
    cluster.kill(0).await;
    let mut moved = try_resume(cluster.address(1), &last).await.unwrap();
    assert_eq!(moved.target, session.target);
    assert_eq!(moved.call_tool(3, TOOL, "{}").await["id"], 3);
    assert_eq!(
        metric(cluster.address(1), "rmcp_transport_sessions_unstored").await,
        0.0
    );
}

#[tokio::test]
async fn work_queued_for_an_unresponsive_redis_is_limited_and_counted() {
    // A timeout long enough for the whole test.
    let arguments = [
        "--redis-timeout-milliseconds",
        "60000",
        "--sse-max-in-flight",
        "3",
        "--sse-max-queued-bytes",
        "2000",
        "--sse-keep-alive-seconds",
        "0",
    ];
    let reply = MockResponse::at([("current", MockResponse::Recordings.held())]);
    let Some(cluster) = ServerCluster::start_with(1, reply, &arguments).await else {
        return;
    };
    let address = cluster.address(0);
    let calling = SseSession::initialized(address).await;
    let mut pinging = SseSession::initialized(address).await;
    cluster.redis.pause().await;

    // Calls in flight up to the limit.
    let mut posts = Vec::new();
    for id in 1..=3 {
        let request = post_json(&calling.target, &tool_call(id, TOOL, "{}"));
        posts.push(tokio::spawn(try_send(address, request)));
    }
    wait_until(async || metric(address, "rmcp_transport_requests_in_flight").await >= 3.0).await;
    let refused = post_at(address, &calling, &tool_call(4, TOOL, "{}")).await;
    assert_eq!(refused.status, 429, "{}", refused.head);

    // Responses that Redis has not confirmed, up to the byte limit.
    for _ in 0..100 {
        let request = post_json(&pinging.target, PING);
        posts.push(tokio::spawn(try_send(address, request)));
    }
    let ended = r#"rmcp_transport_sessions_closed_total{reason="slow_reader"}"#;
    wait_until(async || {
        assert!(metric(address, "rmcp_transport_queued_bytes").await <= 2000.0);
        metric(address, ended).await >= 1.0
    })
    .await;
    // No message was accepted without being stored: a response that arrived by now came from a
    // session that has ended.
    for post in posts.extract_if(.., |post| post.is_finished()) {
        let answer = post.await.unwrap();
        assert!(answer.is_none_or(|answer| answer.status != 202));
    }
    cluster.redis.resume().await;
    for post in posts {
        post.await.unwrap();
    }
    while pinging.event().await.is_some() {}
}

/// A 202 waits until Redis has confirmed the write, because an unconfirmed write may be lost.
#[tokio::test]
async fn unconfirmed_redis_commands_may_be_lost() {
    const COMMANDS: usize = 400;
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let value = "x".repeat(1000);
    let mut push = redis::cmd("RPUSH");
    let push = push.arg("list").arg(value).get_packed_command();
    let mut client = TcpStream::connect(("127.0.0.1", redis.port()))
        .await
        .unwrap();
    client.write_all(b"PING\r\n").await.unwrap();
    let mut pong = [0; 7];
    client.read_exact(&mut pong).await.unwrap();
    redis.pause().await;
    client.write_all(&push.repeat(COMMANDS)).await.unwrap();
    // The kernel does the same for a process that is killed.
    drop(client);
    redis.resume().await;
    let mut redis = redis.connection().await;
    // Wait until Redis has closed that client.
    let clients = redis::cmd("CLIENT").arg("LIST").to_owned();
    wait_until(async || {
        let clients: String = clients.query_async(&mut redis).await.unwrap();
        clients.lines().count() == 1
    })
    .await;
    let length = redis::cmd("LLEN").arg("list").to_owned();
    let run: usize = length.query_async(&mut redis).await.unwrap();
    assert!((1..COMMANDS).contains(&run), "{run}");
}

#[tokio::test]
async fn late_commit_is_ignored() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let redis = redis.connection().await;
    let script = redis::Script::new(include_str!(
        "../../../../cluster/src/sse/scripts/commit.lua"
    ));
    let commit = async |epoch: u64, number: u64, records: &[&str]| {
        let mut call = script.key("session");
        call.key("events").key("token").arg(epoch).arg("owner");
        call.arg(60_000).arg(number).arg(1).arg("taken:");
        for record in records {
            call.arg(record);
        }
        let reply: String = call.invoke_async(&mut redis.clone()).await.unwrap();
        reply
    };
    assert_eq!(commit(1, 1, &["event", "1", "a"]).await, "missing");
    let all = ["session", "id", "", "1", "event", "1", "a"];
    assert_eq!(commit(1, 2, &all).await, "ok");
    assert_eq!(commit(1, 3, &["event", "2", "b"]).await, "ok");
    assert_eq!(
        commit(1, 2, &["accepted", "7", "0", "7", "m"]).await,
        "superseded"
    );
    assert_eq!(commit(1, 3, &["event", "1", "a"]).await, "superseded");
    // Another owner takes the session, and its commit numbers start at 1 again.
    let mut taken = redis::cmd("HSET");
    taken.arg(&["session", "epoch", "2", "commit", "0"]);
    let () = taken.query_async(&mut redis.clone()).await.unwrap();
    assert_eq!(commit(2, 1, &["event", "3", "c"]).await, "ok");
    assert_eq!(commit(1, 4, &["event", "3", "d"]).await, "fenced");
    let last = redis::cmd("HMGET")
        .arg(&["session", "last", "pending"])
        .to_owned();
    let last: Vec<String> = last.query_async(&mut redis.clone()).await.unwrap();
    assert_eq!(last, ["3", "0"]);
}
