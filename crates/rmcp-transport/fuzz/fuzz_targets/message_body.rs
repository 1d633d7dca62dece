//! Posts arbitrary bytes to a live session: the response must be a 202 or a 400, without a panic.
#![no_main]

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use libfuzzer_sys::fuzz_target;
use rmcp::ServerHandler;
use rmcp_transport::{SseServerConfig, SseService};
use tower_service::Service;

struct Nothing;

impl ServerHandler for Nothing {}

fuzz_target!(|body: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut service = SseService::new(|| Ok(Nothing), SseServerConfig::default());
        let open = Request::get("/sse").header("host", "localhost").body(Full::<Bytes>::default());
        let mut stream = service.call(open.unwrap()).await.unwrap().into_body();
        let endpoint = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        let endpoint = String::from_utf8(endpoint.to_vec()).unwrap();
        let target = endpoint.lines().nth(1).unwrap().strip_prefix("data: ").unwrap();
        let post = Request::post(target)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::copy_from_slice(body)));
        let response = service.call(post.unwrap()).await.unwrap();
        assert!(matches!(response.status().as_u16(), 202 | 400));
    });
});
