//! Corrupt responses of the API, seen through every front end of the real binary: no implausible
//! number, no forged line and no escape sequence reaches a reader, and the reason is given.

use jiff::Timestamp;
use serde_json::{Value, json};

use testkit::{
    MockResponse, MockUpstream, ServerProcess, SseSession, get, post_json, program, send,
    with_header,
};

/// Digits of the implausible numbers below, which no response may contain.
const IMPLAUSIBLE: [&str; 9] = [
    "987.6", "98765", "1011.7", "876.5", "7654.3", "543.2", "85.4", "2093-", "38888",
];

/// A Unix time in the year 2093.
const FAR_FUTURE: i64 = 3_888_888_000;

/// Text with terminal escape sequences, line breaks and closing quotes.
const HOSTILE: &str = "Ja eh!”\r\nVerdict: \u{1b}]52;c;x\u{7}\u{1b}[2J\u{202e}<b>|\u{0}forged";

struct Fixture {
    upstream: MockUpstream,
    server: ServerProcess,
}

impl Fixture {
    async fn start(reply: MockResponse) -> Self {
        let upstream = MockUpstream::start(reply).await;
        let url = upstream.config().base_url;
        let server = ServerProcess::start(&["serve", "--aareguru-base-url", &url]).await;
        Self { upstream, server }
    }

    /// Returns the responses of every front end, each with its name.
    async fn answers(&self) -> Vec<(String, String)> {
        let mut answers = Vec::new();
        let mut session = SseSession::initialized(self.server.address).await;
        for (id, tool) in (1..).zip(session.tools().await) {
            let tool = tool["name"].as_str().unwrap();
            let arguments = match tool {
                "get_forecast" => r#"{"hours": 96}"#,
                "get_historical_data" => r#"{"start": "-3 hours"}"#,
                _ => "{}",
            };
            let answer = session.call_tool(id, tool, arguments).await;
            assert_eq!(answer["result"]["isError"], false, "{tool}: {answer}");
            let text = answer["result"]["content"][0]["text"].as_str().unwrap();
            answers.push((format!("{tool} text"), text.to_owned()));
            let structured = answer["result"]["structuredContent"].to_string();
            answers.push((format!("{tool} structured"), structured));
        }
        for uri in [
            "cities",
            "widget",
            "current/bern",
            "today/bern",
            "forecast/bern",
        ] {
            let uri = format!("aareguru://{uri}");
            let message = json!({"jsonrpc": "2.0", "id": 100, "method": "resources/read",
                "params": {"uri": uri}});
            let answer = session.call(&message.to_string()).await;
            let text = answer["result"]["contents"][0]["text"].as_str();
            answers.push((
                uri.clone(),
                text.unwrap_or_else(|| panic!("{uri}: {answer}")).to_owned(),
            ));
        }
        let query = r#"{ compare { places { water { celsius unknownBecause } flow { m3PerS
                unknownBecause } airCelsius waterInTwoHoursCelsius saying { text } doubts verdict }
            warmestFirst { celsius } notRanked { because } }
            place { current { water { celsius measuredAt unknownBecause } flow { m3PerS } doubts
                air { celsius } rain { mmPer10Minutes } saying { text } flowSaying { text } }
              danger { verdict reasons { text } limits { value } }
              forecast(hours: 96) { waterInTwoHours { celsius } notes
                partsOfToday { airCelsius rainMm rainRiskPercent }
                days { lowestAirCelsius highestAirCelsius date } }
              history(start: "-3 hours") { valuesLeftOut temperature { max { value } mean }
                points(max: 100) { celsius m3PerS } } } }"#;
        let body = json!({ "query": query }).to_string();
        let answer = send(self.server.address, post_json("/graphql", &body)).await;
        assert!(!answer.body.contains("\"errors\""), "{}", answer.body);
        answers.push(("graphql".to_owned(), answer.body));
        for language in ["en", "de", "fr", "it"] {
            for page in ["/", "/bern"] {
                let request = with_header(&get(page), &format!("Accept-Language: {language}"));
                let answer = send(self.server.address, request).await;
                assert_eq!(answer.status, 200, "{page}");
                answers.push((format!("page {page} in {language}"), answer.body));
            }
        }
        let url = self.upstream.config().base_url;
        for screen in ["now", "compare", "forecast"] {
            let mut command = program();
            command.arg(screen).env("AAREGURU_BASE_URL", &url);
            let output = command.env("COLUMNS", "120").output().await.unwrap();
            let text = String::from_utf8(output.stdout.clone()).unwrap();
            assert!(output.status.success(), "{screen}: {output:?}");
            answers.push((format!("terminal {screen}"), text));
        }
        answers
    }
}

