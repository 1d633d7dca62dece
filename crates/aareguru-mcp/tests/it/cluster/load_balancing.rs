//! Three instances behind a real nginx with round robin, as configured by
//! `deploy/compose.redis.yaml`: consecutive requests of a client reach different instances.
//!
//! `CLUSTER_TEST=long` runs more rounds.

use std::{
    env,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{process::Command, time::sleep};

use testkit::{
    Nginx, RedisServer, Scrape, ServerProcess, SseSession, exchange, report,
    streamable::{in_session, initialize, message},
    tool_call, wait_until,
};

use crate::transport::interop::{MACHINE, is_set_up};

const INSTANCES: usize = 3;
const TOOL: &str = "get_current_temperature";

/// Whether `CLUSTER_TEST` requests the long run.
pub(crate) fn is_long() -> bool {
    env::var("CLUSTER_TEST").as_deref() == Ok("long")
}

struct LoadBalancedCluster {
    nginx: Nginx,
    redis: RedisServer,
    servers: Vec<ServerProcess>,
}

impl LoadBalancedCluster {
    /// `None` if nginx or redis-server is not installed.
    async fn start(name: &str) -> Option<Self> {
        let redis = RedisServer::start().await?;
        let mut servers = Vec::new();
        for _ in 0..INSTANCES {
            servers.push(launch(&redis, 0).await);
        }
        let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
        let nginx = Nginx::before(name, &addresses, |shipped| {
            crate::project::deploy::without_stickiness(&shipped)
        })
        .await?;
        Some(Self {
            nginx,
            redis,
            servers,
        })
    }

    /// Asserts that each instance has served requests.
    async fn assert_all_instances_served(&self) {
        for server in &self.servers {
            let has_served = has_served_messages(server.address).await;
            assert!(has_served, "{} served no message", server.address);
        }
    }
}

/// Returns whether an instance has served a message.
pub(crate) async fn has_served_messages(instance: SocketAddr) -> bool {
    let numbers = Scrape::of(instance).await;
    let requests = numbers.metrics.get("aareguru_mcp_http_requests_total");
    let mut series = requests.iter().flat_map(|metric| &metric.series);
    series.any(|(name, count)| {
        let is_message = name.contains("\"/messages\"") || name.contains("\"/mcp\"");
        is_message && name.contains("\"2xx\"") && *count > 0.0
    })
}

async fn launch(redis: &RedisServer, port: u16) -> ServerProcess {
    let url = redis.url();
    let port = port.to_string();
    let arguments = ["serve", "--demo", "--redis-url", &url, "--http-port", &port];
    // A log that nobody reads would block the program.
    let more = ["--rate-limit-per-minute", "0", "--log-level", "error"];
    ServerProcess::start(&[&arguments[..], &more].concat()).await
}

/// Returns a request id that no other session uses.
fn call_number(session: u32, call: u32) -> u32 {
    session * 1000 + call
}

#[tokio::test]
async fn sessions_behind_nginx_use_all_instances() {
    let Some(balanced) = LoadBalancedCluster::start("balanced").await else {
        return;
    };
    let nginx = balanced.nginx.address;
    let _machine = MACHINE.lock().await;
    let calls = if is_long() { 50 } else { 5 };
    let sse = move |number: u32| async move {
        let mut session = SseSession::initialized(nginx).await;
        for call in 0..calls {
            let id = call_number(number, call);
            let answer = session.call_tool(id, TOOL, "{}").await;
            assert_eq!(answer["id"], id, "the response of another call");
        }
    };
    let streamable = move |number: u32| async move {
        let opened = exchange(nginx, &initialize("2025-11-25")).await;
        let session = opened.header("mcp-session-id").unwrap().to_owned();
        for call in 0..calls {
            let id = call_number(number, call);
            let request = message(&tool_call(id, TOOL, "{}"));
            let answer = exchange(nginx, &in_session(&request, &session)).await;
            assert_eq!(answer.message()["id"], id, "{answer:?}");
        }
    };
    let start = Instant::now();
    for tens in 0..10 {
        let numbers = || tens * 20 + 1..;
        let some = join_all(numbers().take(10).map(sse));
        let others = join_all(numbers().skip(10).take(10).map(streamable));
        tokio::join!(some, others);
    }
    let seconds = start.elapsed().as_secs_f64();
    report(&format!(
        "200 sessions, {} calls without stickiness, all answered, in {seconds:.1} s",
        200 * calls
    ));
    balanced.assert_all_instances_served().await;
    for (key, seconds_left) in balanced.redis.keys().await {
        assert_ne!(seconds_left, -1, "{key} has no expiry");
    }
}

#[tokio::test]
async fn interop_clients_without_sticky_routing_pass() {
    if !is_set_up().await {
        return;
    }
    let Some(balanced) = LoadBalancedCluster::start("balanced-clients").await else {
        return;
    };
    let _machine = MACHINE.lock().await;
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../interop/run");
    let clients = ["python-1", "typescript", "inspector"];
    for client in clients
        .map(|name| [name.to_owned(), format!("{name}-http")])
        .concat()
    {
        let output = Command::new(&run)
            .args(["--no-setup", "--only", &client])
            .arg(format!("http://{}", balanced.nginx.address))
            .output()
            .await
            .unwrap();
        let lines = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{client}: {lines}\n{errors}");
        assert!(lines.contains("1 passed, 0 failed"), "{client}: {lines}");
        report(&format!(
            "without stickiness: {}",
            lines.lines().next().unwrap()
        ));
    }
    balanced.assert_all_instances_served().await;
}

#[tokio::test]
async fn streamable_sessions_survive_a_rolling_restart() {
    let Some(mut balanced) = LoadBalancedCluster::start("rolling").await else {
        return;
    };
    let nginx = balanced.nginx.address;
    let _machine = MACHINE.lock().await;
    let is_stopped = Arc::new(AtomicBool::new(false));
    let (answered, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> = (1..=12)
        .map(|number| {
            let (is_stopped, answered) = (is_stopped.clone(), answered.clone());
            let refused = refused.clone();
            tokio::spawn(async move {
                let opened = exchange(nginx, &initialize("2025-11-25")).await;
                let session = opened.header("mcp-session-id").unwrap().to_owned();
                for call in 0.. {
                    if is_stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    let id = call_number(number, call);
                    let request = message(&tool_call(id, TOOL, "{}"));
                    let answer = exchange(nginx, &in_session(&request, &session)).await;
                    match answer.status {
                        200 => {
                            assert_eq!(answer.message()["id"], id, "{answer:?}");
                            answered.fetch_add(1, Ordering::Relaxed);
                        }
                        // Rejected by nginx, or by an instance that is shutting down.
                        502..=504 => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            // A retry delay, as in real clients; nothing waits for it.
                            sleep(Duration::from_millis(20)).await;
                        }
                        _ => panic!("the session is lost: {answer:?}"),
                    }
                }
            })
        })
        .collect();
    let answers = || answered.load(Ordering::Relaxed);
    let rounds = if is_long() { 10 } else { 1 };
    for instance in (0..INSTANCES).cycle().take(INSTANCES * rounds) {
        // Wait for traffic between restarts.
        let before = answers();
        wait_until(async || answers() >= before + 50).await;
        let port = balanced.servers[instance].address.port();
        let old = balanced.servers.remove(instance);
        old.signal("TERM").await;
        let (status, _) = old.wait_for_exit().await;
        assert!(status.success(), "{status}");
        let new = launch(&balanced.redis, port).await;
        // Before the next restart, nginx must use this instance again.
        wait_until(async || has_served_messages(new.address).await).await;
        balanced.servers.insert(instance, new);
    }
    is_stopped.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    report(&format!(
        "{} instances replaced under {} calls: no session lost, {} rejected and retried",
        INSTANCES * rounds,
        answers(),
        refused.load(Ordering::Relaxed)
    ));
}
