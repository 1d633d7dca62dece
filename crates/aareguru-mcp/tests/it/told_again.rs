//! What was told once is told again, but only as long as it is true.

use serde_json::Value;

use crate::{
    client::Session,
    mcp::{Mcp, at},
    upstream::{CURRENT_BERN, Reply},
};

const NOW: &str = "2023-05-09T11:38:00Z";

async fn ask(session: &mut Session) -> Value {
    let answer = session.call_tool(1, "get_current_temperature", "{}");
    answer.await["result"].clone()
}

#[tokio::test]
async fn the_age_is_told_as_it_is_although_the_answer_is_kept() {
    let mcp = Mcp::start_with(Reply::Recordings, NOW, |_| {}).await;
    let mut session = mcp.session().await;
    let first = ask(&mut session).await;
    assert_eq!(ask(&mut session).await, first);
    assert_eq!(ask(&mut mcp.session().await).await, first);

    mcp.clock.set(at("2023-05-09T11:38:01Z"));
    let second = ask(&mut session).await;
    let age = |result: &Value| result["structuredContent"]["age_seconds"].as_i64().unwrap();
    assert_eq!(age(&second), age(&first) + 1);

    mcp.clock.set(at("2023-05-09T14:00:00Z"));
    let third = ask(&mut session).await;
    assert_eq!(third["structuredContent"]["freshness"], "stale");
    let text = third["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("(2 hours ago): stale"), "{text}");
    assert_eq!(mcp.upstream.times_asked(), 1);
}

#[tokio::test]
async fn a_new_answer_of_the_api_is_told_in_the_same_second() {
    let mcp = Mcp::start(Reply::Recordings, NOW).await;
    let mut session = mcp.session().await;
    let celsius = async |session: &mut Session| {
        ask(session).await["structuredContent"]["temperature_celsius"].clone()
    };
    assert_ne!(celsius(&mut session).await, 23.4);
    let mut warmer: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    warmer["aare"]["temperature"] = 23.4.into();
    mcp.upstream.reply(Reply::text(&warmer.to_string()));
    assert_eq!(celsius(&mut session).await, 23.4);
}
