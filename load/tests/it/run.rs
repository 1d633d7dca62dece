//! `load run` against servers of this program.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::load;

/// A server process that is stopped when dropped.
struct Peer {
    child: Child,
    url: String,
}

impl Peer {
    fn start(kind: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_load"))
            .args(["peer", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("it is piped");
        let mut url = String::new();
        let read = BufReader::new(out).read_line(&mut url);
        read.expect("it prints its URL");
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://"), "{url}");
        Self { child, url }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ECHO: &str = r#"echo={"text":"hello"}"#;

/// Runs load with these options, for one second by default; returns whether it succeeded, its
/// output, and the result as JSON.
fn run(urls: &[&str], options: &[&str]) -> (bool, String, Value) {
    let file = tempfile(urls, options);
    let mut arguments = vec!["run"];
    arguments.extend(urls);
    arguments.extend(["--ramp", "100ms", "--json", &file]);
    if !options.contains(&"--for") {
        arguments.extend(["--for", "1s"]);
    }
    arguments.extend(options);
    let output = load(&arguments);
    let output_text =
        String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let json = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{output_text}"));
    let json = serde_json::from_str(&json).expect("it is JSON");
    (output.status.success(), output_text.into_owned(), json)
}

fn tempfile(urls: &[&str], options: &[&str]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (urls, options).hash(&mut hasher);
    format!(
        "{}/run-{:x}.json",
        env!("CARGO_TARGET_TMPDIR"),
        hasher.finish()
    )
}

#[test]
fn mixed_calls_over_two_transports_are_measured() {
    let (sse, http) = (Peer::start("rmcp-transport"), Peer::start("rmcp-http"));
    let chart = format!("{}/run.svg", env!("CARGO_TARGET_TMPDIR"));
    let pid = sse.child.id().to_string();
    let (succeeded, output_text, json) = run(
        &[&sse.url, &http.url],
        &[
            "--sessions",
            "4",
            "--mix",
            "echo=3,ping",
            "--arguments",
            ECHO,
            "--pid",
            &pid,
            "--chart",
            &chart,
            "--max-errors",
            "0",
        ],
    );
    assert!(succeeded, "{output_text}");
    assert_eq!(json["errors"], serde_json::json!({}), "{output_text}");
    assert_eq!(json["sessions_opened"], 4);
    let calls = |name: &str| json["by_call"][name]["calls"].as_u64().unwrap();
    assert_eq!(
        json["calls"],
        calls("echo") + calls("ping"),
        "{output_text}"
    );
    assert!(
        json["latency"]["p99_ms"].as_f64().unwrap() > 0.0,
        "{output_text}"
    );
    assert!(
        json["server_cpu_us_per_call"].as_f64().unwrap() > 0.0,
        "{output_text}"
    );
    assert!(std::fs::read_to_string(chart).unwrap().contains("p99"));
}

#[test]
fn open_loop_respects_its_rate() {
    let peer = Peer::start("rmcp-transport");
    let (succeeded, output_text, json) = run(&[&peer.url], &["--sessions", "2", "--rate", "20"]);
    assert!(succeeded, "{output_text}");
    let calls = json["calls"].as_u64().unwrap();
    assert!((1..=21).contains(&calls), "{output_text}");
}

#[test]
fn cut_connections_resume_with_their_responses() {
    let peer = Peer::start("rmcp-transport");
    let (succeeded, output_text, json) = run(
        &[&peer.url],
        &[
            "--for",
            "4s",
            "--sessions",
            "4",
            "--cut-every",
            "1s",
            "--slow-readers",
            "2",
            "--mix",
            "echo",
            "--arguments",
            ECHO,
            "--max-errors",
            "0",
        ],
    );
    assert!(succeeded, "{output_text}");
    let cuts = &json["cuts"];
    assert!(cuts["resumed"].as_u64().unwrap() >= 4, "{output_text}");
    assert_eq!(
        (&cuts["replaced"], &cuts["calls_lost"]),
        (&0.into(), &0.into()),
        "{output_text}"
    );
    assert!(
        json["slow_readers"]["calls"].as_u64().unwrap() > 0,
        "{output_text}"
    );
}

#[test]
fn errors_are_counted_by_kind_and_fail_the_limit() {
    let peer = Peer::start("rmcp-transport");
    let (succeeded, output_text, json) = run(
        &[&peer.url],
        &["--sessions", "1", "--mix", "echo", "--max-errors", "0"],
    );
    assert!(!succeeded);
    assert!(
        json["errors"]["JSON-RPC error -32602"].as_u64() > Some(0),
        "{output_text}"
    );
    assert!(
        output_text.contains("limits exceeded: errors: "),
        "{output_text}"
    );
    assert!(output_text.contains("`text` is missing"), "{output_text}");
}
