//! Valid and invalid requests, and their responses.

use serde_json::{Value, json};

use super::{ask, code, post_query};
use testkit::{
    ALICE, HttpResponse, ServerProcess, get, post, post_json, send, with_header, with_key,
};

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

fn is_of_type(answer: &HttpResponse, content_type: &str) -> bool {
    let line = format!("content-type: {content_type}");
    answer.head.lines().any(|it| it == line)
}

fn body(answer: &HttpResponse) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{}", answer.body))
}

#[tokio::test]
async fn response_status_and_type_follow_the_accept_header() {
    let server = ServerProcess::demo().await;
    let (good, bad) = ("{ about { version } }", "{ nothing }");
    for (accept, query, status, content_type) in [
        ("*/*", good, 200, GRAPHQL),
        ("application/json", good, 200, JSON),
        ("application/graphql-response+json", bad, 400, GRAPHQL),
        ("*/*", "{ place(name: \"x\") { id } }", 200, GRAPHQL),
        ("*/*", "{ about {", 400, GRAPHQL),
        // With plain JSON, errors are reported with status 200.
        ("application/json", bad, 200, JSON),
        ("text/plain", good, 406, GRAPHQL),
    ] {
        let request = post_json("/graphql", &json!({ "query": query }).to_string());
        let request = request.replacen(
            "Host: localhost",
            &format!("Host: localhost\r\nAccept: {accept}"),
            1,
        );
        let answer = send(server.address, request).await;
        assert_eq!(answer.status, status, "{accept} {query}: {}", answer.body);
        assert!(is_of_type(&answer, content_type), "{}", answer.head);
        // An operation that was not executed has no `data`, not even null.
        let is_executed = answer.body.contains("about\":{\"version") || query.contains("place");
        assert_eq!(
            body(&answer).get("data").is_some(),
            is_executed && status == 200
        );
    }
}

