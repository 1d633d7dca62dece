//! The terminal output for people, and the same results as JSON for scripts.
//!
//! The golden screens are in `screens/`; after an intended change, `INSTA_UPDATE=always` rewrites
//! them.

use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use testkit::{ServerProcess, SseSession, program};

const SCREENS: [(&str, &[&str]); 4] = [
    ("now", &["now"]),
    ("compare", &["compare"]),
    ("forecast", &["forecast", "--hours", "96"]),
    ("history", &["history", "bern"]),
];

fn demo(arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).arg("--demo");
    command
}

async fn shown(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    assert_eq!(text(output.stderr), "");
    assert!(output.status.success());
    text(output.stdout)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn is_golden(name: &str, screen: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../screens");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), screen));
}

#[tokio::test]
async fn terminal_output_matches_golden_screens_at_every_width() {
    for (name, arguments) in SCREENS {
        for width in [40, 80, 120] {
            let mut command = demo(arguments);
            let screen = shown(command.env("COLUMNS", width.to_string())).await;
            is_golden(&format!("{name}@{width}"), &screen);
        }
    }
}

#[tokio::test]
async fn terminal_colours_match_golden_screens() {
    for (name, arguments) in SCREENS {
        let screen = shown(demo(arguments).env("CLICOLOR_FORCE", "1")).await;
        is_golden(&format!("{name}@coloured"), &screen);
    }
}

#[tokio::test]
async fn terminal_lines_fit_the_width() {
    for (name, arguments) in SCREENS {
        for width in [40, 57, 80, 100, 120, 400] {
            let mut command = demo(arguments);
            let screen = shown(command.env("COLUMNS", width.to_string())).await;
            for line in screen.lines() {
                // None of the characters used here is wider than one column.
                let columns = line.chars().count();
                assert!(columns <= width.min(120), "{name} at {width}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn terminal_colours_follow_the_environment() {
    for (name, arguments) in SCREENS {
        let plain = shown(&mut demo(arguments)).await;
        assert!(!plain.contains('\x1b'), "{name} to a pipe");

        let mut no_colour = demo(arguments);
        no_colour.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
        assert_eq!(shown(&mut no_colour).await, plain, "{name}");

        let mut forced = demo(arguments);
        let coloured = shown(forced.env("CLICOLOR_FORCE", "1")).await;
        assert!(coloured.contains("\x1b["), "{name} forced");
        assert_eq!(without_colours(&coloured), plain, "{name}");
    }
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        plain += part.split_once('m').unwrap().1;
    }
    plain
}

#[tokio::test]
async fn do_not_swim_is_boxed_and_red() {
    for arguments in [["now", "bern"], ["forecast", "bern"]] {
        let plain = shown(&mut demo(&arguments)).await;
        let lines: Vec<_> = plain.lines().collect();
        // The box precedes all numbers.
        assert!(lines[3].starts_with('╔') && lines[3].ends_with('╗'));
        assert!(lines[4].contains(" DO NOT SWIM "), "{plain}");
        assert!(lines[5].contains("as recorded at 2023-05-09 13:20 CEST and not now"));
    }
    let coloured = shown(demo(&["compare"]).env("CLICOLOR_FORCE", "1")).await;
    let bold_on_red = "\x1b[1m\x1b[97m\x1b[41mDO NOT SWIM\x1b[0m";
    assert!(coloured.contains(bold_on_red), "{coloured:?}");
}

#[tokio::test]
async fn terminal_output_credits_sources_and_marks_recordings() {
    for (name, arguments) in SCREENS {
        let screen = shown(&mut demo(arguments)).await;
        for part in [
            "https://aare.guru",
            "https://www.hydrodaten.admin.ch",
            "RECORDED 2023-05-09: not the river now",
        ] {
            assert!(screen.contains(part), "{part} not in {name}");
        }
        assert!(!screen.to_lowercase().contains("safe"), "{name}");
    }
}

#[tokio::test]
async fn json_output_equals_the_structured_tool_result() {
    let server = ServerProcess::demo().await;
    let mut session = SseSession::initialized(server.address).await;
    for (command, tool, arguments) in [
        (
            &["now", "Thoune"] as &[&str],
            "get_current_conditions",
            json!({"city": "thun"}),
        ),
        (
            &["compare", "bern", "thun"],
            "compare_cities",
            json!({"cities": ["bern", "thun"]}),
        ),
        (&["compare"], "compare_cities", json!({})),
        (
            &["forecast", "--hours", "48"],
            "get_forecast",
            json!({"hours": 48}),
        ),
        (
            &["history", "bern"],
            "get_historical_data",
            json!({"start": "-7 days"}),
        ),
        (
            &[
                "history",
                "bern",
                "--start",
                "-12 hours",
                "--end",
                "-6 hours",
            ],
            "get_historical_data",
            json!({"start": "-12 hours", "end": "-6 hours"}),
        ),
    ] {
        let mut program = demo(command);
        // JSON is never coloured, not even with `CLICOLOR_FORCE`.
        let printed = shown(program.arg("--json").env("CLICOLOR_FORCE", "1")).await;
        let mut printed: Value = serde_json::from_str(&printed).unwrap();
        let answer = session.call_tool(1, tool, &arguments.to_string()).await;
        let mut structured = answer["result"]["structuredContent"].clone();
        for answer in [&mut printed, &mut structured] {
            forget_ages(answer);
        }
        assert_eq!(printed, structured, "{command:?}");
    }
}

/// Removes ages, because the two results were requested one after the other.
fn forget_ages(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("age_seconds");
            fields.values_mut().for_each(forget_ages);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_ages),
        _ => {}
    }
}

#[tokio::test]
async fn closed_output_pipe_exits_quietly() {
    let program = env!("CARGO_BIN_EXE_aareguru-mcp");
    for more in ["", " --json"] {
        // `history --json` is more than a pipe holds (64 KiB) many times over.
        let script = format!(
            "set -o pipefail; for n in 1 2 3 4 5; do \
             {program} history bern --demo{more} | head -1; done"
        );
        let output = Command::new("bash").args(["-c", &script]).output();
        let output = output.await.unwrap();
        assert_eq!(text(output.stderr), "");
        assert!(output.status.success());
        assert_eq!(text(output.stdout).lines().count(), 5);
    }
}

async fn fails(command: &mut Command, code: i32) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().await.unwrap();
    assert_eq!(status.code(), Some(code));
    assert_eq!(text(stdout), "");
    text(stderr)
}

#[tokio::test]
async fn unknown_place_error_suggests_the_nearest_and_lists_all() {
    for command in ["now", "forecast", "history", "compare"] {
        let errors = fails(&mut demo(&[command, "tuhn"]), 64).await;
        let says = "unknown place `tuhn`: the Aare is measured at brienz, interlaken, thun, bern, \
                    hagneck, biel, olten, brugg; did you mean `thun`?";
        assert!(errors.contains(says), "{errors}");
    }
    let errors = fails(&mut demo(&["now", "Basel"]), 64).await;
    assert!(errors.contains("Basel lies on the Rhine"), "{errors}");
}

#[tokio::test]
async fn unreachable_api_error_suggests_a_remedy() {
    for arguments in [
        &["now"] as &[&str],
        &["compare", "--json"],
        &["forecast", "thun"],
        // Where BAFU has no gauge, only this API is requested.
        &["history", "olten", "--days", "1"],
    ] {
        let mut command = program();
        // Port 9 on loopback: nothing listens there.
        command
            .args(arguments)
            .env("AAREGURU_BASE_URL", "http://127.0.0.1:9");
        let errors = fails(&mut command, 1).await;
        assert!(errors.starts_with("aareguru-mcp: "), "{errors}");
        for part in [
            "cannot reach the Aareguru API",
            "Check that this machine is online",
        ] {
            assert!(errors.contains(part), "{errors}");
        }
    }
}

#[tokio::test]
async fn missing_recording_error_suggests_the_live_api() {
    let errors = fails(&mut demo(&["history", "thun"]), 1).await;
    for part in ["only Bern's was recorded", "omit `--demo`"] {
        assert!(errors.contains(part), "{errors}");
    }
}

#[tokio::test]
async fn invalid_history_span_returns_an_error() {
    for (arguments, code, says) in [
        (&["--start", "soon"] as &[&str], 1, "cannot read `soon`"),
        (&["--days", "0"], 64, "0 is not in 1..=366"),
        (
            &["--days", "7", "--start", "-1 days"],
            64,
            "cannot be used with",
        ),
        (&["--end", "now"], 64, "--start"),
    ] {
        let arguments = [&["history", "bern"], arguments].concat();
        let errors = fails(&mut demo(&arguments), code).await;
        assert!(errors.contains(says), "{errors}");
    }
}
