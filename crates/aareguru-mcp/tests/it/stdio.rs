//! The same server on standard input and output.

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use crate::binary::{program, signal};

const DEADLINE: Duration = Duration::from_secs(20);

struct Connection {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

async fn start() -> Connection {
    let mut child = program()
        .args(["stdio", "--demo"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut started = Connection {
        input: child.stdin.take().unwrap(),
        output: BufReader::new(child.stdout.take().unwrap()).lines(),
        child,
    };
    let answer = started.call(r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "aareguru-mcp");
    started
        .tell(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
        .await;
    started
}

impl Connection {
    async fn tell(&mut self, message: &str) {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    async fn call(&mut self, message: &str) -> Value {
        self.tell(message).await;
        let line = timeout(DEADLINE, self.output.next_line()).await.unwrap();
        serde_json::from_str(&line.unwrap().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_tool_answers_and_the_end_of_input_is_the_end() {
    let mut server = start().await;
    let answer = server.call(r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_current_temperature","arguments":{}}}"#).await;
    assert_eq!(
        answer["result"]["structuredContent"]["temperature_celsius"],
        12.5
    );
    drop(server.input);
    let status = timeout(DEADLINE, server.child.wait()).await.unwrap();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn sigterm_ends_it_while_its_input_stays_open() {
    let mut server = start().await;
    signal(&server.child, "TERM").await;
    let status = timeout(DEADLINE, server.child.wait()).await.unwrap();
    assert!(status.unwrap().success());
}
