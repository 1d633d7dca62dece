//! Checks that every request gets a valid GraphQL response.

use std::{sync::LazyLock, time::Duration};

use aareguru::{Client, River};
use async_graphql::Request;
use axum::response::Response;
use proptest::prelude::*;
use rmcp_transport::SseServerConfig;
use tokio::runtime::{Builder, Runtime};

use crate::{
    config::{Config, EditorPage},
    response_json::to_json,
    service::GraphQl,
};

const SEEDS: [&str; 6] = [
    r#"query A($n: String = "bern") { place(name: $n) { id current { water { celsius } } } }"#,
    r#"{ places(names: ["thun", "bern"]) { ...F } } fragment F on Place { id danger { verdict } }"#,
    r#"{ compare { places { place { id } flow { m3PerS } } notes } again: about { version } }"#,
    r#"{ place { history(start: "2023-05-08") { points(max: 9) { at } days { date } } } }"#,
    r#"{ __schema { types { name fields { name } } } __type(name: "Place") { name } }"#,
    r#"{ place { ... on Place @include(if: true) { forecast(hours: 48) { days { date } } } } }"#,
];

const PIECES: [&str; 40] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "\\",
    "#",
    "\n",
    "...",
    "$n",
    "@",
    "!",
    ":",
    "=",
    "|",
    "&",
    "a:",
    "on",
    "query",
    "mutation",
    "subscription",
    "fragment F on Place",
    "...F",
    "__typename",
    "place",
    "id",
    "null",
    "true",
    "-1",
    "1e999",
    "99999999999999999999",
    "{a:{b:[1]}}",
    "@skip(if: $n)",
    "@include(if: false)",
    "name: \"Bärn\"",
    "\u{0}",
    "\u{1F30A}",
];

/// One mutation: its kind, position, length and index in `PIECES`.
type Mutation = (u8, prop::sample::Index, usize, usize);

fn mutate(query: &str, mutations: &[Mutation]) -> String {
    let mut characters: Vec<char> = query.chars().collect();
    for (what, at, much, piece) in mutations {
        let at = at.index(characters.len() + 1);
        let end = (at + much).min(characters.len());
        match what {
            0 => drop(characters.drain(at..end)),
            1 => {
                let again: Vec<char> = characters[at..end].to_vec();
                characters.splice(end..end, again);
            }
            2 => drop(characters.splice(at..at, PIECES[*piece].chars())),
            _ => drop(characters.splice(at..end, PIECES[*piece].chars())),
        }
    }
    characters.into_iter().collect()
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().unwrap());

static GRAPHQL: LazyLock<GraphQl> = LazyLock::new(|| {
    let config = Config {
        max_complexity: 25_000,
        timeout: Duration::from_secs(30),
        allows_introspection: true,
        transport: SseServerConfig::default(),
        editor: EditorPage::new(|_| Response::default()),
    };
    GraphQl::new(River::new(Client::recorded()), config)
});

proptest! {
    #[test]
    fn mutated_query_gets_valid_response(
        seed in 0..SEEDS.len(),
        mutations in prop::collection::vec(
            (0..4_u8, any::<prop::sample::Index>(), 0..40_usize, 0..PIECES.len()), 0..12),
        variable in any::<Option<i64>>(),
    ) {
        let query = mutate(SEEDS[seed], &mutations);
        let variables = serde_json::json!({ "n": variable });
        let request = Request::new(&query)
            .variables(async_graphql::Variables::from_json(variables));
        let answer = to_json(&RUNTIME.block_on(GRAPHQL.query(request)));
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let errors = answer.get("errors").map(|it| it.as_array().unwrap().as_slice());
        prop_assert!(answer.get("data").is_some() || errors.is_some(), "{}: {}", query, answer);
        for error in errors.unwrap_or_default() {
            prop_assert!(error["message"].is_string(), "{}: {}", query, answer);
            prop_assert!(error["extensions"]["code"].is_string(), "{}: {}", query, answer);
        }
    }
}
