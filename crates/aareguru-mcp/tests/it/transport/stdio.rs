//! The same server on standard input and output.

use std::process::Stdio;

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use testkit::{DEADLINE, program, signal};

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

struct Connection {
    child: Child,
    /// `None` after its end.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

fn spawn(arguments: &[&str]) -> Connection {
    let mut child = program()
        .args(["stdio", "--demo"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Connection {
        input: child.stdin.take(),
        output: BufReader::new(child.stdout.take().unwrap()).lines(),
        child,
    }
}

async fn start() -> Connection {
    let mut started = spawn(&[]);
    let answer = started.call(INITIALIZE).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "aareguru-mcp");
    started.send(INITIALIZED).await;
    started
}

impl Connection {
    fn input(&mut self) -> &mut ChildStdin {
        self.input.as_mut().unwrap()
    }

    fn end_input(&mut self) {
        self.input = None;
    }

    async fn send(&mut self, message: &str) {
        let line = format!("{message}\n");
        self.input().write_all(line.as_bytes()).await.unwrap();
    }

    async fn call(&mut self, message: &str) -> Value {
        self.send(message).await;
        self.answer().await.unwrap()
    }

    /// Returns the next line; `None` at the end of the output.
    async fn answer(&mut self) -> Option<Value> {
        let line = timeout(DEADLINE, self.output.next_line()).await.unwrap();
        let line = line.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    async fn assert_exits_cleanly(mut self) {
        let status = timeout(DEADLINE, self.child.wait()).await.unwrap();
        assert!(status.unwrap().success());
    }
}

#[tokio::test]
async fn end_of_input_after_a_call_exits_cleanly() {
    let mut server = start().await;
    let answer = server.call(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_current_temperature","arguments":{}}}"#).await;
    assert_eq!(
        answer["result"]["structuredContent"]["temperature_celsius"],
        12.5
    );
    server.end_input();
    assert_eq!(server.answer().await, None);
    server.assert_exits_cleanly().await;
}

#[tokio::test]
async fn sigterm_with_open_input_exits_cleanly() {
    let mut server = start().await;
    signal(&server.child, "TERM").await;
    assert_eq!(server.answer().await, None);
    server.assert_exits_cleanly().await;
}

#[tokio::test]
async fn empty_input_exits_cleanly() {
    let mut server = spawn(&[]);
    server.end_input();
    assert_eq!(server.answer().await, None);
    server.assert_exits_cleanly().await;
}

#[tokio::test]
async fn piped_requests_are_answered_before_exit() {
    let mut server = spawn(&[]);
    let questions = [
        INITIALIZE,
        INITIALIZED,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"compare_cities"}}"#,
        r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_cities"}}"#,
    ];
    // The last line has no line break.
    let questions = questions.join("\n");
    server
        .input()
        .write_all(questions.as_bytes())
        .await
        .unwrap();
    server.end_input();
    let mut ids = Vec::new();
    while let Some(answer) = server.answer().await {
        assert!(answer["result"].is_object(), "{answer}");
        ids.push(answer["id"].as_u64().unwrap());
    }
    ids.sort_unstable();
    assert_eq!(ids, [0, 1, 2]);
    server.assert_exits_cleanly().await;
}

#[tokio::test]
async fn invalid_line_returns_an_error_and_keeps_the_session() {
    let mut server = start().await;
    let ten_megabytes = "x".repeat(10_000_000);
    let long_but_json = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{ten_megabytes}"}}"#);
    for (line, code) in [
        ("garbage", -32700),
        ("\u{0}\u{1}", -32700),
        (r#"{"jsonrpc":"2.0","id":7,"#, -32700),
        (&ten_megabytes, -32700),
        (&long_but_json, -32700),
        ("[]", -32600),
        ("{}", -32600),
    ] {
        let answer = server.call(line).await;
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert_eq!(answer["id"], Value::Null);
    }
    let answer = server
        .call(r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#)
        .await;
    assert_eq!(answer["id"], 7);
    assert!(answer["result"].is_object(), "{answer}");
}

#[tokio::test]
async fn unterminated_line_uses_bounded_memory() {
    let mut server = start().await;
    let before = resident_kib(&server.child);
    let chunk = vec![b'x'; 1 << 20];
    for _ in 0..200 {
        server.input().write_all(&chunk).await.unwrap();
    }
    let after = resident_kib(&server.child);
    // Of 200 MiB the server keeps at most 4 MiB, the limit of a message, and the allocator as much
    // again.
    assert!(after < before + 32 * 1024, "{before} KiB, then {after} KiB");
    let answer = server.call("").await;
    assert_eq!(answer["error"]["code"], -32700, "{answer}");
}

fn resident_kib(child: &Child) -> u64 {
    let path = format!("/proc/{}/status", child.id().unwrap());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

#[tokio::test]
async fn revision_2026_07_28_needs_no_initialize() {
    let mut server = spawn(&[]);
    let request = r#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"raw","version":"0"}}}}"#;
    let answer = server.call(request).await;
    let versions = answer["result"]["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&"2026-07-28".into()), "{answer}");
    let answer = server
        .call(&request.replace("server/discover", "tools/list"))
        .await;
    assert!(answer["result"]["tools"].is_array(), "{answer}");
}

#[tokio::test]
async fn stdio_logs_go_to_standard_error() {
    let mut child = program()
        .args(["stdio", "--demo", "--log-level", "trace"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let asked = format!("{INITIALIZE}\ngarbage\n");
    input.write_all(asked.as_bytes()).await.unwrap();
    drop(input);
    let output = timeout(DEADLINE, child.wait_with_output()).await.unwrap();
    let output = output.unwrap();
    assert!(!output.stderr.is_empty());
    let lines = String::from_utf8(output.stdout).unwrap();
    for line in lines.lines() {
        let message: Value = serde_json::from_str(line).unwrap();
        assert_eq!(message["jsonrpc"], "2.0");
    }
    assert_eq!(lines.lines().count(), 2, "{lines}");
}
