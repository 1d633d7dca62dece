//! Thousands of clients that disconnect leave no resources behind.

use std::{fs, net::SocketAddr, time::Duration};

use rmcp_transport::SseServerConfig;

use testkit::{SseSession, tool_call};

use crate::server::TestServer;

/// Opens a connection and drops it: before the handshake, after it, or during a call.
async fn connect_and_drop(address: SocketAddr, n: usize) {
    match n % 3 {
        0 => drop(SseSession::open(address).await),
        1 => drop(SseSession::initialized(address).await),
        _ => {
            let session = SseSession::initialized(address).await;
            session.send(&tool_call(1, "wait", "{}")).await;
        }
    }
}

/// Returns the resident memory of this process, in KiB.
fn resident_kib() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse().unwrap()
}

#[tokio::test]
async fn ten_thousand_dropped_connections_leak_no_memory_or_tasks() {
    let config = SseServerConfig::default().with_resume_grace(Duration::ZERO);
    let server = TestServer::with(config).await;
    let tasks = tokio::runtime::Handle::current().metrics();
    let before = tasks.num_alive_tasks();
    let mut memory = Vec::new();
    for _ in 0..4 {
        for batch in 0..25 {
            let clients = (0..100).map(|n| connect_and_drop(server.address, batch + n));
            futures_util::future::join_all(clients).await;
        }
        let gone = async {
            // One task belongs to the service itself.
            while server.service.session_count() > 0 || tasks.num_alive_tasks() > before + 1 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), gone)
            .await
            .expect("sessions or tasks are left");
        memory.push(resident_kib());
    }
    // The first round warms up the allocator; a leak grows with each round. 2,500 leaked sessions
    // would take more than 2,500 KiB a round.
    let growth = memory[3] - memory[1];
    assert!(growth < 5000, "{memory:?} KiB");
}
