//! Responses of the real binary from its recordings.

use serde_json::json;

use super::{ask, code};
use testkit::ServerProcess;

use crate::tools::forbidden_claims::assert_no_forbidden_claims;

#[tokio::test]
async fn place_query_returns_all_fields_of_a_place() {
    let server = ServerProcess::demo().await;
    let answer = ask(
        server.address,
        r#"{
            place(name: "Bärn") {
                id name station latitude gauge measures note
                floodLevels { level fromM3PerS source { name url date } }
                swimmingLimits { fromM3PerS verdict text source { name } }
                current {
                    water { celsius measuredAt measuredAtLocal freshness recordedOn unknownBecause }
                    flow { m3PerS }
                    lawns { name sunFrom }
                    buebercanal: bueberCanal { isOpen since }
                }
                danger { floodLevel verdict headline reasons { text sources { name } } boundary }
                forecast(hours: 48) { waterInTwoHours { celsius direction } days { date weather } }
                history(start: "2023-05-08") {
                    readings temperature { min { value at } median } days { date }
                    points(max: 10) { at celsius m3PerS }
                }
            }
        }"#,
    )
    .await;
    assert_eq!(answer["errors"], json!(null), "{answer}");
    let place = &answer["data"]["place"];
    assert_eq!(place["id"], "bern");
    assert_eq!(
        place["current"]["water"],
        json!({
            "celsius": 12.5,
            "measuredAt": "2023-05-09T11:20:00Z",
            "measuredAtLocal": "2023-05-09 13:20 CEST",
            "freshness": "RECORDED",
            "recordedOn": "2023-05-09",
            "unknownBecause": null,
        })
    );
    assert_eq!(
        place["floodLevels"][0],
        json!({
            "level": 2, "fromM3PerS": 360.0,
            "source": place["floodLevels"][0]["source"],
        })
    );
    assert_eq!(place["swimmingLimits"][0]["verdict"], "CAUTION");
    assert_eq!(place["danger"]["verdict"], "DO_NOT_SWIM");
    assert!(!place["danger"]["reasons"].as_array().unwrap().is_empty());
    assert!(place["history"]["points"].as_array().unwrap().len() <= 10);
    assert_no_forbidden_claims(&answer.to_string());
}

#[tokio::test]
async fn unknown_place_error_has_machine_readable_extensions() {
    let server = ServerProcess::demo().await;
    let query = r#"{ tuhn: place(name: "tuhn") { id } bern: place(name: "bern") { id } }"#;
    let answer = ask(server.address, query).await;
    assert_eq!(
        answer["data"],
        json!({ "tuhn": null, "bern": { "id": "bern" } })
    );
    assert_eq!(code(&answer), "UNKNOWN_PLACE");
    let extensions = &answer["errors"][0]["extensions"];
    assert_eq!(extensions["input"], "tuhn");
    assert_eq!(extensions["suggestions"], json!(["thun"]));
    assert_eq!(extensions["places"].as_array().unwrap().len(), 8);
    assert_eq!(answer["errors"][0]["path"], json!(["tuhn"]));
}
