//! The prompts, over the real binary with its recordings.

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession};

const PROMPTS: [&str; 3] = [
    "daily-swimming-report",
    "compare-swimming-spots",
    "weekly-trend-analysis",
];

async fn demo() -> (ServerProcess, SseSession) {
    let server = ServerProcess::demo().await;
    let session = SseSession::initialized(server.address).await;
    (server, session)
}

async fn ask(session: &mut SseSession, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    session.call(&message.to_string()).await
}

async fn text(session: &mut SseSession, name: &str, arguments: Value) -> String {
    let params = json!({"name": name, "arguments": arguments});
    let answer = ask(session, "prompts/get", params).await;
    let messages = answer["result"]["messages"].as_array();
    let [message] = &messages.unwrap_or_else(|| panic!("{answer}"))[..] else {
        panic!("{answer}");
    };
    assert_eq!(message["role"], "user");
    assert_eq!(message["content"]["type"], "text");
    message["content"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn prompts_and_arguments_have_descriptions() {
    let (_server, mut session) = demo().await;
    let answer = ask(&mut session, "prompts/list", json!({})).await;
    let prompts = answer["result"]["prompts"].as_array().unwrap();
    let shown: Vec<_> = prompts
        .iter()
        .map(|prompt| {
            for described in prompt["arguments"]
                .as_array()
                .unwrap()
                .iter()
                .chain([prompt])
            {
                assert!(described["title"].as_str().unwrap().len() > 3);
                assert!(described["description"].as_str().unwrap().len() > 20);
            }
            let arguments = prompt["arguments"].as_array().unwrap().iter();
            let names: Vec<_> = arguments
                .map(|argument| {
                    assert_eq!(argument["required"], false);
                    argument["name"].as_str().unwrap()
                })
                .collect();
            (prompt["name"].as_str().unwrap(), names)
        })
        .collect();
    assert_eq!(
        shown,
        [
            (PROMPTS[0], vec!["city", "include_forecast"]),
            (PROMPTS[1], vec!["cities", "min_temperature"]),
            (PROMPTS[2], vec!["city", "days"]),
        ]
    );
}

#[tokio::test]
async fn prompts_without_arguments_name_existing_tools_and_safety_rules() {
    let (_server, mut session) = demo().await;
    let tools = ask(&mut session, "tools/list", json!({})).await;
    let tools = tools["result"]["tools"].as_array().unwrap();
    for name in PROMPTS {
        for params in [
            json!({ "name": name }),
            json!({"name": name, "arguments": {}}),
        ] {
            let answer = ask(&mut session, "prompts/get", params).await;
            assert!(answer["result"]["description"].is_string(), "{answer}");
        }
        let text = text(&mut session, name, json!({})).await;
        let calls = text.split('`').skip(1).step_by(2);
        let mut calls = calls.filter(|word| word.starts_with("get_") || word.ends_with("_cities"));
        assert!(calls.clone().count() >= 2, "{text}");
        assert!(
            calls.all(|call| tools.iter().any(|tool| tool["name"] == call)),
            "{text}"
        );
        for part in [
            "Never tell anybody that they may swim",
            "do_not_swim, caution, no_known_warning, unknown",
            "What is null or missing is unknown: not zero and not level 1",
            "where and when it was measured",
            "credit aare.guru and BAFU",
        ] {
            assert!(text.contains(part), "{part} not in {text}");
        }
        assert!(!text.to_lowercase().contains("safe"), "{text}");
    }
}

#[tokio::test]
async fn tool_calls_named_in_prompts_succeed() {
    let (_server, mut session) = demo().await;
    for (name, arguments) in [
        (PROMPTS[0], json!({"city": "Marzili"})),
        (PROMPTS[1], json!({"cities": "thun, bern"})),
        (PROMPTS[2], json!({"city": "bern", "days": "1"})),
    ] {
        let text = text(&mut session, name, arguments).await;
        let mut calls = 0;
        for line in text.lines().filter(|line| line.contains("` with {")) {
            let (tool, rest) = line.split_once('`').unwrap().1.split_once('`').unwrap();
            let arguments = rest.split_once('{').unwrap().1.split_once('}').unwrap().0;
            let arguments = format!("{{{arguments}}}");
            let answer = session.call_tool(2, tool, &arguments).await;
            assert_eq!(answer["result"]["isError"], false, "{line}: {answer}");
            calls += 1;
        }
        assert!(calls >= 1, "{text}");
    }
}

#[tokio::test]
async fn prompt_arguments_change_the_suggested_calls() {
    let (_server, mut session) = demo().await;
    for (name, arguments, says) in [
        (PROMPTS[0], json!({"city": "Thoune"}), r#"{"city": "thun"}"#),
        (PROMPTS[0], json!({"city": " "}), r#"{"city": "bern"}"#),
        (
            PROMPTS[0],
            json!({"include_forecast": "yes"}),
            "`get_forecast`",
        ),
        (PROMPTS[1], json!({}), "`compare_cities` with {}"),
        (
            PROMPTS[1],
            json!({"cities": "Thoune, BÄRN,,thun"}),
            r#"`compare_cities` with {"cities":["thun","bern"]}"#,
        ),
        (
            PROMPTS[1],
            json!({"cities": "Bern, Schönau"}),
            r#"{"cities":["bern"]}"#,
        ),
        (
            PROMPTS[1],
            json!({"min_temperature": "18,5"}),
            "at least 18.5 °C",
        ),
        (PROMPTS[1], json!({"min_temperature": 18}), "at least 18 °C"),
        (PROMPTS[2], json!({}), r#""start": "-7 days""#),
        (PROMPTS[2], json!({"days": "14"}), r#""start": "-14 days""#),
    ] {
        let text = text(&mut session, name, arguments).await;
        assert!(text.contains(says), "{says} not in {text}");
    }
    for no in [json!("false"), json!("No"), json!(false)] {
        let text = text(&mut session, PROMPTS[0], json!({"include_forecast": no})).await;
        assert!(!text.contains("get_forecast"), "{text}");
    }
    let text = text(&mut session, PROMPTS[1], json!({})).await;
    assert!(!text.contains("at least"), "{text}");
}

#[tokio::test]
async fn invalid_prompt_arguments_return_a_helpful_error() {
    let (_server, mut session) = demo().await;
    for (name, arguments, says) in [
        (
            PROMPTS[0],
            json!({"city": "atlantis"}),
            "unknown place `atlantis`: the Aare is measured at brienz, interlaken",
        ),
        (
            PROMPTS[2],
            json!({"city": "Basel"}),
            "Basel lies on the Rhine",
        ),
        (
            PROMPTS[1],
            json!({"cities": "bern, atlantis"}),
            "unknown place `atlantis`: the Aare is measured at brienz",
        ),
        (PROMPTS[0], json!({"city": ["bern"]}), "`city` must be text"),
        (
            PROMPTS[0],
            json!({"include_forecast": "maybe"}),
            "`include_forecast` must be `true` or `false`, not `maybe`",
        ),
        (
            PROMPTS[1],
            json!({"min_temperature": "warm"}),
            "`min_temperature` must be a number of °C from 0 to 40, not `warm`",
        ),
        (
            PROMPTS[1],
            json!({"min_temperature": "NaN"}),
            "from 0 to 40",
        ),
        (PROMPTS[1], json!({"min_temperature": "-1"}), "from 0 to 40"),
        (
            PROMPTS[2],
            json!({"days": "32"}),
            "`days` must be a whole number from 1 to 31, not `32`",
        ),
        (PROMPTS[2], json!({"days": "a week"}), "from 1 to 31"),
        (PROMPTS[2], json!({"days": "0"}), "from 1 to 31"),
        (
            PROMPTS[2],
            json!({"town": "bern"}),
            "unknown argument `town`; `weekly-trend-analysis` takes city, days",
        ),
        (
            "swim",
            json!({}),
            "unknown prompt `swim`; there are daily-swimming-report, compare-swimming-spots, \
             weekly-trend-analysis",
        ),
    ] {
        let params = json!({"name": name, "arguments": arguments});
        let answer = ask(&mut session, "prompts/get", params).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
}
