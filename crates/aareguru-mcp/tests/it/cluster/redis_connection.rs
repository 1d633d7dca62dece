//! The connection to Redis: at startup, during a failure, and after recovery.

use std::{collections::BTreeSet, fs};

use serde_json::Value;
use tokio::net::TcpListener;

use testkit::{RedisServer, Scrape, ServerProcess, SseSession, get, post_json, program, send};

const PING: &str = r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#;

async fn start(redis: &RedisServer, more: &[&str]) -> ServerProcess {
    let arguments = [&["serve", "--demo"], more].concat();
    ServerProcess::start_with(&arguments, &[("REDIS_URL", &redis.url())]).await
}

/// Returns the status of `/health/ready`, and its part about Redis.
pub(crate) async fn readiness(server: &ServerProcess) -> (u16, Value) {
    let answer = send(server.address, get("/health/ready")).await;
    let report: Value = serde_json::from_str(&answer.body).unwrap();
    let parts = report["parts"].as_array().unwrap();
    let part = parts.iter().find(|part| part["name"] == "redis");
    (answer.status, part.cloned().unwrap_or_default())
}

/// Runs the program until it exits; returns the exit code and standard error.
pub(crate) async fn run_to_exit(arguments: &[&str], url: &str) -> (Option<i32>, String) {
    let output = program()
        .args(arguments)
        .args(["--env-file", "/dev/null"])
        .env("REDIS_URL", url)
        .env("HTTP_PORT", "0")
        .output()
        .await
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), errors)
}