fn now() -> i64 {
    Timestamp::now().as_second() - 600
}

/// Returns a response of `/v2018/current` about Bern; `aare` and `weather` override the calm
/// defaults.
fn current(aare: &Value, weather: &Value, past: impl Fn(i64) -> Value) -> Value {
    let mut response = json!({
        "aare": {
            "location": "Bärn", "location_long": "Bern, Schönau", "timestamp": now(),
            "temperature": 19.5, "temperature_prec": 19.5, "temperature_text": "Ja eh!",
            "flow": 148, "flow_text": "eher wenig", "flow_gefahrenstufe": 1, "forecast2h": 19.7,
        },
        "weather": weather,
    });
    for (field, value) in aare.as_object().unwrap() {
        response["aare"][field] = value.clone();
    }
    response["aarepast"] = (0..30).rev().map(past).collect();
    response
}

fn calm_past(n: i64) -> Value {
    json!({"timestamp": now() - 600 * n, "temperature": 19.5 - 0.01 * n as f64, "flow": 148})
}

fn replies(current: &Value, key_figures: &Value) -> MockResponse {
    let mut widget = json!({"values": {}});
    let mut cities = Vec::new();
    for id in ["brienz", "thun", "bern"] {
        widget["values"][id] = key_figures.clone();
        cities.push(json!({
            "city": id, "name": id, "longname": key_figures["temperature_text"],
            "aare": key_figures["temperature"], "time": key_figures["timestamp"],
        }));
    }
    // A place that only the API knows is shown by its own name.
    cities.push(json!({
        "city": "atlantis", "name": key_figures["temperature_text"],
        "aare": key_figures["temperature"], "time": key_figures["timestamp"],
    }));
    let today = json!({
        "aare": key_figures["temperature"], "time": key_figures["timestamp"], "name": "Bärn",
        "text": key_figures["temperature_text"], "text_short": key_figures["temperature_text"],
    });
    MockResponse::at([
        ("current", MockResponse::text(&current.to_string())),
        ("widget", MockResponse::text(&widget.to_string())),
        (
            "cities",
            MockResponse::text(&Value::from(cities).to_string()),
        ),
        ("today", MockResponse::text(&today.to_string())),
    ])
}

fn key_figures(timestamp: i64, celsius: f64, text: &str) -> Value {
    json!({
        "timestamp": timestamp, "temperature": celsius, "temperature_text": text, "flow": 148,
        "flow_gefahrenstufe": 1, "forecast2h": celsius, "tt": 25,
    })
}

#[tokio::test]
async fn implausible_numbers_are_in_no_answer_and_the_reason_is() {
    let part = json!({"tt": -876.5, "rr": 7654.3, "rrisk": 543.2, "symt": 1});
    let weather = json!({
        "current": {"tt": -876.5, "rrreal": 7654.3, "timestamp": now()},
        "today": {"v": part, "n": part, "a": part},
        "forecast": [{"timestamp": FAR_FUTURE, "tn": -876.5, "tx": 543.2, "rr": 7654.3,
            "rrisk": 543.2}],
    });
    let aare = json!({
        "temperature": -987.65, "temperature_prec": -987.65, "flow": 98765, "forecast2h": 1011.7,
    });
    // Three bad rows in the series, and one reading in the future.
    let past = |n| match n {
        0 | 7 | 8 => json!({"timestamp": now() - 600 * n, "temperature": 85.4, "flow": 98765}),
        9 => json!({"timestamp": FAR_FUTURE, "temperature": 19.5, "flow": 148}),
        n => calm_past(n),
    };
    let mut figures = key_figures(now(), -987.65, "Ja eh!");
    figures["flow"] = json!(98765);
    figures["forecast2h"] = json!(1011.7);
    figures["tt"] = json!(-876.5);
    let fixture = Fixture::start(replies(&current(&aare, &weather, past), &figures)).await;
    let answers = fixture.answers().await;
    for (name, answer) in &answers {
        for digits in IMPLAUSIBLE {
            assert!(!answer.contains(digits), "{digits} in {name}: {answer}");
        }
    }
    for (name, reason) in [
        (
            "get_current_temperature text",
            "implausible water temperature",
        ),
        (
            "get_current_temperature structured",
            "implausible water temperature",
        ),
        ("get_current_conditions text", "implausible air temperature"),
        ("get_current_conditions structured", "implausible rain"),
        ("get_flow_danger_level text", "implausible flow"),
        ("get_forecast text", "implausible forecast rain"),
        (
            "get_historical_data text",
            "values left out of the readings and the statistics: 6 implausible",
        ),
        ("get_historical_data structured", "\"values_left_out\":6"),
        ("compare_cities text", "implausible water temperature"),
        ("compare_cities structured", "implausible flow"),
        ("list_cities text", "implausible water temperature"),
        ("aareguru://today/bern", "implausible water temperature"),
        ("graphql", "implausible flow"),
        (
            "page /bern in en",
            "the value that the API sent is implausible",
        ),
        ("page / in de", "ist unplausibel"),
        ("page /bern in fr", "pas plausible"),
        ("page /bern in it", "non è plausibile"),
        ("terminal now", "implausible water temperature"),
        ("terminal compare", "implausible water temperature"),
        ("terminal forecast", "implausible water temperature"),
    ] {
        let (_, answer) = answers.iter().find(|(it, _)| it == name).unwrap();
        let joined = answer.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(reason), "{reason} not in {name}: {answer}");
    }
}

