//! Traces, as received by a collector.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Uri},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message;
use tokio::{net::TcpListener, sync::watch, time::timeout};

use testkit::{Scrape, ServerProcess, SseSession, post_json, send, tool_call, with_header};

const CURRENT_BERN: &str = include_str!("../../../../aareguru/recordings/current-bern.json");

/// The raw bodies that the collector received.
type Received = Arc<Mutex<Vec<Bytes>>>;

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn collector() -> (SocketAddr, Received) {
    let received = Received::default();
    let take = async |State(received): State<Received>, body: Bytes| {
        received.lock().unwrap().push(body);
    };
    let router = Router::new().route("/v1/traces", post(take));
    (serve(router.with_state(received.clone())).await, received)
}

/// Serves the recorded response for Bern once it is released; collects the headers of the requests.
async fn held_api() -> (SocketAddr, watch::Sender<bool>, Arc<Mutex<Vec<HeaderMap>>>) {
    let released = watch::Sender::new(false);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let answer = {
        let (released, asked) = (released.clone(), asked.clone());
        async move |_: Uri, headers: HeaderMap| {
            asked.lock().unwrap().push(headers);
            released
                .subscribe()
                .wait_for(|released| *released)
                .await
                .unwrap();
            CURRENT_BERN
        }
    };
    (serve(Router::new().fallback(answer)).await, released, asked)
}

struct Spans(Vec<Span>);

