//! The live API out of reach: an error the model can read, never a recording.

use crate::{binary::Server, client::Session};

#[tokio::test]
async fn an_api_that_cannot_be_reached_is_a_clear_error_and_nothing_else() {
    // Port 9 on loopback: nothing listens there.
    let api = ["serve", "--aareguru-base-url", "http://127.0.0.1:9"];
    let server = Server::start(&api).await;
    assert!(server.banner.contains("live from aare.guru"));
    let mut session = Session::initialized(server.address).await;
    for (tool, path) in [
        ("get_current_temperature", "/v2018/current"),
        ("list_cities", "/v2018/cities"),
    ] {
        let answer = session.call_tool(1, tool, "{}").await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert_eq!(answer["result"].get("structuredContent"), None);
        let text = answer["result"]["content"][0]["text"].as_str().unwrap();
        let expected = format!("no data: cannot reach the Aareguru API at `{path}`: ");
        assert!(text.starts_with(&expected), "{text}");
        assert!(!text.contains("°C"), "{text}");
    }
    // The session and the server are well.
    let answer = session
        .call(r#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
        .await;
    assert_eq!(answer["id"], 2);
}
