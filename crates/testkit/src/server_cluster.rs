//! Several instances of the real binary with a real redis-server and a mock of the API.

use std::{net::SocketAddr, time::Duration};

use tokio::time::{sleep, timeout};

use crate::{
    MockResponse, MockUpstream, RedisServer, ServerProcess, SseSession, get, try_send, with_header,
};

/// Polls until the condition holds. Fails after a minute, far longer than any condition takes.
pub async fn wait_until(mut condition: impl AsyncFnMut() -> bool) {
    const DEADLINE: Duration = Duration::from_secs(60);
    let satisfied = async {
        while !condition().await {
            // Other processes do not notify the test, so it polls; the pause leaves them the processor.
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(DEADLINE, satisfied)
        .await
        .expect("the condition does not hold");
}

/// A cluster, and the services behind it.
#[derive(Debug)]
pub struct ServerCluster {
    /// What the instances share.
    pub redis: RedisServer,
    /// The API that the instances call.
    pub upstream: MockUpstream,
    /// The running instances.
    pub instances: Vec<ServerProcess>,
    arguments: Vec<String>,
}

impl ServerCluster {
    /// Starts the cluster with this response of the API. `None` if redis-server is not installed.
    pub async fn start(instances: usize, reply: MockResponse) -> Option<Self> {
        Self::start_with(instances, reply, &[]).await
    }

    /// Starts the cluster with further arguments for each instance.
    pub async fn start_with(
        instances: usize,
        reply: MockResponse,
        arguments: &[&str],
    ) -> Option<Self> {
        let upstream = MockUpstream::start(reply).await;
        let base_url = upstream.config().base_url;
        Self::start_with_api(&base_url, upstream, instances, arguments).await
    }

    /// Starts the cluster with another base URL for the API.
    pub async fn start_with_api(
        base_url: &str,
        upstream: MockUpstream,
        instances: usize,
        arguments: &[&str],
    ) -> Option<Self> {
        let redis = RedisServer::start().await?;
        let url = redis.url();
        let redis_and_url = (redis, &url[..]);
        Some(Self::with_redis(redis_and_url, base_url, upstream, instances, arguments).await)
    }

    /// Starts the cluster with another URL for Redis, such as that of a proxy.
    pub async fn with_redis(
        (redis, url): (RedisServer, &str),
        base_url: &str,
        upstream: MockUpstream,
        instances: usize,
        arguments: &[&str],
    ) -> Self {
        // Every call sends a request to the API, and no call is rate limited. A log that nobody
        // reads would block the program.
        let common = [
            "serve",
            "--redis-url",
            url,
            "--aareguru-base-url",
            base_url,
            "--cache-ttl-seconds",
            "0",
            "--rate-limit-per-minute",
            "0",
            "--log-level",
            "error",
        ];
        let arguments = common.iter().chain(arguments).map(ToString::to_string);
        let mut cluster = Self {
            redis,
            upstream,
            instances: Vec::new(),
            arguments: arguments.collect(),
        };
        for _ in 0..instances {
            let instance = cluster.launch(&[]).await;
            cluster.instances.push(instance);
        }
        cluster
    }

    /// Returns the address of an instance.
    pub fn address(&self, instance: usize) -> SocketAddr {
        self.instances[instance].address
    }

    /// Kills an instance, as a crash would.
    pub async fn kill(&self, instance: usize) {
        self.instances[instance].signal("KILL").await;
    }

    /// Starts a replacement for an instance and returns the former one.
    pub async fn replace(&mut self, instance: usize) -> ServerProcess {
        let new = self.launch(&[]).await;
        std::mem::replace(&mut self.instances[instance], new)
    }

    /// Stops an instance as an operator would and starts it again on its port.
    pub async fn restart(&mut self, instance: usize) {
        let former = self.instances.remove(instance);
        let port = former.address.port().to_string();
        former.signal("TERM").await;
        let (status, _) = former.wait_for_exit().await;
        assert!(status.success(), "{status}");
        let new = self.launch(&["--http-port", &port]).await;
        self.instances.insert(instance, new);
    }

    async fn launch(&self, more: &[&str]) -> ServerProcess {
        let arguments = self.arguments.iter().map(String::as_str);
        let arguments: Vec<_> = arguments.chain(more.iter().copied()).collect();
        ServerProcess::start(&arguments).await
    }
}

/// Resumes a session at `address`, or returns `None` if the instance does not respond.
pub async fn try_resume(address: SocketAddr, last_event_id: &str) -> Option<SseSession> {
    let header = format!("Last-Event-ID: {last_event_id}");
    let mut session = SseSession::try_open(address, with_header(&get("/sse"), &header)).await?;
    session.last_event_id = Some(last_event_id.to_owned());
    Some(session)
}

/// Returns the value of a series of one instance.
pub async fn metric(address: SocketAddr, series: &str) -> f64 {
    let text = try_send(address, get("/metrics")).await.unwrap().body;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}
