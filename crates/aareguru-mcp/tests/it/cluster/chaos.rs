//! Kills and restarts instances and interrupts Redis while clients resume: every accepted call is
//! answered exactly once, and no session is lost.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, RwLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
    time::{sleep, timeout},
};

use testkit::{
    DelayProxy, MockResponse, MockUpstream, Nginx, ServerCluster, ServerProcess, SseSession,
    post_json, tool_call, try_resume, try_send, wait_until,
};

use crate::cluster::load_balancing::is_long;

pub(crate) const INSTANCES: usize = 3;
const CLIENTS: u64 = 24;
/// How long Redis is unavailable.
const OUTAGE: Duration = Duration::from_millis(500);
/// Maximum number of calls in flight per client.
const WINDOW: usize = 4;
/// Response time of the API, so that calls are always in flight.
const LATENCY: Duration = Duration::from_millis(30);
/// Far longer than any response takes; a call without a response by then counts as lost.
const DEADLINE: Duration = Duration::from_secs(15);

/// Number of faults, one after the other.
fn fault_count() -> usize {
    if is_long() { 60 } else { 6 }
}

/// State shared by all clients of a [`ClusterLoad`].
struct LoadState {
    addresses: RwLock<Vec<SocketAddr>>,
    is_stopped: AtomicBool,
    /// One permit for each client with an open session.
    open_clients: Semaphore,
    /// Number of responses that each client has received.
    responses: [AtomicUsize; CLIENTS as usize],
    /// How long each client was without a stream, for each reconnect.
    gaps: Mutex<Vec<Duration>>,
}

/// What one client has observed.
#[derive(Default)]
struct ClientReport {
    /// Number of responses for each accepted call.
    accepted: HashMap<u32, u32>,
    /// Number of responses for each call whose POST was cut or returned 502 or 504. Such a call may
    /// or may not have been accepted.
    uncertain: HashMap<u32, u32>,
    /// Number of calls rejected with 503, which guarantees that they do not run.
    refused: usize,
}

impl LoadState {
    /// Returns any instance, dead or alive, as a load balancer would choose it.
    fn any(&self, rng: &mut u64) -> SocketAddr {
        // Knuth's MMIX generator: the same choices in every run.
        *rng = rng
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let addresses = self.addresses.read().unwrap();
        addresses[(*rng >> 33) as usize % addresses.len()]
    }
}

impl ClientReport {
    fn answered(&mut self, id: u32) {
        let calls = [&mut self.accepted, &mut self.uncertain];
        let responses = calls.into_iter().find_map(|calls| calls.get_mut(&id));
        *responses.expect("a response without a call") += 1;
    }

    fn waiting(&self) -> usize {
        self.accepted
            .values()
            .filter(|responses| **responses == 0)
            .count()
    }

    fn duplicates(&self) -> usize {
        let responses = self.accepted.values().chain(self.uncertain.values());
        responses.filter(|responses| **responses > 1).count()
    }
}

/// Reads a stream, and resumes it when it breaks.
async fn read(
    state: Arc<LoadState>,
    mut session: SseSession,
    mut rng: u64,
    answers: mpsc::UnboundedSender<u32>,
) {
    let target = session.target.clone();
    loop {
        while let Ok(message) = session.try_message().await {
            let id = message["id"].as_u64().unwrap();
            answers.send(id as u32).unwrap();
        }
        let since = Instant::now();
        let last = session.last_event_id.clone().unwrap();
        session = loop {
            if let Some(session) = try_resume(state.any(&mut rng), &last).await {
                break session;
            }
            // A reconnect delay, as in real clients; nothing waits for it.
            sleep(Duration::from_millis(5)).await;
        };
        assert_eq!(session.target, target, "a session was lost");
        state.gaps.lock().unwrap().push(since.elapsed());
    }
}

