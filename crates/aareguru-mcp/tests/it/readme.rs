//! What the README claims, run.

use std::{fs, path::Path};

use tokio::process::Command;

use crate::{
    binary::{Server, program},
    client::Session,
};

const README: &str = include_str!("../../../../README.md");

/// The code blocks of a language, in order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .collect()
}

#[tokio::test]
async fn the_curl_session_works_as_it_stands() {
    let server = Server::demo().await;
    let script = blocks("sh")
        .into_iter()
        .find(|block| block.contains("curl"))
        .unwrap()
        .replace("127.0.0.1:8000", &server.address.to_string());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    fs::create_dir_all(&folder).unwrap();
    let output = Command::new("timeout")
        .args(["20", "bash", "-euc", &script])
        .current_dir(&folder)
        .output()
        .await
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(
        out.starts_with("AcceptedAcceptedAcceptedevent: endpoint"),
        "{out}"
    );
    assert!(out.contains("Thun (Thun): 12.0 °C"), "{out}");
}

#[tokio::test]
async fn the_tools_listed_are_those_of_the_server_in_their_order() {
    let server = Server::demo().await;
    let mut session = Session::initialized(server.address).await;
    let table = README
        .split_once("| tool | answers |\n|---|---|\n")
        .unwrap()
        .1;
    let rows = table.lines().take_while(|line| line.starts_with("| `"));
    let listed: Vec<_> = rows.map(|row| row.split('`').nth(1).unwrap()).collect();
    let tools = session.tools().await;
    let tools: Vec<_> = tools
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(listed, tools);
}

#[tokio::test]
async fn the_answer_shown_is_the_answer_given() {
    let server = Server::demo().await;
    let mut session = Session::initialized(server.address).await;
    let answer = session
        .call_tool(1, "get_current_temperature", r#"{"city":"bern"}"#)
        .await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert_eq!(
        blocks("text"),
        [format!("{}\n", text.lines().next().unwrap())]
    );
}

#[tokio::test]
async fn the_screen_shown_is_the_screen_printed() {
    let arguments = ["compare", "bern", "thun", "olten", "--demo"];
    let output = program().args(arguments).output().await.unwrap();
    let screen = String::from_utf8(output.stdout).unwrap();
    let [shown] = blocks("console")[..] else {
        panic!("one screen is shown");
    };
    assert!(screen.starts_with(shown), "{screen}");
}

#[tokio::test]
async fn the_configurations_shown_are_those_that_the_server_prints() {
    let server = Server::demo().await;
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
async fn the_defaults_shown_are_those_of_the_program() {
    let help = program()
        .args(["serve", "--help"])
        .output()
        .await
        .unwrap()
        .stdout;
    let help = String::from_utf8(help).unwrap();
    let rows = README
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
