//! A master with a replica and a Sentinel: failover on command and after the death of the master.

use redis::aio::MultiplexedConnection;
use tokio::time::timeout;

use testkit::{DEADLINE, RedisServer, ServerProcess, SseSession};

use crate::cluster::redis_connection::{readiness, run_to_exit};

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

/// Replication begins at once.
const IMMEDIATE_REPLICATION: [&str; 2] = ["--repl-diskless-sync-delay", "0"];

async fn ask(connection: &mut MultiplexedConnection, words: &[&str]) -> Vec<Vec<String>> {
    let mut command = redis::cmd(words[0]);
    for word in &words[1..] {
        command.arg(word);
    }
    command.query_async(connection).await.unwrap()
}

/// Waits until the Sentinel has a replica that it could make the master.
async fn wait_for_replica(sentinel: &mut MultiplexedConnection) {
    let found = timeout(DEADLINE, async {
        loop {
            let replicas = ask(sentinel, &["SENTINEL", "replicas", "aare"]).await;
            let is_good = |replica: &Vec<String>| {
                let mut pairs = replica.chunks(2);
                let link = pairs.find(|pair| pair[0] == "master-link-status");
                let flags = replica.chunks(2).find(|pair| pair[0] == "flags");
                link.is_some_and(|pair| pair[1] == "ok")
                    && flags.is_some_and(|pair| pair[1] == "slave")
            };
            if replicas.iter().any(is_good) {
                return;
            }
        }
    });
    found.await.expect("the Sentinel finds no replica");
}

/// A master, its replica, and the Sentinel; `None` if redis-server is not
/// installed.
async fn start_sentinel_group() -> Option<(RedisServer, RedisServer, RedisServer)> {
    let master = RedisServer::start_with(&IMMEDIATE_REPLICATION).await?;
    let port = master.port().to_string();
    let of_master = [
        &IMMEDIATE_REPLICATION[..],
        &["--replicaof", "127.0.0.1", &port],
    ]
    .concat();
    let replica = RedisServer::start_with(&of_master).await?;
    let sentinel = RedisServer::sentinel(master.port()).await?;
    wait_for_replica(&mut sentinel.connection().await).await;
    Some((master, replica, sentinel))
}

async fn instance(sentinel: &RedisServer) -> ServerProcess {
    // Nothing listens at the second address.
    let port = sentinel.port();
    let url = format!("redis+sentinel://127.0.0.1:{port},127.0.0.1:1/aare");
    ServerProcess::start_with(&["serve", "--demo"], &[("REDIS_URL", &url)]).await
}

async fn sessions(redis: &RedisServer) -> usize {
    let keys = redis.keys().await;
    let is_session = |(key, _): &&(String, i64)| key.contains(":sse:session:");
    keys.iter().filter(is_session).count()
}

/// Asserts that the instance works with the new master.
async fn assert_works_with_master(
    server: &ServerProcess,
    before: &mut SseSession,
    master: &RedisServer,
) {
    assert_eq!(readiness(server).await.1["status"], "ok");
    assert_eq!(before.call(PING).await["id"], 7);
    let mut after = SseSession::initialized(server.address).await;
    assert_eq!(after.call(PING).await["id"], 7);
    // Includes the session that is older than the new master's role.
    let written = timeout(DEADLINE, async { while sessions(master).await < 2 {} });
    written.await.expect("the session is not stored again");
}

#[tokio::test]
async fn sentinel_failover_after_master_death_keeps_sessions() {
    let Some((mut master, replica, sentinel)) = start_sentinel_group().await else {
        return;
    };
    let mut server = instance(&sentinel).await;
    let mut session = SseSession::initialized(server.address).await;
    assert_eq!(sessions(&master).await, 1);
    master.stop().await;
    server.wait_for_log("connection to Redis lost").await;
    server.wait_for_log("connection to Redis established").await;
    assert_works_with_master(&server, &mut session, &replica).await;
}

#[tokio::test]
async fn sentinel_failover_on_command_keeps_sessions() {
    let Some((master, replica, sentinel)) = start_sentinel_group().await else {
        return;
    };
    let mut server = instance(&sentinel).await;
    let mut session = SseSession::initialized(server.address).await;
    assert_eq!(sessions(&master).await, 1);
    let mut sentinels = sentinel.connection().await;
    let mut failover = redis::cmd("SENTINEL");
    failover.arg("FAILOVER").arg("aare");
    let _: () = failover.query_async(&mut sentinels).await.unwrap();
    // After some seconds Sentinel demotes the former master to a replica.
    server.wait_for_log("connection to Redis lost").await;
    server.wait_for_log("connection to Redis established").await;
    assert_works_with_master(&server, &mut session, &replica).await;
}

#[tokio::test]
async fn sentinel_and_redis_urls_are_not_interchangeable() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let sentinel = RedisServer::sentinel(redis.port()).await.unwrap();
    let (code, errors) = run_to_exit(&["serve", "--demo"], &sentinel.url()).await;
    assert_eq!(code, Some(78), "{errors}");
    assert!(errors.contains("redis+sentinel://"), "{errors}");
    for url in [
        format!("redis+sentinel://127.0.0.1:{}/aare", redis.port()),
        format!("redis+sentinel://127.0.0.1:{}/rhine", sentinel.port()),
    ] {
        let (code, errors) = run_to_exit(&["serve", "--demo"], &url).await;
        assert_eq!(code, Some(78), "{errors}");
        assert!(errors.contains("REDIS_URL"), "{errors}");
    }
}
