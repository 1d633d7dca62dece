//! State that instances share through Redis: API responses, the rate limit, and new measurements.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use aareguru::{Client, Clock, River};
use aareguru_mcp::{clustering, settings::Settings, streamable::StreamableService};
use clap::Parser;
use cluster::Notice;
use futures_util::future::join_all;
use mcp::AareServer;
use rmcp_transport::SseService;
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::timeout};

use testkit::{
    DEADLINE, HttpResponse, MockResponse, MockUpstream, RedisServer, Scrape, ServerProcess,
    SseSession, post_json, recordings::CURRENT_BERN, send, wait_until, with_header,
};

use crate::tools::in_process_server::at;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
const UNKNOWN: &str = "/messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";

async fn start(redis: &RedisServer, upstream: &MockUpstream, more: &[&str]) -> ServerProcess {
    let config = upstream.config();
    let common = [
        "serve",
        "--aareguru-retries",
        "0",
        "--trusted-proxies",
        "127.0.0.1",
    ];
    let arguments = [&common[..], more].concat();
    let environment = [
        ("REDIS_URL", redis.url()),
        ("AAREGURU_BASE_URL", config.base_url),
        ("HYDRO_BASE_URL", config.hydro_base_url),
    ];
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, &**value));
    ServerProcess::start_with(&arguments, &environment).await
}

async fn conditions(server: &ServerProcess) -> Value {
    let mut session = SseSession::initialized(server.address).await;
    let answer = session
        .call_tool(2, "get_current_conditions", r#"{"city":"bern"}"#)
        .await;
    answer["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn instances_share_one_upstream_request_per_question() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let upstream = MockUpstream::start(MockResponse::Recordings.held()).await;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(start(&redis, &upstream, &[]).await);
    }
    // Several concurrent calls at each instance while the API delays its response.
    let callers = servers.iter().flat_map(|server| [server; 4]);
    let asked = join_all(callers.map(conditions));
    let release = async {
        upstream.first_request().await;
        upstream.release();
    };
    let (answers, ()) = tokio::join!(asked, release);
    for answer in &answers {
        assert_eq!(answer["city"], "bern", "{answer}");
    }
    // A later instance uses the shared responses.
    let late = start(&redis, &upstream, &[]).await;
    assert_eq!(conditions(&late).await["city"], "bern");
    let asked = upstream.requests();
    let different: BTreeSet<_> = asked.iter().collect();
    // An instance that could not reach Redis in time may have sent its own request.
    let fallback = servers.iter().chain([&late]).map(async |server| {
        let numbers = Scrape::of(server.address).await;
        numbers.value("aareguru_mcp_upstream_fallback_total")
    });
    let fallback: f64 = join_all(fallback).await.iter().sum();
    let again = asked.len() - different.len();
    assert!(again as f64 <= fallback, "{again} > {fallback}: {asked:#?}");
    for (key, seconds_left) in redis.keys().await {
        assert!(seconds_left != -1, "{key} has no expiry");
    }
}

#[tokio::test]
async fn shared_stale_response_is_used_during_an_outage() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let upstream = MockUpstream::start(MockResponse::Recordings).await;
    let brief = ["--cache-ttl-seconds", "1"];
    let first = start(&redis, &upstream, &brief).await;
    assert_eq!(conditions(&first).await["upstream_trouble"], Value::Null);
    upstream.reply(MockResponse::status(503));
    // It has no response in its local cache.
    let second = start(&redis, &upstream, &brief).await;
    let bridged = timeout(DEADLINE, async {
        loop {
            let answer = conditions(&second).await;
            if !answer["upstream_trouble"].is_null() {
                return answer;
            }
        }
    });
    assert_eq!(bridged.await.unwrap()["city"], "bern");
}

#[tokio::test]
async fn unresponsive_redis_makes_each_instance_fetch_itself() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let upstream = MockUpstream::start(MockResponse::Recordings).await;
    let servers = [
        start(&redis, &upstream, &[]).await,
        start(&redis, &upstream, &[]).await,
    ];
    redis.pause().await;
    for server in &servers {
        assert_eq!(conditions(server).await["city"], "bern");
    }
    // Whether another instance owns this session is unknown, and the call counts towards the local
    // limit.
    assert_eq!(ask(&servers[0]).await.status, 503);
    let asked = upstream.requests();
    let different: BTreeSet<_> = asked.iter().collect();
    assert_eq!(asked.len(), 2 * different.len(), "{asked:#?}");
    let fallback = async || {
        let numbers = Scrape::of(servers[0].address).await;
        numbers.value("aareguru_mcp_rate_limit_fallback_total")
    };
    let wait_for_counter = timeout(DEADLINE, async { while fallback().await < 1.0 {} });
    wait_for_counter.await.expect("the fallback is not counted");
    redis.resume().await;
}