/// Sends calls until the load stops, then waits for the outstanding responses.
async fn call(state: Arc<LoadState>, number: u64) -> ClientReport {
    let mut rng = number;
    let session = SseSession::initialized(state.any(&mut rng)).await;
    state.open_clients.add_permits(1);
    let target = session.target.clone();
    let (sender, mut answers) = mpsc::unbounded_channel();
    let reading = tokio::spawn(read(state.clone(), session, number << 32, sender));
    let mut report = ClientReport::default();
    let record = |report: &mut ClientReport, answer| {
        report.answered(answer);
        state.responses[number as usize - 1].fetch_add(1, Ordering::Relaxed);
    };
    for id in 1.. {
        let is_stopped = state.is_stopped.load(Ordering::Relaxed);
        let max_waiting = if is_stopped { 1 } else { WINDOW };
        while report.waiting() >= max_waiting {
            match timeout(DEADLINE, answers.recv()).await {
                Ok(Some(answer)) => record(&mut report, answer),
                Ok(None) => panic!("a client has failed"),
                Err(_) => return report,
            }
        }
        while let Ok(answer) = answers.try_recv() {
            record(&mut report, answer);
        }
        if is_stopped {
            break;
        }
        let request = post_json(&target, &tool_call(id, "get_current_temperature", "{}"));
        loop {
            let posted = try_send(state.any(&mut rng), &request).await;
            match posted.map(|answer| answer.status) {
                Some(202) => drop(report.accepted.insert(id, 0)),
                // nginx itself returns 502.
                None | Some(502 | 504) => drop(report.uncertain.insert(id, 0)),
                // A rejected call may be posted again unchanged.
                Some(503) => {
                    report.refused += 1;
                    // A retry delay, as in real clients; nothing waits for it.
                    sleep(Duration::from_millis(20)).await;
                    continue;
                }
                Some(status) => panic!("a call was answered with {status}"),
            }
            break;
        }
    }
    reading.abort();
    report
}

/// Clients that send calls continuously while a test injects faults.
pub(crate) struct ClusterLoad {
    pub(crate) cluster: ServerCluster,
    state: Arc<LoadState>,
    clients: Vec<JoinHandle<ClientReport>>,
    _nginx: Option<Nginx>,
}

impl ClusterLoad {
    /// `None` if redis-server is not installed.
    async fn start(arguments: &[&str]) -> Option<Self> {
        let cluster = Self::cluster(arguments).await?;
        let addresses = (0..INSTANCES).map(|instance| cluster.address(instance));
        let addresses = addresses.collect();
        Some(Self::of(cluster, addresses, None).await)
    }

    /// Starts the load with all clients behind one nginx that uses round robin. `None` if nginx or
    /// redis-server is not installed.
    pub(crate) async fn start_behind_nginx(name: &str) -> Option<Self> {
        let cluster = Self::cluster(&[]).await?;
        let addresses: Vec<_> = (0..INSTANCES)
            .map(|instance| cluster.address(instance))
            .collect();
        let in_turn = |shipped: String| crate::project::deploy::without_stickiness(&shipped);
        let nginx = Nginx::before(name, &addresses, in_turn).await?;
        let addresses = vec![nginx.address];
        Some(Self::of(cluster, addresses, Some(nginx)).await)
    }

    async fn cluster(arguments: &[&str]) -> Option<ServerCluster> {
        let upstream = MockUpstream::start(MockResponse::Recordings).await;
        let proxy = DelayProxy::start(upstream.address(), LATENCY / 2).await;
        let api = format!("http://{}", proxy.address());
        ServerCluster::start_with_api(&api, upstream, INSTANCES, arguments).await
    }

    async fn of(cluster: ServerCluster, addresses: Vec<SocketAddr>, nginx: Option<Nginx>) -> Self {
        let state = Arc::new(LoadState {
            addresses: RwLock::new(addresses),
            is_stopped: AtomicBool::new(false),
            open_clients: Semaphore::new(0),
            responses: Default::default(),
            gaps: Mutex::default(),
        });
        let clients = (1..=CLIENTS)
            .map(|number| tokio::spawn(call(state.clone(), number)))
            .collect();
        // Clients that have not yet seen an event cannot resume.
        let open_clients = state.open_clients.acquire_many(CLIENTS as u32).await;
        open_clients.unwrap().forget();
        Self {
            cluster,
            state,
            clients,
            _nginx: nginx,
        }
    }