#[tokio::test]
async fn invalid_graphql_request_returns_a_graphql_error() {
    let server = ServerProcess::demo().await;
    let with_type = |content_type: &str, body: &str| {
        let header = format!("Content-Type: {content_type}\r\n");
        post("/graphql", &header, body)
    };
    let query = r#"{"query":"{ about { version } }"}"#;
    for (request, status, part) in [
        (post("/graphql", "", query), 415, "application/json"),
        // Content types that an HTML form of another origin can send.
        (with_type("text/plain", query), 415, "application/json"),
        (
            with_type("multipart/form-data; boundary=x", query),
            415,
            "application/json",
        ),
        (
            with_type("application/x-www-form-urlencoded", query),
            415,
            "application/json",
        ),
        (
            with_type("application/json; charset=utf-8", query),
            200,
            "version",
        ),
        (post_json("/graphql", "{"), 400, "as JSON"),
        (post_json("/graphql", "[]"), 400, "no `query`"),
        (
            post_json("/graphql", &format!("[{query}]")),
            400,
            "batches are not supported",
        ),
        (post_json("/graphql", "1"), 400, "a JSON object"),
        (post_json("/graphql", "{}"), 400, "no `query`"),
        (
            post_json("/graphql", r#"{"query":1}"#),
            400,
            "`query`, a text",
        ),
        (
            post_json("/graphql", r#"{"query":"{a}","variables":[]}"#),
            400,
            "`variables`",
        ),
        (get("/graphql"), 400, "no `query`"),
        (
            get("/graphql?query=%7Babout%7Bversion%7D%7D"),
            200,
            "version",
        ),
        (get("/graphql?query=%7Ba&variables=x"), 400, "`variables`"),
        (
            get("/graphql?query=mutation%7Bx%7D"),
            400,
            "not configured for mutations",
        ),
        (
            get("/graphql?query=subscription%7Bmeasurement%7Bverdict%7D%7D"),
            400,
            "text/event-stream",
        ),
    ] {
        let answer = send(server.address, &request).await;
        assert_eq!(answer.status, status, "{request}: {}", answer.body);
        assert!(answer.body.contains(part), "{request}: {}", answer.body);
        let response = body(&answer);
        assert!(response["data"].is_object() || response["errors"][0]["message"].is_string());
    }
    for method in ["PUT", "DELETE"] {
        let request = get("/graphql").replacen("GET", method, 1);
        assert_eq!(send(server.address, request).await.status, 405);
    }
}

#[tokio::test]
async fn oversized_graphql_body_returns_413() {
    let server = ServerProcess::start(&["serve", "--demo", "--max-request-body-bytes=1000"]).await;
    let long = json!({ "query": "{about{version}}", "variables": { "a": "x".repeat(1000) } });
    let answer = send(server.address, post_json("/graphql", &long.to_string())).await;
    assert_eq!(answer.status, 413);
    assert_eq!(code(&body(&answer)), "BAD_REQUEST");
}

#[tokio::test]
async fn variables_and_operation_name_are_applied() {
    let server = ServerProcess::demo().await;
    let request = json!({
        "query": "query A($n: String!) { place(name: $n) { id } } query B { about { version } }",
        "operationName": "A", "variables": { "n": "Thoune" }, "extensions": null,
    });
    let answer = send(server.address, post_json("/graphql", &request.to_string())).await;
    assert_eq!(
        body(&answer),
        json!({ "data": { "place": { "id": "thun" } } })
    );
    let unnamed = json!({ "query": "query A { about { version } } query B { about { credit } }" });
    let answer = send(server.address, post_json("/graphql", &unnamed.to_string())).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn graphql_route_is_behind_authentication_and_rate_limit() {
    let keys = format!("alice:{ALICE}");
    let environment = [("API_KEYS", keys.as_str()), ("RATE_LIMIT_PER_MINUTE", "2")];
    let arguments = ["serve", "--demo", "--base-path=/aare"];
    let server = ServerProcess::start_with(&arguments, &environment).await;
    let query = json!({ "query": "{ about { version } }" }).to_string();
    let request = post_json("/aare/graphql", &query);
    assert_eq!(send(server.address, &request).await.status, 401);
    let foreign = with_key(&request, ALICE).replace("Host: localhost", "Host: evil.example");
    assert_eq!(send(server.address, foreign).await.status, 421);
    let asked = || async { send(server.address, with_key_before_body(&request)).await };
    let first = asked().await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(
        first.head.contains("ratelimit-remaining: 1"),
        "{}",
        first.head
    );
    assert_eq!(asked().await.status, 200);
    assert_eq!(asked().await.status, 429);
    assert_eq!(
        send(server.address, post_json("/graphql", &query))
            .await
            .status,
        401
    );
}

/// Adds the key to the head; `with_header` would add it after the body.
fn with_key_before_body(request: &str) -> String {
    request.replacen(
        "Host: localhost",
        &format!("Host: localhost\r\nX-API-Key: {ALICE}"),
        1,
    )
}

#[tokio::test]
async fn graphql_log_has_the_route_and_not_the_query() {
    let server = ServerProcess::start(&["serve", "--demo", "--log-level=trace"]).await;
    let request = get("/graphql?query=%7Bplace%28name%3A%22secretplace%22%29%7Bid%7D%7D");
    send(server.address, request).await;
    ask(server.address, r#"{ place(name: "secretbody") { id } }"#).await;
    server.signal("TERM").await;
    let (_, logs) = server.wait_for_exit().await;
    assert!(logs.contains("http.route=\"/graphql\""), "{logs}");
    assert!(!logs.contains("secret"), "{logs}");
}

#[tokio::test]
async fn introspection_can_be_disabled_by_the_operator() {
    let schema = "{ __schema { queryType { name } } __type(name: \"Place\") { name } }";
    let server = ServerProcess::demo().await;
    let answer = ask(server.address, schema).await;
    assert_eq!(answer["data"]["__type"]["name"], "Place", "{answer}");

    let server =
        ServerProcess::start_with(&["serve", "--demo"], &[("GRAPHQL_INTROSPECTION", "false")])
            .await;
    for query in [
        schema,
        "query { ...F } fragment F on Query { __type(name: \"Place\") { name } }",
    ] {
        let answer = ask(server.address, query).await;
        assert_eq!(code(&answer), "INTROSPECTION_OFF");
        assert!(answer.get("data").is_none());
    }
    let typename = ask(server.address, "{ __typename }").await;
    assert_eq!(typename["data"]["__typename"], "Query");
    let misspelt = post_query(server.address, "{ plce { id } }").await;
    assert!(!misspelt.body.contains("Did you mean"), "{}", misspelt.body);
}

#[tokio::test]
async fn graphql_page_loads_no_third_party_or_inline_code() {
    let server = ServerProcess::demo().await;
    let request = with_header(&get("/graphql"), "Accept: text/html,*/*;q=0.8");
    let page = send(server.address, request).await;
    assert_eq!(page.status, 200);
    let policy = page
        .head
        .lines()
        .find_map(|line| line.strip_prefix("content-security-policy: "))
        .unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'"));
    assert!(!policy.contains("unsafe"), "{policy}");
    for foreign in ["src=\"http", "style=", "onclick", "<style", "<script>"] {
        assert!(!page.body.contains(foreign), "{foreign}");
    }
    for (file, content_type) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/graphql.css", "text/css; charset=utf-8"),
        ("/graphql.js", "text/javascript; charset=utf-8"),
        ("/graphql_docs.js", "text/javascript; charset=utf-8"),
        ("/graphql_schema.js", "text/javascript; charset=utf-8"),
        ("/graphql_text.js", "text/javascript; charset=utf-8"),
        ("/ask.js", "text/javascript; charset=utf-8"),
    ] {
        let answer = send(server.address, get(file)).await;
        assert_eq!(answer.status, 200);
        assert!(is_of_type(&answer, content_type), "{}", answer.head);
        for foreign in ["https://", "@import", "url(", "innerHTML", "eval("] {
            assert!(!answer.body.contains(foreign), "{file}: {foreign}");
        }
    }
}

#[tokio::test]
async fn sdl_schema_is_served_unless_introspection_is_disabled() {
    let server = ServerProcess::demo().await;
    let response = send(server.address, get("/graphql/schema.graphql")).await;
    assert!(is_of_type(&response, "text/plain; charset=utf-8"));
    assert_eq!(
        response.body,
        include_str!("../../../../../docs/schema.graphql")
    );
    let silent =
        ServerProcess::start_with(&["serve", "--demo"], &[("GRAPHQL_INTROSPECTION", "false")])
            .await;
    let response = send(silent.address, get("/graphql/schema.graphql")).await;
    assert_eq!(response.status, 404);
    assert!(
        response.body.contains("GRAPHQL_INTROSPECTION"),
        "{}",
        response.body
    );
}

#[tokio::test]
async fn response_fields_keep_the_order_of_the_query() {
    let server = ServerProcess::demo().await;
    let query = r#"{ place { current { water { freshness celsius } } danger { verdict floodLevel }
        forecast { notes } history(start: "2023-05-08") { readings } station id }
        compare { boundary } about { version } }"#;
    let response = post_query(server.address, query).await.body;
    let at = |key: &str| response.find(&format!("\"{key}\":")).unwrap();
    let order = [
        "place",
        "current",
        "freshness",
        "celsius",
        "danger",
        "verdict",
        "floodLevel",
        "forecast",
        "history",
        "station",
        "id",
        "compare",
        "about",
    ];
    assert!(order.is_sorted_by_key(|key| at(key)), "{response}");
}

#[tokio::test]
async fn examples_of_page_and_docs_run_without_errors() {
    let server = ServerProcess::demo().await;
    let script = include_str!("../../../../web/assets/graphql.js");
    let mut count = 0;
    for example in script.split("'), `").skip(1) {
        let query = example.split_once('`').unwrap().0;
        assert_runs(&server, query).await;
        count += 1;
    }
    assert_eq!(count, 5);
    let docs = include_str!("../../../../../docs/GRAPHQL.md");
    for example in docs.split("```graphql\n").skip(1) {
        assert_runs(&server, example.split_once("```").unwrap().0).await;
    }
    for script in docs.split("```sh\n").skip(1) {
        let script = script.split_once("```").unwrap().0;
        let script = script.replace("127.0.0.1:8000", &server.address.to_string());
        let output = tokio::process::Command::new("bash")
            .args(["-euc", &script])
            .output()
            .await
            .unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(out.contains(r#""data":{"#), "{script}: {out}");
    }
}

async fn assert_runs(server: &ServerProcess, query: &str) {
    if query.trim_start().starts_with("subscription") {
        let mut stream = super::streams::Stream::open(server.address, query).await;
        let (name, answer) = stream.event().await.unwrap();
        assert_eq!(name, "next");
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        return;
    }
    let request = json!({ "query": query, "variables": { "name": "Bern" } });
    let answer = send(server.address, post_json("/graphql", &request.to_string())).await;
    let answer = body(&answer);
    // The recordings are of 2023 and have no last day.
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let of_recordings = |error: &Value| error["extensions"]["code"] == "NO_DATA";
    assert!(errors.iter().all(of_recordings), "{query}: {answer}");
    assert!(answer["data"].is_object(), "{query}: {answer}");
}
