//! A POST to an instance that does not own the session.

use std::{net::SocketAddr, time::Duration};

use redis::{
    AsyncCommands,
    aio::MultiplexedConnection,
    streams::{StreamReadOptions, StreamReadReply},
};

use testkit::{
    ALICE, BOB, INITIALIZE, MockResponse, ServerCluster, SseSession, get, metric, post, post_json,
    send, tool_call, try_resume, wait_until, with_header, with_key,
};

const TOOL: &str = "get_current_temperature";
const NOTIFICATION: &str = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#;
const UNKNOWN: &str = "/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Returns a POST to the session by way of another address.
fn post_via(session: &SseSession, address: SocketAddr, message: &str) -> (SocketAddr, String) {
    (address, post_json(&session.target, message))
}

#[tokio::test]
async fn any_instance_relays_messages_to_the_session_owner() {
    let Some(cluster) = ServerCluster::start(3, MockResponse::Recordings).await else {
        return;
    };
    let mut session = SseSession::open(cluster.address(0)).await;
    session.address = cluster.address(1);
    session.initialize("2025-11-25").await;
    for id in 1..30 {
        session.address = cluster.address(id as usize % 3);
        let answer = session.call_tool(id, TOOL, "{}").await;
        assert_eq!(answer["id"], id);
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
    let accepted = r#"aareguru_mcp_relayed_messages_total{outcome="accepted"}"#;
    // Includes `initialize` and `notifications/initialized`.
    assert_eq!(metric(cluster.address(1), accepted).await, 12.0);
    assert_eq!(metric(cluster.address(2), accepted).await, 10.0);
    assert_eq!(metric(cluster.address(0), accepted).await, 0.0);
}

#[tokio::test]
async fn relayed_messages_are_rejected_like_direct_ones() {
    let bounds = [
        "--sse-max-in-flight",
        "2",
        "--max-request-body-bytes",
        "2000",
    ];
    let Some(cluster) =
        ServerCluster::start_with(2, MockResponse::Recordings.held(), &bounds).await
    else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    // Each instance accepts one call, and both run at the owner.
    for (id, instance) in [(5, 0), (6, 1)] {
        let (address, request) = post_via(
            &session,
            cluster.address(instance),
            &tool_call(id, TOOL, "{}"),
        );
        assert_eq!(send(address, request).await.status, 202);
    }
    let target = &session.target;
    let long = format!("{:2001}", "");
    let requests = [
        (202, post_json(target, NOTIFICATION)),
        (429, post_json(target, &tool_call(7, TOOL, "{}"))),
        (400, post_json(target, &tool_call(5, TOOL, "{}"))),
        (400, post_json(target, "nonsense")),
        (400, post(target, "Content-Type: text/plain\r\n", PING)),
        (400, post_json("/messages", PING)),
        (400, post_json("/messages?session_id=1", PING)),
        (413, post_json(target, &long)),
        (413, post_json(UNKNOWN, &long)),
        (404, post_json(UNKNOWN, PING)),
    ];
    for (status, request) in requests {
        let at_owner = send(cluster.address(0), &request).await;
        let elsewhere = send(cluster.address(1), &request).await;
        assert_eq!(at_owner.status, status, "{request}");
        assert_eq!(elsewhere.status, status, "{request}");
        assert_eq!(elsewhere.body, at_owner.body);
        let retry_after = |head: &str| {
            head.lines()
                .find(|l| l.starts_with("retry-after"))
                .map(str::to_owned)
        };
        assert_eq!(retry_after(&elsewhere.head), retry_after(&at_owner.head));
    }
    cluster.upstream.release();
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(session.message().await["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, [5, 6]);
}

#[tokio::test]
async fn message_for_a_dead_owner_waits_for_the_next_owner() {
    let Some(cluster) = ServerCluster::start(3, MockResponse::Recordings).await else {
        return;
    };
    let session = SseSession::initialized(cluster.address(0)).await;
    let last = session.last_event_id.clone().unwrap();
    cluster.kill(0).await;
    // Until its lease expires the owner counts as alive, and no message is accepted.
    let (address, request) = post_via(&session, cluster.address(1), &tool_call(5, TOOL, "{}"));
    loop {
        let answer = send(address, &request).await;
        if answer.status == 202 {
            break;
        }
        assert_eq!(answer.status, 503);
        assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    }
    // A repeated POST is a duplicate.
    assert_eq!(send(address, &request).await.status, 400);
    let mut moved = try_resume(cluster.address(2), &last).await.unwrap();
    assert_eq!(moved.target, session.target);
    assert_eq!(moved.message().await["id"], 5);
    moved.address = cluster.address(1);
    assert_eq!(moved.call(PING).await["id"], 1);
}

#[tokio::test]
async fn message_not_accepted_by_a_stopped_owner_is_withdrawn() {
    let Some(cluster) = ServerCluster::start(2, MockResponse::Recordings).await else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    cluster.instances[0].signal("STOP").await;
    let (address, request) = post_via(&session, cluster.address(1), &tool_call(5, TOOL, "{}"));
    let answer = send(address, &request).await;
    cluster.instances[0].signal("CONT").await;
    if answer.status == 202 {
        // On a slow machine the lease has expired meanwhile, and the message waits for the next
        // owner.
        let last = session.last_event_id.clone().unwrap();
        let mut moved = try_resume(cluster.address(1), &last).await.unwrap();
        assert_eq!(moved.message().await["id"], 5);
        return;
    }
    assert_eq!(answer.status, 503);
    // A rejected call gets no response; an accepted one gets exactly one.
    session.address = cluster.address(1);
    let answer = session.call_tool(6, TOOL, "{}").await;
    assert_eq!(answer["id"], 6);
    let ping = tokio::time::timeout(Duration::from_secs(20), session.call(PING));
    assert_eq!(ping.await.unwrap()["id"], 1);
}

/// Waits until a stream in Redis has an entry.
async fn wait_until_not_empty(redis: &MultiplexedConnection, stream: &str) {
    wait_until(async || {
        let length: usize = redis.clone().xlen(stream).await.unwrap();
        length > 0
    })
    .await;
}

/// An instance that the test impersonates and makes the owner of a session.
struct ImpersonatedInstance {
    redis: MultiplexedConnection,
    session: String,
    owner: String,
}

impl ImpersonatedInstance {
    const NAME: &str = "played";

    async fn replace_owner(cluster: &ServerCluster, session: &SseSession) -> Self {
        let mut redis = cluster.redis.connection().await;
        let id = session.target.split_once('=').unwrap().1;
        let session = format!("aareguru-mcp:sse:session:{id}");
        let owner: String = redis.hget(&session, "owner").await.unwrap();
        let () = redis.hset(&session, "owner", Self::NAME).await.unwrap();
        let lease = format!("aareguru-mcp:sse:instance:{}", Self::NAME);
        let () = redis.set_ex(lease, "1", 60).await.unwrap();
        Self {
            redis,
            session,
            owner,
        }
    }

    /// Takes the first message from its inbox; returns the delivery id and the sender.
    async fn take_message(&mut self) -> (String, String) {
        let inbox = format!("aareguru-mcp:sse:inbox:{}", Self::NAME);
        let options = StreamReadOptions::default().block(20_000);
        let entry: StreamReadReply = self
            .redis
            .xread_options(&[&inbox], &["0"], &options)
            .await
            .unwrap();
        let entry = &entry.keys[0].ids[0];
        let field = |name: &str| entry.get::<String>(name).unwrap();
        let (delivery, from) = (field("relay"), field("from"));
        assert_eq!(field("attempt"), "1");
        let copy = format!("aareguru-mcp:sse:relay:{delivery}.1");
        let message: String = self.redis.get_del(copy).await.unwrap();
        assert!(message.contains(TOOL), "{message}");
        (delivery, from)
    }

    /// Restores the owner, and waits until the message was sent to it.
    async fn restore_owner(&mut self) {
        let () = self
            .redis
            .hset(&self.session, "owner", &self.owner)
            .await
            .unwrap();
        let inbox = format!("aareguru-mcp:sse:inbox:{}", self.owner);
        wait_until_not_empty(&self.redis, &inbox).await;
    }

    async fn reject(&mut self, delivery: &str, from: &str) {
        let inbox = format!("aareguru-mcp:sse:inbox:{from}");
        let entry = [
            ("reply", delivery),
            ("attempt", "1"),
            ("result", "shutting_down"),
        ];
        let _: String = self.redis.xadd(inbox, "*", &entry).await.unwrap();
    }
}

#[tokio::test]
async fn reply_of_a_former_owner_is_ignored() {
    let Some(cluster) = ServerCluster::start(2, MockResponse::Recordings).await else {
        return;
    };
    let mut session = SseSession::initialized(cluster.address(0)).await;
    let mut former = ImpersonatedInstance::replace_owner(&cluster, &session).await;
    cluster.instances[0].signal("STOP").await;
    let (address, request) = post_via(&session, cluster.address(1), &tool_call(5, TOOL, "{}"));
    let posted = tokio::spawn(async move { send(address, request).await.status });
    let (delivery, from) = former.take_message().await;
    former.restore_owner().await;
    former.reject(&delivery, &from).await;
    cluster.instances[0].signal("CONT").await;
    // On a slow machine the message may have been withdrawn.
    match posted.await.unwrap() {
        202 => assert_eq!(session.message().await["id"], 5),
        status => assert_eq!(status, 503),
    }
    session.address = cluster.address(1);
    assert_eq!(session.call(PING).await["id"], 1);
}

#[tokio::test]
async fn message_of_unknown_outcome_returns_504() {
    let Some(mut cluster) = ServerCluster::start(2, MockResponse::Recordings).await else {
        return;
    };
    let session = SseSession::initialized(cluster.address(0)).await;
    let mut owner = ImpersonatedInstance::replace_owner(&cluster, &session).await;
    let (address, request) = post_via(&session, cluster.address(1), &tool_call(5, TOOL, "{}"));
    let posted = tokio::spawn(async move { send(address, request).await });
    owner.take_message().await;
    cluster.redis.stop().await;
    let answer = posted.await.unwrap();
    assert_eq!(
        (answer.status, &*answer.body),
        (504, "Message may have been taken")
    );
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
}

#[tokio::test]
async fn unaccepted_message_is_withdrawn_over_a_new_redis_connection() {
    let Some(cluster) = ServerCluster::start(2, MockResponse::Recordings).await else {
        return;
    };
    let session = SseSession::initialized(cluster.address(0)).await;
    let mut owner = ImpersonatedInstance::replace_owner(&cluster, &session).await;
    let (address, request) = post_via(&session, cluster.address(1), &tool_call(5, TOOL, "{}"));
    let posted = tokio::spawn(async move { send(address, request).await.status });
    let inbox = format!("aareguru-mcp:sse:inbox:{}", ImpersonatedInstance::NAME);
    wait_until_not_empty(&owner.redis, &inbox).await;
    let mut cut = redis::cmd("CLIENT");
    cut.arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]);
    let _: usize = cut.query_async(&mut owner.redis).await.unwrap();
    assert_eq!(posted.await.unwrap(), 503);
    let copies: Vec<String> = owner.redis.keys("aareguru-mcp:sse:relay:*").await.unwrap();
    assert!(copies.is_empty(), "{copies:?}");
}

#[tokio::test]
async fn session_of_another_key_returns_404_at_every_instance() {
    let keys = format!("alice:{ALICE},bob:{BOB}");
    let Some(cluster) =
        ServerCluster::start_with(2, MockResponse::Recordings, &["--api-keys", &keys]).await
    else {
        return;
    };
    let alice = with_key(&get("/sse"), ALICE);
    let mut session = SseSession::open_with(cluster.address(0), alice.clone()).await;
    for instance in [0, 1] {
        let initialize = post_json(&session.target, INITIALIZE);
        let answer = send(cluster.address(instance), with_key(&initialize, BOB)).await;
        assert_eq!(answer.status, 404);
        let answer = send(cluster.address(instance), with_key(&initialize, ALICE)).await;
        assert_eq!(answer.status, 202);
        session.message().await;
    }
    let last = format!("Last-Event-ID: {}", session.last_event_id.clone().unwrap());
    let bob = with_header(&with_key(&get("/sse"), BOB), &last);
    let of_bob = SseSession::open_with(cluster.address(1), bob).await;
    assert_ne!(of_bob.target, session.target);
    let back = SseSession::open_with(cluster.address(1), with_header(&alice, &last)).await;
    assert_eq!(back.target, session.target);
    // Redis contains no key.
    let id = session.target.split_once('=').unwrap().1;
    let mut redis = cluster.redis.connection().await;
    let mut all = redis::cmd("HVALS");
    all.arg(format!("aareguru-mcp:sse:session:{id}"));
    let kept: Vec<String> = all.query_async(&mut redis).await.unwrap();
    let kept = kept.join("\n");
    assert!(kept.contains("alice"), "{kept}");
    assert!(!kept.contains(ALICE), "{kept}");
}
