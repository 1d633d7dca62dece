//! Any body of a POST gets a defined response, and the session continues.

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use rmcp::ServerHandler;
use rmcp_transport::{SseBody, SseServerConfig, SseService};
use tower_service::Service;

#[derive(Clone)]
struct Nothing;

impl ServerHandler for Nothing {}

type Nobody = SseService<Nothing>;

async fn send(
    service: &mut Nobody,
    request: http::request::Builder,
    body: Bytes,
) -> Response<SseBody> {
    let request = request
        .header(header::HOST, "localhost")
        .body(Full::new(body));
    service.call(request.unwrap()).await.unwrap()
}

async fn next(stream: &mut SseBody) -> String {
    let frame = stream.frame().await.unwrap().unwrap();
    String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()
}

/// Posts a body to a new session and returns the status; then asserts that the session answers a
/// ping.
async fn status_of(body: Bytes) -> u16 {
    let mut service = SseService::new(|| Ok(Nothing), SseServerConfig::default());
    let stream = send(&mut service, Request::get("/sse"), Bytes::new()).await;
    let mut stream = stream.into_body();
    let endpoint = next(&mut stream).await;
    let target = endpoint
        .lines()
        .nth(1)
        .unwrap()
        .strip_prefix("data: ")
        .unwrap();
    let post = || Request::post(target).header(header::CONTENT_TYPE, "application/json");
    let answer = send(&mut service, post(), body).await;

    let ping = r#"{"jsonrpc":"2.0","id":"the last","method":"ping"}"#;
    assert_eq!(send(&mut service, post(), ping.into()).await.status(), 202);
    while !next(&mut stream)
        .await
        .contains(r#""id":"the last","result":{}"#)
    {}
    answer.status().as_u16()
}

/// Generates JSON that resembles a message.
fn almost_a_message() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("1.5".to_owned()),
        Just("-1".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just(r#""2.0""#.to_owned()),
        Just(r#""initialize""#.to_owned()),
        Just(r#""notifications/cancelled""#.to_owned()),
        Just(r#"{"requestId":1,"_meta":{"progressToken":[]}}"#.to_owned()),
        "[a-z/]{0,12}".prop_map(|text| format!("{text:?}")),
    ];
    let name = prop_oneof![
        Just("jsonrpc"),
        Just("id"),
        Just("method"),
        Just("params"),
        Just("result"),
        Just("error"),
    ];
    let members = prop::collection::vec((name, value), 0..6);
    members.prop_map(|members| {
        let members = members
            .iter()
            .map(|(name, value)| format!("{name:?}:{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    })
}

fn check(body: Vec<u8>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let is_json = serde_json::from_slice::<serde_json::Value>(&body).is_ok();
    let status = runtime.block_on(status_of(body.into()));
    prop_assert!(matches!(status, 202 | 400), "{status}");
    prop_assert!(is_json || status == 400, "{status} for what is not JSON");
    Ok(())
}

proptest! {
    #[test]
    fn arbitrary_bytes_return_202_or_400(body in prop::collection::vec(any::<u8>(), 0..200)) {
        check(body)?;
    }

    #[test]
    fn almost_valid_messages_return_202_or_400(body in almost_a_message()) {
        check(body.into_bytes())?;
    }
}