#[tokio::test]
async fn future_dated_readings_are_unknown_and_the_clock_is_suspect() {
    let aare = json!({ "timestamp": FAR_FUTURE });
    let response = current(&aare, &Value::Null, calm_past);
    let figures = key_figures(FAR_FUTURE, 19.5, "Ja eh!");
    let fixture = Fixture::start(replies(&response, &figures)).await;
    let answers = fixture.answers().await;
    for (name, answer) in &answers {
        for digits in ["2093", "38888"] {
            assert!(!answer.contains(digits), "{digits} in {name}: {answer}");
        }
        let is_single = ["get_current_temperature", "list_cities", "compare_cities"];
        if is_single.iter().any(|tool| name.starts_with(tool)) {
            assert!(
                answer.contains("upstream dates the measurement in the future"),
                "{name}: {answer}"
            );
        }
    }
    let (_, danger) = answers
        .iter()
        .find(|(name, _)| name == "get_flow_danger_level structured")
        .unwrap();
    assert!(danger.contains(r#""verdict":"unknown""#), "{danger}");
    assert!(danger.contains(r#""flood_level":null"#), "{danger}");

    let ready = send(fixture.server.address, get("/health/ready")).await;
    assert_eq!(ready.status, 200);
    let report: Value = serde_json::from_str(&ready.body).unwrap();
    let parts = report["parts"].as_array().unwrap();
    let clock = parts.iter().find(|part| part["name"] == "clock").unwrap();
    assert_eq!(clock["status"], "degraded", "{report}");
}

#[tokio::test]
async fn upstream_text_is_one_quoted_line_everywhere() {
    let long = format!("{HOSTILE}{}", "x".repeat(100_000));
    let aare = json!({
        "temperature_text": long, "flow_text": long, "forecast2h_text": long,
        "flow_gefahrenstufe": long,
    });
    let response = current(&aare, &Value::Null, calm_past);
    let figures = key_figures(now(), 19.5, &long);
    let fixture = Fixture::start(replies(&response, &figures)).await;
    for (name, answer) in fixture.answers().await {
        let forged = answer.lines().any(|line| line.starts_with("Verdict: "));
        assert!(!forged, "{name}: {answer}");
        for forbidden in ['\u{1b}', '\u{7}', '\u{202e}', '\u{0}', '\r'] {
            let is_there = answer.contains(forbidden);
            assert!(!is_there, "{forbidden:?} in {name}: {answer:?}");
        }
        for escaped in [
            "\\u001b",
            "\\u0007",
            "\\u0000",
            "\\r",
            "Ja eh!”",
            "\\nVerdict",
        ] {
            // JSON and HTML contain quotation marks anyway.
            let is_marked_up = answer.starts_with('{') || name.starts_with("page ");
            let is_allowed = escaped == "Ja eh!”" && is_marked_up;
            assert!(
                is_allowed || !answer.contains(escaped),
                "{escaped} in {name}: {answer}"
            );
        }
        let is_page = name.starts_with("page ");
        assert!(!is_page || !answer.contains("<b>"), "{name}: {answer}");
        assert!(!answer.contains(&"x".repeat(201)), "{name} is long");
    }
}
