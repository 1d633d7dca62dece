//! A Streamable HTTP connection breaks, or its instance dies, and the client reconnects to another
//! instance.

use std::{net::SocketAddr, path::Path};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    process::Command,
    time::timeout,
};

use testkit::{
    DEADLINE, HttpResponse, MockResponse, MockUpstream, RedisServer, ServerCluster, exchange,
    metric,
    recordings::CURRENT_BERN,
    streamable::{get, in_session, message, open},
    tool_call, with_header,
};

use crate::{
    cluster::shared_state::{instance, publish_measurement, subscribe},
    transport::interop::{MACHINE, is_set_up},
};

const TOOL: &str = "get_current_temperature";

/// A response that is still arriving.
struct PendingResponse {
    stream: TcpStream,
    read: String,
}

impl PendingResponse {
    async fn begin(address: SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = String::new();
        Self { stream, read }
    }

    /// Waits for a line with this prefix and returns the rest of it.
    async fn line(&mut self, start: &str) -> String {
        let line = timeout(DEADLINE, async {
            loop {
                let whole = self.read.rfind('\n').unwrap_or(0);
                let mut lines = self.read[..whole].lines();
                if let Some(rest) = lines.find_map(|line| line.strip_prefix(start)) {
                    return rest.to_owned();
                }
                let mut chunk = [0; 4096];
                let count = self.stream.read(&mut chunk).await.unwrap();
                assert!(count > 0, "it has ended: {}", self.read);
                self.read
                    .push_str(std::str::from_utf8(&chunk[..count]).unwrap());
            }
        });
        let line = line.await;
        line.unwrap_or_else(|_| panic!("no {start} in {}", self.read))
    }
}

fn call(session: &str, id: u32) -> String {
    in_session(&message(&tool_call(id, TOOL, "{}")), session)
}

fn resume(session: &str, last_event_id: &str) -> String {
    with_header(&get(session), &format!("Last-Event-ID: {last_event_id}"))
}

fn assert_bern(answer: &Value, id: u32) {
    assert_eq!(answer["id"], id, "{answer}");
    let structured = &answer["result"]["structuredContent"];
    assert_eq!(structured["city"], "bern", "{answer}");
}

async fn start_held(instances: usize) -> Option<ServerCluster> {
    let current = MockResponse::Recordings.held();
    ServerCluster::start(instances, MockResponse::at([("current", current)])).await
}

/// Waits until Redis has stored the response to a call.
async fn wait_until_stored(cluster: &ServerCluster) {
    let wait_until_stored = async {
        let is_answer = |(key, _): &(String, i64)| key.contains(":mcp:events:");
        while !cluster.redis.keys().await.iter().any(is_answer) {}
    };
    timeout(DEADLINE, wait_until_stored)
        .await
        .expect("nothing is stored");
}

/// Begins call 7 at the first instance and disconnects before its response. Returns the session and
/// the id of the last event.
async fn begin_and_cut_call(cluster: &ServerCluster) -> (String, String) {
    let session = open(cluster.address(0)).await;
    let mut cut = PendingResponse::begin(cluster.address(0), &call(&session, 7)).await;
    let last = cut.line("id: ").await;
    (session, last)
}

