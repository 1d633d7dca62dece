//! No text for clients or readers claims that swimming is without danger. The golden files cover
//! the answers.

use std::{fs, path::Path};

use serde_json::{Value, json};

use testkit::{ServerProcess, SseSession, program};

use crate::tools::forbidden_claims::{assert_no_forbidden_claims, find_forbidden_claim};

async fn ask(session: &mut SseSession, method: &str, params: Value) -> Value {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer = session.call(&message.to_string()).await;
    assert!(answer["result"].is_object(), "{answer}");
    answer["result"].clone()
}

#[tokio::test]
async fn mcp_metadata_makes_no_forbidden_claims() {
    let server = ServerProcess::demo().await;
    assert_no_forbidden_claims(&server.banner);
    let mut session = SseSession::open(server.address).await;
    let answer = session.initialize("2025-11-25").await;
    assert_no_forbidden_claims(&answer.to_string());
    for method in ["tools/list", "resources/templates/list"] {
        let list = ask(&mut session, method, json!({})).await;
        assert_no_forbidden_claims(&list.to_string());
    }
    let prompts = ask(&mut session, "prompts/list", json!({})).await;
    assert_no_forbidden_claims(&prompts.to_string());
    for prompt in prompts["prompts"].as_array().unwrap() {
        let params = json!({"name": prompt["name"]});
        let prompt = ask(&mut session, "prompts/get", params).await;
        assert_no_forbidden_claims(&prompt.to_string());
    }
    let resources = ask(&mut session, "resources/list", json!({})).await;
    assert_no_forbidden_claims(&resources.to_string());
    for resource in resources["resources"].as_array().unwrap() {
        let params = json!({"uri": resource["uri"]});
        let resource = ask(&mut session, "resources/read", params).await;
        assert_no_forbidden_claims(&resource.to_string());
    }
}

#[tokio::test]
async fn command_line_help_makes_no_forbidden_claims() {
    for command in [&["--help"][..], &["serve", "--help"], &["stdio", "--help"]] {
        let said = program().args(command).output().await.unwrap();
        assert_no_forbidden_claims(&String::from_utf8(said.stdout).unwrap());
    }
}

#[test]
fn documents_and_tables_make_no_forbidden_claims() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folders = [".", "docs", "crates/aareguru", "crates/aareguru/data"];
    let mut read = 0;
    for folder in folders {
        for file in fs::read_dir(root.join(folder)).unwrap() {
            let path = file.unwrap().path();
            let extension = path.extension().and_then(|it| it.to_str());
            if !matches!(extension, Some("md" | "toml")) {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            read += 1;
            for line in text.lines() {
                // The first column of the question book contains questions of users.
                let said = line
                    .strip_prefix("| ")
                    .and_then(|row| row.split_once(" | "))
                    .filter(|_| path.ends_with("docs/QUESTIONS.md"))
                    .map_or(line, |(_, rest)| rest);
                if is_about_water(said) {
                    let path = path.display();
                    assert_eq!(find_forbidden_claim(said), None, "{path}: {line}");
                }
            }
        }
    }
    assert!(read > 10, "{read}");
}

/// Whether a line is about swimming; a thread may be "safe".
fn is_about_water(line: &str) -> bool {
    let line = line.to_lowercase();
    ["swim", "bathe", "river", "water", "aare", "flow"]
        .iter()
        .any(|word| line.contains(word))
}