#[tokio::test]
async fn unreachable_redis_fails_at_startup() {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    redis.stop().await;
    let url = redis.url().replace("://", "://user:hunter2@");
    let (code, errors) = run_to_exit(&["serve", "--demo"], &url).await;
    // The failure may be temporary, so a supervisor should restart the program.
    assert_eq!(code, Some(1), "{errors}");
    let address = format!("127.0.0.1:{}", redis.port());
    assert!(errors.contains(&address), "{errors}");
    assert!(errors.contains("REDIS_WAIT=true"), "{errors}");
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[tokio::test]
async fn wrong_redis_password_is_a_configuration_error() {
    let Some(redis) = RedisServer::start_with(&["--requirepass", "swordfish"]).await else {
        return;
    };
    for url in [redis.url(), redis.url().replace("://", "://:hunter2@")] {
        for wait in ["--redis-wait=false", "--redis-wait=true"] {
            let (code, errors) = run_to_exit(&["serve", "--demo", wait], &url).await;
            assert_eq!(code, Some(78), "{errors}");
            assert!(errors.contains("REDIS_URL"), "{errors}");
            assert!(!errors.contains("hunter2"), "{errors}");
        }
    }
    let url = redis.url().replace("://", "://:swordfish@");
    let server = ServerProcess::start_with(&["serve", "--demo"], &[("REDIS_URL", &url)]).await;
    assert_eq!(readiness(&server).await.0, 200);
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    assert!(!logs.contains("swordfish"), "{logs}");
}

#[tokio::test]
async fn invalid_redis_url_is_rejected_without_being_shown() {
    let url = "http://user:hunter2@redis.example";
    for command in ["check-config", "serve"] {
        let (code, errors) = run_to_exit(&[command, "--demo"], url).await;
        assert_eq!(code, Some(78), "{errors}");
        assert!(errors.contains("REDIS_URL"), "{errors}");
        assert!(errors.contains("redis://HOST:6379"), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}

#[tokio::test]
async fn redis_cluster_is_rejected_at_startup() {
    let url = "rediss+cluster://user:hunter2@one:6379,two:6379";
    // The default port of the cluster bus may not exist.
    let bus = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus];
    let Some(redis) = RedisServer::start_with(&cluster).await else {
        return;
    };
    for (command, url) in [
        ("check-config", url),
        ("serve", url),
        ("serve", &redis.url()),
    ] {
        let (code, errors) = run_to_exit(&[command, "--demo"], url).await;
        assert_eq!(code, Some(78), "{errors}");
        assert!(errors.contains("REDIS_URL"), "{errors}");
        assert!(errors.contains("Redis Cluster"), "{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
}

#[tokio::test]
async fn redis_wait_starts_and_becomes_ready_with_redis() {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    redis.stop().await;
    let mut server = start(&redis, &["--redis-wait"]).await;
    let (status, part) = readiness(&server).await;
    assert_eq!((status, &part["status"]), (503, &"not_ready".into()));
    assert_eq!(send(server.address, get("/health")).await.status, 200);
    redis.start_again().await;
    server.wait_for_log("connection to Redis established").await;
    let (status, part) = readiness(&server).await;
    assert_eq!((status, &part["status"]), (200, &"ok".into()));
    let mut session = SseSession::initialized(server.address).await;
    session.call_tool(1, "get_current_temperature", "{}").await;
    for (key, seconds_left) in redis.keys().await {
        assert!(key.starts_with("aareguru-mcp:"), "{key}");
        assert!(seconds_left != -1, "{key} has no expiry");
    }
}

#[tokio::test]
async fn sessions_continue_while_redis_is_unavailable() {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    let mut server = start(&redis, &["--redis-timeout-milliseconds", "300"]).await;
    let mut session = SseSession::initialized(server.address).await;
    for silent in [false, true] {
        if silent {
            redis.pause().await;
        } else {
            redis.stop().await;
        }
        server.wait_for_log("connection to Redis lost").await;
        let (status, part) = readiness(&server).await;
        assert_eq!((status, &part["status"]), (200, &"degraded".into()));
        assert_eq!(session.call(PING).await["id"], 7);
        let numbers = Scrape::of(server.address).await;
        assert_eq!(numbers.value("aareguru_mcp_redis_connected"), 0.0);
        if silent {
            redis.resume().await;
        } else {
            redis.start_again().await;
        }
        server.wait_for_log("connection to Redis established").await;
        assert_eq!(readiness(&server).await.1["status"], "ok");
        assert_eq!(session.call(PING).await["id"], 7);
    }
    let numbers = Scrape::of(server.address).await;
    assert_eq!(numbers.value("aareguru_mcp_redis_connected"), 1.0);
    assert!(numbers.value("aareguru_mcp_redis_connections_total") >= 3.0);
}

#[tokio::test]
async fn redis_is_absent_from_health_and_metrics_without_its_url() {
    let server = ServerProcess::demo().await;
    let (status, part) = readiness(&server).await;
    assert_eq!((status, part), (200, Value::Null));
    let text = send(server.address, get("/metrics")).await.body;
    assert!(!text.contains("redis"), "{text}");
}

/// Returns the local TCP ports of the sockets of a process.
fn ports(process_id: u32) -> BTreeSet<u16> {
    let sockets: BTreeSet<_> = fs::read_dir(format!("/proc/{process_id}/fd"))
        .unwrap()
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter_map(|link| {
            let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            Some(inode.to_owned())
        })
        .collect();
    let tables = ["tcp", "tcp6"].map(|name| format!("/proc/{process_id}/net/{name}"));
    let tables = tables.map(|table| fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines().skip(1));
    let of_process = lines.filter_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        let (_, port) = words[1].rsplit_once(':')?;
        let is_of_process = sockets.contains(words[9]);
        is_of_process.then(|| u16::from_str_radix(port, 16).unwrap())
    });
    of_process.collect()
}

#[tokio::test]
async fn server_without_redis_url_opens_no_redis_connection() {
    let alone = ServerProcess::start(&["serve", "--demo"]).await;
    let mut session = SseSession::initialized(alone.address).await;
    session.call_tool(1, "get_current_temperature", "{}").await;
    let unknown = "/messages?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";
    let answer = send(alone.address, post_json(unknown, PING)).await;
    assert_eq!(answer.status, 404);
    // All sockets are on the server's port: it has opened no connection.
    if cfg!(target_os = "linux") {
        assert_eq!(ports(alone.process_id()), [alone.address.port()].into());
    }

    let families = |text: &str| -> BTreeSet<String> {
        let words = ["redis", "relay", "lease", "handed_over", "fenced"];
        let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let names = names.filter_map(|line| Some(line.split_once(' ')?.0.to_owned()));
        names
            .filter(|name| words.iter().any(|word| name.contains(word)))
            .collect()
    };
    let text = |address| async move { Scrape::of(address).await.text };
    let of_alone = families(&text(alone.address).await);
    assert!(of_alone.is_empty(), "{of_alone:?}");

    // With Redis, there are both.
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let one_of_many = start(&redis, &[]).await;
    if cfg!(target_os = "linux") {
        assert!(ports(one_of_many.process_id()).len() > 1);
    }
    assert!(families(&text(one_of_many.address).await).len() > 5);
}