    /// Waits until every client has received a response since this call.
    async fn wait_for_progress(&self) {
        let counts = || {
            self.state
                .responses
                .each_ref()
                .map(|it| it.load(Ordering::Relaxed))
        };
        let before = counts();
        wait_until(async || {
            counts()
                .iter()
                .zip(before)
                .all(|(now, before)| *now > before)
        })
        .await;
    }

    /// Returns how often any client has resumed its stream.
    pub(crate) fn resumed(&self) -> usize {
        self.state.gaps.lock().unwrap().len()
    }

    /// Starts a replacement for an instance and returns the former one.
    async fn replace(&mut self, instance: usize) -> ServerProcess {
        let former = self.cluster.replace(instance).await;
        let address = self.cluster.address(instance);
        self.state.addresses.write().unwrap()[instance] = address;
        former
    }

    /// Asserts that every accepted call was answered exactly once, and returns a summary.
    pub(crate) async fn end(self) -> String {
        self.state.is_stopped.store(true, Ordering::Relaxed);
        let (mut accepted, mut uncertain, mut lost, mut duplicates) = (0, 0, 0, 0);
        let mut refused = 0;
        for client in self.clients {
            let report = client.await.unwrap();
            accepted += report.accepted.len();
            uncertain += report.uncertain.len();
            refused += report.refused;
            lost += report.waiting();
            duplicates += report.duplicates();
        }
        let mut gaps = std::mem::take(&mut *self.state.gaps.lock().unwrap());
        gaps.sort_unstable();
        let gap = |share: usize| match gaps.len() {
            0 => 0,
            count => gaps[(count - 1) * share / 100].as_millis(),
        };
        assert!(accepted > 0);
        assert_eq!((lost, duplicates), (0, 0));
        format!(
            "{accepted} calls accepted, {lost} lost, {duplicates} duplicates, {uncertain} cut, \
             {refused} times refused; \
             {} times without a stream, p50 {} ms, p99 {} ms",
            gaps.len(),
            gap(50),
            gap(99)
        )
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_calls_are_answered_once_while_instances_are_killed() {
    let Some(mut load) = ClusterLoad::start(&[]).await else {
        return;
    };
    for time in 0..fault_count() {
        load.cluster.kill(time % INSTANCES).await;
        load.replace(time % INSTANCES).await;
        load.wait_for_progress().await;
    }
    println!("instances killed: {}", load.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_calls_are_answered_once_during_a_rolling_restart() {
    let Some(mut load) = ClusterLoad::start(&[]).await else {
        return;
    };
    let rounds = if is_long() { 10 } else { 1 };
    for instance in (0..INSTANCES).cycle().take(INSTANCES * rounds) {
        let former = load.replace(instance).await;
        former.signal("TERM").await;
        let (status, _) = former.wait_for_exit().await;
        assert!(status.success(), "{status}");
    }
    println!("rolling restart: {}", load.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepted_calls_are_answered_once_while_redis_is_intermittent() {
    let arguments = ["--redis-timeout-milliseconds", "300"];
    let Some(mut load) = ClusterLoad::start(&arguments).await else {
        return;
    };
    for time in 0..fault_count() {
        match time % 3 {
            0 => {
                load.cluster.redis.stop().await;
                sleep(OUTAGE).await;
                load.cluster.redis.start_again().await;
            }
            1 => {
                load.cluster.redis.pause().await;
                sleep(OUTAGE).await;
                load.cluster.redis.resume().await;
            }
            _ => {
                let mut redis = load.cluster.redis.connection().await;
                let cut = redis::cmd("CLIENT")
                    .arg(&["KILL", "TYPE", "normal"])
                    .to_owned();
                let _: redis::RedisResult<u32> = cut.query_async(&mut redis).await;
            }
        }
        load.wait_for_progress().await;
    }
    println!("intermittent Redis: {}", load.end().await);
}