async fn ask(server: &ServerProcess) -> HttpResponse {
    let request = post_json(UNKNOWN, PING);
    let forwarded = "X-Forwarded-For: 203.0.113.7";
    send(server.address, with_header(&request, forwarded)).await
}

#[tokio::test]
async fn rate_limit_is_shared_by_all_instances() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let limit = ["--demo", "--rate-limit-per-minute", "60"];
    let upstream = MockUpstream::start(MockResponse::Recordings).await;
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(start(&redis, &upstream, &limit).await);
    }
    wait_until(async || ask(&servers[0]).await.status != 404).await;
    // Each of the other instances admits the calls that arrive before the shared usage does.
    for server in &servers[1..] {
        let refused = timeout(DEADLINE, async {
            for passed in 0.. {
                let answer = ask(server).await;
                if answer.status == 429 {
                    assert!(answer.head.contains("ratelimit-remaining: 0"));
                    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
                    return passed;
                }
            }
            unreachable!()
        });
        let passed = refused.await.expect("the usage is not shared");
        assert!(passed < 60, "{passed}");
    }
    for (key, seconds_left) in redis.keys().await {
        assert!((0..=300).contains(&seconds_left), "{key} {seconds_left}");
    }
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    settings: Settings,
}

/// Starts one of several instances, 25 minutes after the recording, when the next measurement is
/// due.
pub(crate) async fn instance(redis: &RedisServer, upstream: &MockUpstream) -> SocketAddr {
    let url = redis.url();
    let settings = CommandLine::parse_from(["aareguru-mcp", "--redis-url", &url]).settings;
    let cluster = clustering::join(&settings).await.unwrap().unwrap();
    let mut config = upstream.config();
    config.clock = Clock::stopped_at(at("2023-05-09T11:45:00Z"));
    config.cache_ttl = Duration::from_millis(50);
    config.shared_cache = Some(cluster.shared_cache());
    let server = AareServer::new(River::new(Client::new(&config).unwrap()));
    let handler = || {
        let server = server.clone();
        move || Ok(server.clone())
    };
    let bounds = rmcp_transport::SseServerConfig::default();
    let sessions = clustering::shared_sessions(&cluster, &settings);
    let streamable = StreamableService::with_others(handler(), bounds.clone(), Some(sessions));
    let router = axum::Router::new()
        .route_service("/mcp", streamable.clone())
        .fallback_service(SseService::new(handler(), bounds));
    cluster.listen(move |notice| match notice {
        Notice::Subscribed {
            session,
            uri,
            is_on,
        } => streamable.subscribed_elsewhere(&session, &uri, is_on),
        _ => panic!("{notice:?}"),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let _cluster = cluster;
        axum::serve(listener, router).await
    });
    address
}

async fn subscribed(redis: &RedisServer, upstream: &MockUpstream) -> SseSession {
    let mut session = SseSession::initialized(instance(redis, upstream).await).await;
    let answer = session.call(&subscribe("aareguru://current/bern")).await;
    assert_eq!(answer["result"], json!({}), "{answer}");
    session
}

pub(crate) fn subscribe(uri: &str) -> String {
    let params = json!({ "uri": uri });
    json!({ "jsonrpc": "2.0", "id": 7, "method": "resources/subscribe", "params": params })
        .to_string()
}

/// Publishes a new measurement after the API has been polled.
pub(crate) async fn publish_measurement(upstream: &MockUpstream) {
    let before = upstream.request_count();
    wait_until(async || upstream.request_count() >= before + 2).await;
    let text = CURRENT_BERN.replace("1683631200", "1683631800");
    upstream.reply(MockResponse::text(&text));
}

#[tokio::test]
async fn new_measurement_notifies_subscribers_of_every_instance() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let upstream = MockUpstream::start(MockResponse::text(CURRENT_BERN)).await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        sessions.push(subscribed(&redis, &upstream).await);
    }
    publish_measurement(&upstream).await;
    for session in &mut sessions {
        let notification = timeout(DEADLINE, session.message()).await.unwrap();
        assert_eq!(
            notification["method"], "notifications/resources/updated",
            "{notification}"
        );
    }
}
