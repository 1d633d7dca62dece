//! A Redis with high latency: half a second per round trip.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use testkit::{
    DelayProxy, RedisServer, ServerProcess, SseSession, post_json, report, send, tool_call,
};

const DEADLINE: Duration = Duration::from_secs(30);
const TOOL: &str = "get_current_temperature";

#[tokio::test]
async fn calls_accepted_over_a_slow_redis_are_answered_once() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let proxy = DelayProxy::start(redis.address(), Duration::ZERO).await;
    let url = format!("redis://{}", proxy.address());
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
    proxy.set_delay(Duration::from_millis(250));
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

    proxy.set_delay(Duration::ZERO);
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
