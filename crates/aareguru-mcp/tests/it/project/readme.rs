//! Runs the examples of the README and of the documents that it links to, and compares their tables
//! with the server.

use std::{fs, path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use testkit::{ServerProcess, SseSession, program};

const README: &str = include_str!("../../../../../README.md");
const COMPATIBILITY: &str = include_str!("../../../../../docs/COMPATIBILITY.md");
const OPERATIONS: &str = include_str!("../../../../../docs/OPERATIONS.md");
const TOOLS: &str = include_str!("../../../../../docs/TOOLS.md");

/// The code blocks of a language in `document`, in order.
fn blocks(document: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    document
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect()
}

/// Runs the first `sh` block of `document` that contains `curl` against `server`, and returns what
/// it prints.
async fn run_curl(document: &'static str, server: &ServerProcess, folder: &str) -> String {
    let script = blocks(document, "sh")
        .into_iter()
        .find(|block| block.contains("curl"))
        .unwrap()
        .replace("127.0.0.1:8000", &server.address.to_string());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let output = Command::new("timeout")
        .args(["20", "bash", "-euc", &script])
        .current_dir(&folder)
        .output()
        .await
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn readme_has_at_most_1300_words() {
    let words = README.split_whitespace().count();
    assert!(words <= 1300, "{words}");
}

#[tokio::test]
async fn readme_curl_call_prints_the_answer_shown() {
    let server = ServerProcess::demo().await;
    let out = run_curl(README, &server, "readme").await;
    // The response may be JSON or an event stream.
    let message = out
        .lines()
        .find_map(|line| line.find('{').map(|at| &line[at..]));
    let answer: Value = serde_json::from_str(message.unwrap()).unwrap();
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        blocks(README, "text"),
        [format!("{}\n", text.lines().next().unwrap())]
    );
}

#[tokio::test]
async fn compatibility_curl_session_prints_the_stream() {
    let server = ServerProcess::demo().await;
    let out = run_curl(COMPATIBILITY, &server, "compatibility").await;
    assert!(
        out.starts_with("AcceptedAcceptedAcceptedevent: endpoint"),
        "{out}"
    );
    assert!(out.contains("Thun (Thun): 12.0 °C"), "{out}");
}

#[tokio::test]
async fn readme_claude_desktop_configuration_starts_the_server() {
    let [configuration] = blocks(README, "json")[..] else {
        panic!("README.md must have one json block");
    };
    let configuration: Value = serde_json::from_str(configuration).unwrap();
    let server = &configuration["mcpServers"]["aareguru"];
    let command = Path::new(server["command"].as_str().unwrap());
    assert_eq!(command.file_name().unwrap(), "aareguru-mcp");
    let arguments = server["args"].as_array().unwrap().iter();
    let mut child = program()
        .args(arguments.map(|it| it.as_str().unwrap()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let initialize = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    // Dropping the input ends the server after it has answered.
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(format!("{initialize}\n").as_bytes())
        .await
        .unwrap();
    drop(input);
    let output = child.wait_with_output().await.unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["result"]["serverInfo"]["name"], "aareguru-mcp");
}

#[tokio::test]
async fn tool_tables_list_the_tools_of_the_server_in_order() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    let tools = session.tools().await;
    let tools: Vec<_> = tools
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    for (document, head) in [
        (README, "| tool | answers |\n|---|---|\n"),
        (TOOLS, "| tool | arguments | answer |\n|---|---|---|\n"),
    ] {
        let table = document.split_once(head).unwrap().1;
        let rows = table.lines().take_while(|line| line.starts_with("| `"));
        let listed: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
        assert_eq!(listed, tools);
    }
}

#[tokio::test]
async fn tools_page_lists_the_resources_and_prompts_of_the_server() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (method, list, field) in [
        ("resources/list", "resources", "uri"),
        (
            "resources/templates/list",
            "resourceTemplates",
            "uriTemplate",
        ),
        ("prompts/list", "prompts", "name"),
    ] {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}});
        let answer = session.call(&request.to_string()).await;
        for item in answer["result"][list].as_array().unwrap() {
            let name = item[field].as_str().unwrap();
            // The apps are described together.
            let is_listed = name.starts_with("ui://") || TOOLS.contains(&format!("| `{name}` |"));
            assert!(is_listed, "docs/TOOLS.md lacks {name}");
        }
    }
}

#[tokio::test]
async fn readme_screen_matches_the_compare_command() {
    let arguments = ["compare", "bern", "thun", "olten", "--demo"];
    let output = program().args(arguments).output().await.unwrap();
    let screen = String::from_utf8(output.stdout).unwrap();
    let [shown] = blocks(README, "console")[..] else {
        panic!("README.md must have one console block");
    };
    assert!(screen.starts_with(shown), "{screen}");
}

#[tokio::test]
async fn readme_client_configurations_match_the_banner() {
    let server = ServerProcess::demo().await;
    let banner = server
        .banner
        .replace(&server.address.to_string(), "127.0.0.1:8000");
    let cells = README
        .lines()
        .filter(|line| line.starts_with("| C") || line.starts_with("| VS"));
    let configurations: Vec<_> = cells
        .filter(|line| line.contains("8000"))
        .map(|line| line.rsplit_once('`').unwrap().0.rsplit_once('`').unwrap().1)
        .collect();
    assert_eq!(configurations.len(), 4);
    for configuration in configurations {
        assert!(banner.contains(configuration), "{configuration}");
    }
}

#[tokio::test]
async fn operations_default_values_match_the_help() {
    let help = program()
        .args(["serve", "--help"])
        .output()
        .await
        .unwrap()
        .stdout;
    let help = String::from_utf8(help).unwrap();
    let rows = OPERATIONS
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        // Without a default there is nothing to compare.
        .filter(|line| !line.contains("` | | "));
    let mut checked = 0;
    for row in rows {
        let mut cells = row.split('|');
        let name = cells.next().unwrap().trim_end().trim_end_matches('`');
        let default = cells.next().unwrap().trim().trim_matches('`');
        if default.is_empty() {
            assert!(help.contains(&format!("<{name}>")), "no flag for {name}");
            continue;
        }
        let about = help
            .split_once(&format!("<{name}>"))
            .unwrap_or_else(|| panic!("no flag for {name}"))
            .1;
        let about = about.split("\n      --").next().unwrap();
        assert!(
            about.contains(&format!("[default: {default}")),
            "{name}: {about}"
        );
        checked += 1;
    }
    assert_eq!(checked, 9);
}
