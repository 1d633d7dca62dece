//! Golden files for every tool in the situations that matter, in `tests/it/golden`. After an
//! intended change, `INSTA_UPDATE=always` rewrites them; review the difference before you commit
//! it.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use testkit::{MockResponse, SseSession, recordings::CURRENT_BERN};

use crate::{
    tools::forbidden_claims::assert_no_forbidden_claims,
    tools::in_process_server::{InProcessServer, at, recorded},
};

const FLOOD: &str = include_str!("../data/current-bern-flood-2021-07-11.abridged.json");
const SYNTHETIC_CALM: &str = include_str!("../data/synthetic-calm-current-bern.json");
const SYNTHETIC_HIGH: &str = include_str!("../data/synthetic-high-water-current-bern.json");
const SYNTHETIC_CALM_WIDGET: &str = include_str!("../data/synthetic-calm-widget.json");
const SYNTHETIC_HIGH_WIDGET: &str = include_str!("../data/synthetic-high-water-widget.json");

/// The state of the river and the time of the call.
#[derive(Clone, Copy)]
enum Situation {
    /// The recordings as if they had just arrived.
    Normal,
    /// The same, three hours after the measurement.
    Stale,
    /// The same, more than a day after the measurement.
    Old,
    /// The same as a stale response, because the API fails.
    UpstreamTrouble,
    /// The recordings, marked as such.
    Recorded,
    /// Bern in July 2021.
    Flood,
    SyntheticCalm,
    SyntheticHighWater,
    /// The flow is missing although there is a gauge.
    SyntheticMissingFlow,
    /// Neither gauge nor forecast nor weather, as expected for Olten.
    SyntheticOlten,
    /// The flood level reported by the API is higher than the one derived from the flow.
    SyntheticDisagreement,
    /// Nothing has changed for two days.
    SyntheticStuck,
}

use Situation::*;

/// The situations for tools that describe one place.
const AT_ONE_PLACE: [Situation; 12] = [
    Normal,
    Stale,
    Old,
    UpstreamTrouble,
    Recorded,
    Flood,
    SyntheticCalm,
    SyntheticHighWater,
    SyntheticMissingFlow,
    SyntheticOlten,
    SyntheticDisagreement,
    SyntheticStuck,
];

/// Returns every golden file: tool, arguments, situations.
fn all() -> Vec<(&'static str, Value, &'static [Situation])> {
    vec![
        ("get_current_temperature", json!({}), &AT_ONE_PLACE),
        ("get_current_conditions", json!({}), &AT_ONE_PLACE),
        ("get_flow_danger_level", json!({}), &AT_ONE_PLACE),
        ("get_forecast", json!({"hours": 48}), &AT_ONE_PLACE),
        (
            "get_historical_data",
            json!({"start": "-90 minutes"}),
            &[
                Normal,
                UpstreamTrouble,
                Recorded,
                Flood,
                SyntheticHighWater,
                SyntheticMissingFlow,
                SyntheticOlten,
            ],
        ),
        (
            "compare_cities",
            json!({}),
            &[
                Normal,
                Stale,
                Old,
                UpstreamTrouble,
                Recorded,
                SyntheticCalm,
                SyntheticHighWater,
                SyntheticMissingFlow,
            ],
        ),
        (
            "list_cities",
            json!({}),
            &[Normal, Stale, Old, UpstreamTrouble, Recorded],
        ),
    ]
}

#[tokio::test]
async fn current_temperature_matches_golden_files() {
    assert_golden("get_current_temperature").await;
}

#[tokio::test]
async fn current_conditions_match_golden_files() {
    assert_golden("get_current_conditions").await;
}

#[tokio::test]
async fn flow_danger_level_matches_golden_files() {
    assert_golden("get_flow_danger_level").await;
}

#[tokio::test]
async fn forecast_matches_golden_files() {
    assert_golden("get_forecast").await;
}

#[tokio::test]
async fn historical_data_matches_golden_files() {
    assert_golden("get_historical_data").await;
}

#[tokio::test]
async fn compare_cities_matches_golden_files() {
    assert_golden("compare_cities").await;
}

#[tokio::test]
async fn list_cities_matches_golden_files() {
    assert_golden("list_cities").await;
}

#[tokio::test]
async fn golden_files_cover_every_tool() {
    let address = recorded("2026-11-24T12:00:00Z").await;
    let tools = SseSession::initialized(address).await.tools().await;
    let tools: BTreeSet<_> = tools
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(tools, all().into_iter().map(|(tool, ..)| tool).collect());
}

/// A stale golden file would never be checked.
#[test]
fn golden_folder_has_no_unused_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    let existing: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".snap"))
        .collect();
    let expected = all().into_iter().flat_map(|(tool, _, situations)| {
        let name = move |situation: &Situation| format!("{tool}@{}.snap", situation.name());
        situations.iter().map(name)
    });
    assert_eq!(existing, expected.collect());
}

async fn assert_golden(tool: &str) {
    let all = all();
    let (_, arguments, situations) = all.iter().find(|(name, ..)| *name == tool).unwrap();
    for situation in *situations {
        let (_mcp, mut session) = situation.arrange(tool).await;
        let mut arguments = arguments.clone();
        if matches!(situation, SyntheticOlten) {
            arguments["city"] = json!("olten");
        }
        let answer = session.call_tool(1, tool, &arguments.to_string()).await;
        let result = &answer["result"];
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_no_forbidden_claims(&result.to_string());
        let structured = serde_json::to_string_pretty(&result["structuredContent"]).unwrap();
        let rendered = format!("{tool} {arguments}\n\n{text}\n\n{structured}");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../golden");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::assert_snapshot!(format!("{tool}@{}", situation.name()), rendered);
        });
    }
}

