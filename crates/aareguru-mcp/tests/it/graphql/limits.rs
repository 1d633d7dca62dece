//! Limits on one operation: each is exceeded, and the error names it.

use std::time::Duration;

use rmcp_transport::SseServerConfig;
use serde_json::{Value, json};

use super::{GraphQlServer, code};
use testkit::MockResponse;

/// Asserts that the operation was rejected because of this limit, with these words in the message.
#[track_caller]
fn assert_limit_exceeded(answer: &Value, limit: u64, words: &str) {
    assert_eq!(code(answer), "LIMIT_EXCEEDED", "{answer}");
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["limit"], limit, "{answer}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    assert!(answer.get("data").is_none());
}

#[tokio::test]
async fn query_over_a_limit_is_rejected_without_upstream_requests() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    let nested = |n: usize| "{ a ".repeat(n) + &"}".repeat(n);
    let aliases =
        |n: usize| -> String { (0..n).map(|n| format!("a{n}: place {{ id }} ")).collect() };
    let directives = "@include(if: true) ".repeat(31);
    let bomb: String = (0..20)
        .map(|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1))
        .collect();
    for (query, limit, words) in [
        (
            format!("{{ about {{ version }} }} #{}", " ".repeat(16_384)),
            16_384,
            "bytes",
        ),
        ("{ about { version } } ".repeat(600), 2_500, "tokens"),
        (nested(40), 32, "brackets"),
        (
            format!(
                "{{ place(name: {}{}) {{ id }} }}",
                "[".repeat(40),
                "]".repeat(40)
            ),
            32,
            "brackets",
        ),
        (nested(12), 10, "nested too deep"),
        (format!("{{ {} }}", aliases(31)), 30, "aliases at the top"),
        (
            format!("{{ about {directives} {{ version }} }}"),
            30,
            "directives",
        ),
        (
            format!("{{ places {{ {} }} }}", "id ".repeat(1_000)),
            1_000,
            "fields",
        ),
        // A million fields in a kilobyte.
        (
            format!("{{ ...F0 }} {bomb} fragment F20 on Query {{ about {{ version }} }}"),
            1_000,
            "fields",
        ),
        (
            "{ __schema { types { fields { type { fields { type { fields { type { fields { name \
             } } } } } } } } } }"
                .to_owned(),
            3,
            "lists of the schema",
        ),
        (
            "{ places { history { points { at celsius m3PerS } again: points { at celsius } } } }"
                .to_owned(),
            25_000,
            "values",
        ),
        (
            format!(
                "{{ place {{ {} }} }}",
                (0..26)
                    .map(|n| format!("h{n}: history(start: \"-{} hours\") {{ readings }} ", n + 1))
                    .collect::<String>()
            ),
            25_000,
            "values",
        ),
    ] {
        assert_limit_exceeded(&server.ask(&query).await, limit, words);
    }
    assert_eq!(server.upstream.requests().len(), 0);
    // Just below them.
    let answer = server.ask(&format!("{{ {} }}", aliases(30))).await;
    assert_eq!(answer["data"]["a29"]["id"], "bern", "{answer}");
}

#[tokio::test]
async fn recursive_fragment_is_rejected() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    let query = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    let answer = server.ask(query).await;
    assert_eq!(code(&answer), "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn introspection_query_is_within_the_limits() {
    let server = GraphQlServer::start(MockResponse::Recordings).await;
    let of_type = "ofType { kind name ".repeat(9) + &"}".repeat(9);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} mutationType {{ name }} \
         subscriptionType {{ name }} types {{ ...FullType }} directives {{ name description \
         isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }} \
         fragment FullType on __Type {{ kind name description specifiedByURL \
         fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) \
         {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated deprecationReason }} \
         inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }} \
         enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }} \
         possibleTypes {{ ...TypeRef }} }} \
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} \
         defaultValue isDeprecated deprecationReason }} \
         fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    let answer = server.ask(&query).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    assert!(
        answer["data"]["__schema"]["types"]
            .as_array()
            .unwrap()
            .len()
            > 30
    );
}

#[tokio::test]
async fn query_limits_for_cost_and_time_are_configurable() {
    let arguments = ["--graphql-max-complexity=10", "--graphql-timeout-seconds=1"];
    let bounds = SseServerConfig::default();
    let change = |config: &mut aareguru::Config| config.total_timeout = Duration::from_secs(60);
    let server = GraphQlServer::start_with(MockResponse::Never, change, &arguments, bounds).await;
    let answer = server.ask("{ places { id name } }").await;
    assert_limit_exceeded(&answer, 10, "values");
    let answer = server.ask("{ compare { boundary } }").await;
    assert_eq!(code(&answer), "TIMEOUT", "{answer}");
    let about = server.ask("{ about { boundary } }").await;
    assert_eq!(about["errors"], json!(null));
}