#[tokio::test]
async fn cut_response_is_resumed_at_another_instance_after_a_kill() {
    let Some(cluster) = start_held(2).await else {
        return;
    };
    let (session, last) = begin_and_cut_call(&cluster).await;
    cluster.upstream.release();
    wait_until_stored(&cluster).await;
    cluster.kill(0).await;
    // The response can be resumed repeatedly.
    for _ in 0..2 {
        let answer = exchange(cluster.address(1), &resume(&session, &last)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_bern(&answer.message(), 7);
    }
    for (key, seconds_left) in cluster.redis.keys().await {
        assert!(seconds_left != -1, "{key} has no expiry");
        assert!(!key.contains(&session), "{key} reveals the session id");
    }
}

#[tokio::test]
async fn pending_response_is_resumed_at_another_instance() {
    let Some(cluster) = start_held(2).await else {
        return;
    };
    let (session, last) = begin_and_cut_call(&cluster).await;
    cluster.upstream.first_request().await;
    let mut resumed = PendingResponse::begin(cluster.address(1), &resume(&session, &last)).await;
    resumed.line("content-type: text/event-stream").await;
    cluster.upstream.release();
    let data = resumed.line("data: ").await;
    assert_bern(&serde_json::from_str(&data).unwrap(), 7);
    // No second request was sent to the API.
    assert_eq!(cluster.upstream.request_count(), 1);
}

#[tokio::test]
async fn call_of_a_killed_instance_is_run_again_by_the_next() {
    let Some(cluster) = start_held(3).await else {
        return;
    };
    let session = open(cluster.address(0)).await;
    let mut cut = PendingResponse::begin(cluster.address(0), &call(&session, 7)).await;
    let last = cut.line("id: ").await;
    cluster.upstream.first_request().await;
    cluster.kill(0).await;
    // Once the lease has expired.
    let mut second = PendingResponse::begin(cluster.address(1), &resume(&session, &last)).await;
    let next = second.line("id: ").await;
    assert_ne!(next, last);
    // That stream is cut too, and the client resumes with either id.
    drop(second);
    cluster.upstream.release();
    for last in [&last, &next] {
        let answer = exchange(cluster.address(2), &resume(&session, last)).await;
        assert_bern(answer.messages().last().unwrap(), 7);
    }
}

/// Forwards connections to the instances in round robin, skipping one that has died.
async fn start_round_robin_proxy(instances: Vec<SocketAddr>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for turn in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut instances = instances.clone();
            tokio::spawn(async move {
                let first = turn % instances.len();
                instances.rotate_left(first);
                for instance in instances {
                    if let Ok(mut instance) = TcpStream::connect(instance).await {
                        let _ = copy_bidirectional(&mut client, &mut instance).await;
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn typescript_client_resumes_after_its_instance_is_killed() {
    if !is_set_up().await {
        return;
    }
    let Some(cluster) = start_held(2).await else {
        return;
    };
    let address = start_round_robin_proxy(vec![cluster.address(0), cluster.address(1)]).await;
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop/run");
    let _machine = MACHINE.lock().await;
    let mut command = Command::new(&run);
    let client = command
        .args(["--no-setup", "--only", "typescript-resume"])
        .arg(format!("http://{address}"))
        .output();
    let kill = async {
        cluster.upstream.first_request().await;
        let running = "aareguru_mcp_streamable_requests_in_flight";
        let runs = metric(cluster.address(0), running).await >= 1.0;
        cluster.kill(if runs { 0 } else { 1 }).await;
        cluster.upstream.release();
        runs
    };
    let (output, first_ran) = tokio::join!(client, kill);
    let output = output.unwrap();
    let lines = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(lines.contains("1 passed, 0 failed"), "{lines}\n{errors}");
    let other = cluster.address(usize::from(first_ran));
    let again = "aareguru_mcp_streamable_calls_run_again_total";
    assert_eq!(metric(other, again).await, 1.0);
}

#[tokio::test]
async fn resume_with_another_session_returns_no_response() {
    let Some(cluster) = start_held(2).await else {
        return;
    };
    cluster.upstream.release();
    let session = open(cluster.address(0)).await;
    let other = open(cluster.address(0)).await;
    let answer = exchange(cluster.address(0), &call(&session, 7)).await;
    assert_bern(answer.messages().last().unwrap(), 7);
    let mut ids = answer
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("id: "));
    let first = ids.next().unwrap();
    for address in [cluster.address(0), cluster.address(1)] {
        for (session, id) in [
            (&other, first),
            (&session, "1-0/3db2eaa6-7e98-49b6-bf97-3c6bb5c88bc5"),
            (&session, "garbage"),
        ] {
            let nothing = exchange(address, &resume(session, id)).await;
            assert_eq!((nothing.status, nothing.messages()), (200, vec![]));
        }
        let again = exchange(address, &resume(&session, first)).await;
        assert_bern(&again.message(), 7);
    }
}

async fn call_with_upstream_failure(
    cluster: &ServerCluster,
    instance: usize,
    session: &str,
) -> HttpResponse {
    cluster.upstream.reply(MockResponse::status(503));
    let reply = exchange(cluster.address(instance), &call(session, 7)).await;
    cluster.upstream.reply(MockResponse::Recordings);
    reply
}

#[tokio::test]
async fn notifications_are_replayed_at_another_instance() {
    let arguments = ["--aareguru-retries", "0"];
    let reply = MockResponse::Recordings;
    let Some(cluster) = ServerCluster::start_with(2, reply, &arguments).await else {
        return;
    };
    let session = open(cluster.address(0)).await;
    let level = json!({
        "jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": {"level": "debug"},
    });
    let level = in_session(&message(&level.to_string()), &session);
    assert_eq!(exchange(cluster.address(0), &level).await.status, 200);
    // No stream is open yet.
    call_with_upstream_failure(&cluster, 0, &session).await;
    let mut first = PendingResponse::begin(cluster.address(0), &get(&session)).await;
    let last = first.line("id: ").await;
    let notification = first.line("data: ").await;
    assert!(
        notification.contains("notifications/message"),
        "{notification}"
    );
    drop(first);
    // A successful call sends no notification; the next failure does.
    assert_bern(
        exchange(cluster.address(0), &call(&session, 8))
            .await
            .messages()
            .last()
            .unwrap(),
        8,
    );
    call_with_upstream_failure(&cluster, 0, &session).await;
    cluster.kill(0).await;
    let mut second = PendingResponse::begin(cluster.address(1), &resume(&session, &last)).await;
    let notification = second.line("data: ").await;
    assert!(
        notification.contains("notifications/message"),
        "{notification}"
    );
    assert_ne!(second.line("id: ").await, last);
}

#[tokio::test]
async fn subscription_notifies_the_instance_of_the_listening_stream() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let current = MockResponse::text(CURRENT_BERN);
    let upstream = MockUpstream::start(current).await;
    let mut instances = Vec::new();
    for _ in 0..3 {
        instances.push(instance(&redis, &upstream).await);
    }
    let [first, second, third] = instances[..] else {
        unreachable!()
    };
    // One session opens its stream before it subscribes, the other after.
    let (early, late) = (open(first).await, open(first).await);
    let mut streams = vec![PendingResponse::begin(second, &get(&early)).await];
    streams[0].line("content-type: text/event-stream").await;
    for session in [&early, &late] {
        let request = in_session(&message(&subscribe("aareguru://current/bern")), session);
        let answer = exchange(first, &request).await;
        assert_eq!(answer.messages().last().unwrap()["result"], json!({}));
    }
    let mut stream = PendingResponse::begin(second, &get(&late)).await;
    stream.line("content-type: text/event-stream").await;
    streams.push(stream);
    publish_measurement(&upstream).await;
    for stream in &mut streams {
        let notification = stream.line("data: ").await;
        assert!(
            notification.contains("notifications/resources/updated"),
            "{notification}"
        );
    }
    // A client that resumes elsewhere may have missed an update.
    let last = streams[1].line("id: ").await;
    let mut moved = PendingResponse::begin(third, &resume(&late, &last)).await;
    let notification = moved.line("data: ").await;
    assert!(
        notification.contains("aareguru://current/bern"),
        "{notification}"
    );
}

#[tokio::test]
async fn cancellation_reaches_the_instance_running_the_call() {
    let Some(cluster) = start_held(2).await else {
        return;
    };
    let session = open(cluster.address(0)).await;
    let request = call(&session, 7);
    let running = exchange(cluster.address(0), &request);
    let cancel = async {
        cluster.upstream.first_request().await;
        let cancelled = json!({
            "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7},
        });
        let cancelled = in_session(&message(&cancelled.to_string()), &session);
        assert_eq!(exchange(cluster.address(1), &cancelled).await.status, 202);
    };
    let (answer, ()) = tokio::join!(running, cancel);
    assert_eq!((answer.status, answer.messages()), (200, vec![]));
}