impl Situation {
    fn name(self) -> &'static str {
        match self {
            Normal => "normal",
            Stale => "stale",
            Old => "old",
            UpstreamTrouble => "upstream-trouble",
            Recorded => "recorded",
            Flood => "flood",
            SyntheticCalm => "synthetic-calm",
            SyntheticHighWater => "synthetic-high-water",
            SyntheticMissingFlow => "synthetic-missing-flow",
            SyntheticOlten => "synthetic-olten",
            SyntheticDisagreement => "synthetic-disagreement",
            SyntheticStuck => "synthetic-stuck",
        }
    }

    /// Starts a server in this situation. Holding the first part of the result keeps it running.
    async fn arrange(self, tool: &str) -> (Option<InProcessServer>, SseSession) {
        if matches!(self, Recorded) {
            let address = recorded("2026-11-24T12:00:00Z").await;
            return (None, SseSession::initialized(address).await);
        }
        let mcp = InProcessServer::start(self.reply(), self.now(tool)).await;
        let mut session = mcp.session().await;
        if matches!(self, UpstreamTrouble) {
            let arguments = json!({}).to_string();
            session.call_tool(0, tool, &arguments).await;
            mcp.upstream.reply(MockResponse::status(503));
            let twenty_minutes = jiff::SignedDuration::from_mins(20);
            mcp.clock.set(mcp.clock.now() + twenty_minutes);
        }
        (Some(mcp), session)
    }

    fn reply(self) -> MockResponse {
        let current = |body: &str| MockResponse::at([("current", MockResponse::text(body))]);
        let both = |body: &str, widget: &str| {
            MockResponse::at([
                ("current", MockResponse::text(body)),
                ("widget", MockResponse::text(widget)),
            ])
        };
        match self {
            Normal | Stale | Old | UpstreamTrouble | Recorded => MockResponse::Recordings,
            Flood => current(FLOOD),
            SyntheticCalm => both(SYNTHETIC_CALM, SYNTHETIC_CALM_WIDGET),
            SyntheticHighWater => both(SYNTHETIC_HIGH, SYNTHETIC_HIGH_WIDGET),
            SyntheticMissingFlow => both(
                &without_flow(SYNTHETIC_CALM),
                &without_flow(SYNTHETIC_CALM_WIDGET),
            ),
            SyntheticOlten => current(&olten()),
            SyntheticDisagreement => current(&with_level(SYNTHETIC_CALM, 3)),
            SyntheticStuck => current(&stuck()),
        }
    }

    /// Returns the present: some minutes after the measurement, or later.
    fn now(self, tool: &str) -> &'static str {
        match (self, tool) {
            (Normal | UpstreamTrouble, "list_cities") => "2023-05-09T15:05:00Z",
            (Normal | UpstreamTrouble, "compare_cities") => "2024-08-19T21:25:00Z",
            (Normal | UpstreamTrouble, _) => "2023-05-09T11:38:00Z",
            (Stale, "list_cities") => "2023-05-09T18:05:00Z",
            (Stale, "compare_cities") => "2024-08-20T00:25:00Z",
            (Stale, _) => "2023-05-09T14:38:00Z",
            (Old, "list_cities") => "2023-05-10T17:05:00Z",
            (Old, "compare_cities") => "2024-08-20T23:25:00Z",
            (Old, _) => "2023-05-10T13:38:00Z",
            (Flood, _) => "2021-07-11T11:12:00Z",
            _ => "2026-07-04T12:15:00Z",
        }
    }
}

/// Sets every `flow` field to null.
fn without_flow(body: &str) -> String {
    fn forget(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if name.starts_with("flow") {
                        *value = Value::Null;
                    }
                    forget(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(forget),
            _ => {}
        }
    }
    let mut body = serde_json::from_str(body).unwrap();
    forget(&mut body);
    body.to_string()
}

fn olten() -> String {
    let calm: Value = serde_json::from_str(&without_flow(SYNTHETIC_CALM)).unwrap();
    json!({
        "aare": {
            "location": "Oute",
            "location_long": "Oute",
            "timestamp": calm["aare"]["timestamp"],
            "temperature": 19.5,
            "temperature_prec": 19.46,
            "temperature_text": "Ja eh!",
            "flow": null,
            "forecast2h": null,
        },
        "aarepast": calm["aarepast"],
    })
    .to_string()
}

fn with_level(body: &str, level: u8) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    body["aare"]["flow_gefahrenstufe"] = json!(level);
    body.to_string()
}

/// Returns the recorded series with every reading equal to the last one.
fn stuck() -> String {
    let mut body: Value = serde_json::from_str(SYNTHETIC_CALM).unwrap();
    let recorded: Value = serde_json::from_str(CURRENT_BERN).unwrap();
    let last = at("2026-07-04T12:00:00Z").as_second();
    let shift = last - recorded["aare"]["timestamp"].as_i64().unwrap();
    let past = recorded["aarepast"].as_array().unwrap().iter();
    let constant = past.map(|point| {
        let at = point["timestamp"].as_i64().unwrap() + shift;
        json!({"timestamp": at, "flow": 148, "temperature": 19.46})
    });
    body["aarepast"] = constant.collect();
    body.to_string()
}
