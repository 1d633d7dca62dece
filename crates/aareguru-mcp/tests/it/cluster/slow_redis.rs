//! A Redis with high latency: half a second per round trip.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use testkit::{RedisServer, ServerProcess, SseSession, post_json, report, send, tool_call};

const DEADLINE: Duration = Duration::from_secs(30);
const TOOL: &str = "get_current_temperature";

/// A proxy to Redis that delays each direction.
struct DelayProxy {
    address: SocketAddr,
    delay_ms: Arc<AtomicU64>,
}

impl DelayProxy {
    async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let delay_ms = Arc::new(AtomicU64::new(0));
        let delay = delay_ms.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let ((from_client, to_client), (from_redis, to_redis)) =
                    (client.into_split(), server.into_split());
                tokio::spawn(forward(from_client, to_redis, delay.clone()));
                tokio::spawn(forward(from_redis, to_client, delay.clone()));
            }
        });
        Self { address, delay_ms }
    }
}

async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    delay_ms: Arc<AtomicU64>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // The delay is the subject: it simulates the latency of a network.
        sleep(Duration::from_millis(delay_ms.load(Ordering::Relaxed))).await;
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn calls_accepted_over_a_slow_redis_are_answered_once() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let proxy = DelayProxy::to(redis.port()).await;
    let url = format!("redis://{}", proxy.address);
    // No keep-alive comments between the messages.
    let arguments = [
        "serve",
        "--demo",
        "--redis-url",
        &url,
        "--log-level",
        "error",
        "--sse-keep-alive-seconds",
        "0",
    ];
    let instances = [
        ServerProcess::start(&arguments).await,
        ServerProcess::start(&arguments).await,
    ];
    let mut session = SseSession::initialized(instances[0].address).await;
    proxy.delay_ms.store(250, Ordering::Relaxed);
    let (mut accepted, mut refused) = (Vec::new(), 0);
    for id in 1..=10 {
        let request = post_json(&session.target, &tool_call(id, TOOL, "{}"));
        let instance = &instances[id as usize % 2];
        match send(instance.address, request).await.status {
            202 => accepted.push(id),
            503 => refused += 1,
            status => panic!("{status}"),
        }
    }
    let mut answered = Vec::new();
    while answered.len() < accepted.len() {
        let answer = timeout(DEADLINE, session.message()).await.expect("lost");
        answered.push(answer["id"].as_u64().unwrap() as u32);
    }
    answered.sort_unstable();
    assert_eq!(answered, accepted);
    assert!(accepted.len() >= 5, "not even the owner accepts them");

    proxy.delay_ms.store(0, Ordering::Relaxed);
    let since = Instant::now();
    let recovered = timeout(DEADLINE, async {
        for id in 100.. {
            let request = post_json(&session.target, &tool_call(id, TOOL, "{}"));
            if send(instances[1].address, request).await.status == 202 {
                return id;
            }
        }
        unreachable!()
    });
    let id = recovered.await.expect("no recovery");
    assert_eq!(session.message().await["id"], id);
    report(&format!(
        "slow Redis: {} accepted and answered, {refused} rejected; \
         recovered after {} ms",
        accepted.len(),
        since.elapsed().as_millis()
    ));
}