impl Spans {
    fn read(received: &Received) -> Self {
        let requests = received.lock().unwrap();
        let requests = requests.iter().map(|body| {
            ExportTraceServiceRequest::decode(body.clone()).expect("it is OTLP in protobuf")
        });
        let resources = requests.flat_map(|request| request.resource_spans);
        let spans = resources.flat_map(|resource| {
            let attributes = &resource.resource.as_ref().unwrap().attributes;
            let texts: BTreeMap<_, _> = attributes
                .iter()
                .map(|a| (a.key.clone(), text(&a.value)))
                .collect();
            assert_eq!(texts["service.name"], "aareguru-mcp");
            assert_eq!(texts["service.version"], env!("CARGO_PKG_VERSION"));
            resource.scope_spans
        });
        Self(spans.flat_map(|scope| scope.spans).collect())
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Span> {
        self.0.iter().filter(move |span| span.name == name)
    }

    fn parent(&self, child: &Span) -> &Span {
        let parent = self
            .0
            .iter()
            .find(|span| span.span_id == child.parent_span_id);
        let parent = parent.unwrap_or_else(|| panic!("no parent of {child:?}"));
        assert_eq!(parent.trace_id, child.trace_id);
        parent
    }

    fn children(&self, parent: &Span) -> Vec<&Span> {
        let children = self
            .0
            .iter()
            .filter(|span| span.parent_span_id == parent.span_id);
        children.collect()
    }
}

fn text(value: &Option<opentelemetry_proto::tonic::common::v1::AnyValue>) -> String {
    match value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let found = span
        .attributes
        .iter()
        .find(|attribute| attribute.key == key);
    found.map(|attribute| text(&attribute.value))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn trace_spans_a_call_from_request_to_upstream_with_shared_fetch() {
    let (collector, received) = collector().await;
    let (api, release, asked) = held_api().await;
    let server = ServerProcess::start(&[
        "serve",
        "--otel-exporter-otlp-endpoint",
        &format!("http://{collector}/"),
        "--aareguru-base-url",
        &format!("http://{api}"),
    ])
    .await;
    let mut first = SseSession::initialized(server.address).await;
    let mut second = SseSession::initialized(server.address).await;
    let call = tool_call(1, "get_current_temperature", r#"{"city":"bern"}"#);

    // The first caller sends its trace in a header.
    let header = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = with_header(&post_json(&first.target, &call), header);
    assert_eq!(send(server.address, request).await.status, 202);
    while asked.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    // The second caller sends its trace in the metadata of the call.
    let meta =
        r#""_meta":{"traceparent":"00-11111111111111111111111111111111-2222222222222222-01"},"#;
    let with_meta = call.replace(r#""params":{"#, &format!(r#""params":{{{meta}"#));
    second.send(&with_meta).await;
    release.send_replace(true);
    assert_eq!(first.message().await["result"]["isError"], false);
    assert_eq!(second.message().await["result"]["isError"], false);
    let id = second.target.split_once('=').unwrap().1.to_owned();
    server.signal("TERM").await;
    let (status, logs) = server.wait_for_exit().await;
    assert!(status.success(), "{logs}");
    let trace_id = "0af7651916cd43dd8448eb211c80319c";
    assert!(logs.contains(&format!("trace.id=\"{trace_id}\"")), "{logs}");

    let spans = Spans::read(&received);
    let upstream: Vec<_> = spans.named("GET current").collect();
    let [upstream] = upstream[..] else {
        panic!("one request to the API: {upstream:?}");
    };
    assert_eq!(upstream.kind, SpanKind::Client as i32);
    assert_eq!(attribute(upstream, "outcome").unwrap(), "ok");
    let ask = spans.parent(upstream);
    assert_eq!(attribute(ask, "cache.result").unwrap(), "miss");
    let tool = spans.parent(ask);
    assert_eq!(tool.name, "tools/call get_current_temperature");
    assert_eq!(
        attribute(tool, "gen_ai.tool.name").unwrap(),
        "get_current_temperature"
    );
    let request = spans.parent(tool);
    assert_eq!(request.name, "POST /messages");
    assert_eq!(request.kind, SpanKind::Server as i32);
    assert_eq!(
        attribute(request, "http.response.status_code").unwrap(),
        "202"
    );
    assert_eq!(hex(&request.trace_id), trace_id);
    assert_eq!(hex(&request.parent_span_id), "b7ad6b7169203331");

    let mut tools = spans.named("tools/call get_current_temperature");
    let other = tools.find(|other| other.span_id != tool.span_id).unwrap();
    assert_eq!(hex(&other.trace_id), "11111111111111111111111111111111");
    assert_eq!(hex(&other.parent_span_id), "2222222222222222");
    let [waited] = spans.children(other)[..] else {
        panic!("{:?}", spans.children(other));
    };
    assert_eq!(attribute(waited, "cache.result").unwrap(), "shared");
    assert!(spans.children(waited).is_empty());
    // The request that carried the call is linked, and belongs to a separate trace.
    let carrier = spans
        .named("POST /messages")
        .find(|span| span.span_id == other.links[0].span_id);
    assert_ne!(carrier.unwrap().trace_id, other.trace_id);

    // The API is a third party: it receives no trace ids.
    assert!(!asked.lock().unwrap()[0].contains_key("traceparent"));
    let sent = received.lock().unwrap().concat();
    assert!(!sent.windows(id.len()).any(|window| window == id.as_bytes()));
}

#[tokio::test]
async fn unavailable_collector_does_not_block_shutdown() {
    // Accepts connections and never responds.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_url = format!("http://{}", silent.local_addr().unwrap());
    for url in ["http://127.0.0.1:9", &silent_url] {
        let mut arguments = vec!["serve", "--demo", "--otel-exporter-otlp-endpoint", url];
        // The calls may take longer than the default interval.
        arguments.extend(["--sse-keep-alive-seconds", "0"]);
        // Far longer than the test waits for the exit.
        let patience = [("OTEL_EXPORTER_OTLP_TIMEOUT", "600000")];
        let server = ServerProcess::start_with(&arguments, &patience).await;
        let mut session = SseSession::initialized(server.address).await;
        // More spans than its queue holds.
        for n in 0..1500 {
            session.call_tool(n, "list_cities", "{}").await;
        }
        Scrape::of(server.address).await;
        server.signal("TERM").await;
        let ended = timeout(Duration::from_secs(15), server.wait_for_exit()).await;
        let (status, logs) = ended.expect("the collector delays the exit");
        assert!(status.success(), "{logs}");
        let at_the_end = logs.contains("cannot send the buffered traces");
        // A collector that refuses connections may have failed earlier exports.
        let before = url != silent_url && logs.contains("BatchSpanProcessor.ExportError");
        assert!(at_the_end || before, "{logs}");
    }
}

#[tokio::test]
async fn invalid_otlp_endpoint_is_rejected() {
    let output = testkit::program()
        .args(["serve", "--demo", "--http-port", "0"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "user:secret@collector:4318")
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("OTEL_EXPORTER_OTLP_ENDPOINT: it must begin with http://"),
        "{errors}"
    );
    assert!(!errors.contains("secret"), "{errors}");
}
