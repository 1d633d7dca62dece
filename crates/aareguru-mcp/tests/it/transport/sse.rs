//! The main scenario over HTTP+SSE, byte by byte.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession, get, post_json, send};

const PLACES: [&str; 8] = [
    "brienz",
    "interlaken",
    "thun",
    "bern",
    "hagneck",
    "biel",
    "olten",
    "brugg",
];

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn temperature_of_bern_is_marked_as_recorded() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for arguments in ["{}", r#"{"city":"bern"}"#, r#"{"city":" BÄRN "}"#] {
        let answer = session
            .call_tool(1, "get_current_temperature", arguments)
            .await;
        assert_eq!(
            text(&answer),
            "Bern (Bern, Schönau): 12.5 °C, measured 2023-05-09 13:20 CEST \
             (recorded 2023-05-09, not current).\n\
             In Bern they say: “Uschaflig chaut” (nastily cold)\n\
             Data: Aare.guru (https://aare.guru), BAFU (https://www.hydrodaten.admin.ch); \
             non-commercial use"
        );
        let structured = &answer["result"]["structuredContent"];
        assert_eq!(structured["temperature_celsius"], 12.5);
        assert_eq!(structured["measured_at"], 1_683_631_200);
        assert_eq!(structured["measured_at_local"], "2023-05-09 13:20 CEST");
        assert_eq!(structured["freshness"], "recorded");
        assert_eq!(structured["recorded_on"], "2023-05-09");
        assert_eq!(answer["result"]["isError"], false);
    }
}

#[tokio::test]
async fn temperature_is_recorded_for_every_place() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for place in PLACES {
        let arguments = json!({ "city": place }).to_string();
        let answer = session
            .call_tool(1, "get_current_temperature", &arguments)
            .await;
        let structured = &answer["result"]["structuredContent"];
        assert_eq!(structured["city"], place);
        assert!(structured["temperature_celsius"].is_f64(), "{answer}");
        assert!(text(&answer).contains("recorded 2023-05-09, not current"));
    }
}

#[tokio::test]
async fn unknown_place_error_lists_all_places() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let answer = session
        .call_tool(1, "get_current_temperature", r#"{"city":"atlantis"}"#)
        .await;
    assert_eq!(answer["result"]["isError"], true);
    assert_eq!(
        text(&answer),
        "unknown place `atlantis`: the Aare is measured at brienz, interlaken, thun, bern, \
         hagneck, biel, olten, brugg"
    );
    let near = session
        .call_tool(2, "get_current_temperature", r#"{"city":"tuhn"}"#)
        .await;
    assert!(text(&near).ends_with("; did you mean `thun`?"), "{near}");
}

#[tokio::test]
async fn invalid_arguments_return_an_error() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (arguments, says) in [
        (
            r#"{"town":"bern"}"#,
            "unknown field `town`, expected `city`",
        ),
        (
            r#"{"city":7}"#,
            "invalid type: integer `7`, expected a string",
        ),
        (r#"{"city":null}"#, "invalid type: null, expected a string"),
    ] {
        let answer = session
            .call_tool(1, "get_current_temperature", arguments)
            .await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert!(text(&answer).contains(says), "{answer}");
    }
}

#[tokio::test]
async fn unknown_tool_error_lists_the_tools() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let answer = session.call_tool(1, "get_wave_height", "{}").await;
    assert_eq!(answer["error"]["code"], -32602);
    let tools = session.tools().await;
    let names: Vec<_> = tools
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    let names = names.join(", ");
    let says = format!("unknown tool `get_wave_height`; there are {names}");
    assert_eq!(answer["error"]["message"], says);
}

#[tokio::test]
async fn list_cities_matches_the_cities_resource() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let answer = session.call_tool(1, "list_cities", "{}").await;
    let cities = answer["result"]["structuredContent"]["cities"]
        .as_array()
        .unwrap();
    let ids: Vec<_> = cities.iter().map(|city| city["city"].clone()).collect();
    assert_eq!(ids, PLACES);
    for place in PLACES {
        assert!(text(&answer).contains(&format!("{place}: ")));
    }

    let answer = session
        .call(r#"{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"aareguru://cities"}}"#)
        .await;
    let contents = &answer["result"]["contents"][0];
    assert_eq!(contents["mimeType"], "application/json");
    let read: Value = serde_json::from_str(contents["text"].as_str().unwrap()).unwrap();
    let ids: Vec<_> = read["cities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|city| city["city"].clone())
        .collect();
    assert_eq!(ids, PLACES);
}

#[tokio::test]
async fn tools_have_descriptions_and_are_read_only() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for tool in session.tools().await {
        assert_eq!(tool["annotations"]["readOnlyHint"], true);
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{tool}");
            // Strict clients do not accept a list of types.
            let schema = tool[schema].to_string();
            assert!(!schema.contains(r#""type":["#), "{schema}");
        }
        assert!(tool["description"].as_str().unwrap().len() > 80);
    }
}

#[tokio::test]
async fn initialize_returns_the_server_info() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::open(server.address).await;
    let answer = session.initialize("2025-06-18").await;
    let result = &answer["result"];
    assert_eq!(result["serverInfo"]["name"], "aareguru-mcp");
    assert_eq!(result["serverInfo"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(result["serverInfo"]["title"], "Aareguru");
    assert_eq!(result["serverInfo"]["websiteUrl"], "https://aare.guru");
    let icon = &result["serverInfo"]["icons"][0];
    assert_eq!(icon["mimeType"], "image/svg+xml");
    let src = icon["src"].as_str().unwrap();
    let svg = src.strip_prefix("data:image/svg+xml,").unwrap();
    let svg = percent_encoding::percent_decode_str(svg).decode_utf8();
    assert!(svg.unwrap().starts_with("<svg xmlns="), "{src}");
    assert!(
        result["instructions"]
            .as_str()
            .unwrap()
            .contains("Never give permission to swim")
    );
}

#[tokio::test]
async fn transport_errors_pass_through_the_router() {
    let server = ServerProcess::demo().await;
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let unknown = "/messages/?session_id=3db2eaa67e9849b6bf973c6bb5c88bc5";
    for (request, status) in [
        (post_json("/sse", ping), 405),
        (get("/messages"), 405),
        (post_json("/messages", ping), 400),
        (post_json(unknown, ping), 404),
        (get("/nowhere"), 404),
    ] {
        let answer = send(server.address, &request).await;
        assert_eq!(answer.status, status, "{request}");
    }
    let answer = send(server.address, post_json("/sse", ping)).await;
    assert!(answer.head.contains("allow: GET, HEAD"), "{}", answer.head);
}

#[tokio::test]
async fn sse_headers_pass_through_the_router() {
    let server = ServerProcess::demo().await;
    let head = SseSession::open(server.address).await.head;
    for line in [
        "content-type: text/event-stream; charset=utf-8",
        "cache-control: no-store",
        "x-accel-buffering: no",
    ] {
        assert!(head.lines().any(|l| l == line), "{line} not in {head}");
    }
}
