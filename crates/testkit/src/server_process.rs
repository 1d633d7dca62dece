//! Starts the built program on a free port and stops it when the test ends.

use std::{
    net::SocketAddr,
    process::{ExitStatus, Stdio},
};

use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use crate::{DEADLINE, build_directory};

/// Returns the program with an empty environment.
pub fn program() -> Command {
    let mut command = Command::new(build_directory::server_binary());
    command.env_clear().kill_on_drop(true);
    command
}

/// A running `serve`.
#[derive(Debug)]
pub struct ServerProcess {
    /// The address that the server listens on.
    pub address: SocketAddr,
    /// Standard output up to the point where the server is ready.
    pub banner: String,
    child: Child,
    out: BufReader<ChildStdout>,
    errors: BufReader<ChildStderr>,
    /// The part of the log that has been read so far.
    logs: String,
}

impl ServerProcess {
    /// Starts the server with the recordings.
    pub async fn demo() -> Self {
        Self::start(&["serve", "--demo"]).await
    }

    /// Starts the program with these arguments, and on a free port unless they contain one.
    pub async fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[]).await
    }

    /// Starts the server with additional environment variables.
    pub async fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let any_port = ["--http-port", "0"];
        let has_port = arguments.contains(&any_port[0]);
        let mut child = program()
            .args(arguments)
            .envs(environment.iter().copied())
            .args(any_port.iter().filter(|_| !has_port))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut errors = BufReader::new(child.stderr.take().unwrap());
        let (mut banner, mut logs) = (String::new(), String::new());
        // With JSON logs there is no banner, but a log line contains the same address.
        let address = if arguments.contains(&"json") {
            read_until(&mut errors, &mut logs, "\"listening\"").await;
            between(&logs, "\"address\":\"", "\"").to_owned()
        } else {
            read_until(&mut out, &mut banner, "Ctrl-C").await;
            between(&banner, "http://", "/").replace("localhost", "127.0.0.1")
        };
        let address = address.parse().unwrap();
        Self {
            address,
            banner,
            child,
            out,
            errors,
            logs,
        }
    }

    /// Waits for the next log line that contains `text`.
    pub async fn wait_for_log(&mut self, text: &str) -> String {
        let mut line = String::new();
        while !line.contains(text) {
            self.logs.push_str(&line);
            line.clear();
            let read = timeout(DEADLINE, self.errors.read_line(&mut line)).await;
            let read = read.unwrap_or_else(|_| panic!("{text:?} is not logged"));
            assert!(read.unwrap() > 0, "ended before {text:?} was logged");
        }
        self.logs.push_str(&line);
        line
    }

    /// Returns the URL of the HTTP+SSE endpoint.
    pub fn sse_url(&self) -> String {
        format!("http://{}/sse", self.address)
    }

    /// Returns the process id.
    pub fn process_id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal to the process by its name, as `kill` does.
    pub async fn signal(&self, name: &str) {
        signal(&self.child, name).await;
    }

    /// Waits for the process to exit and returns its status and its whole log.
    pub async fn wait_for_exit(mut self) -> (ExitStatus, String) {
        let mut rest = Vec::new();
        let ended = timeout(DEADLINE, async {
            self.errors.read_to_string(&mut self.logs).await.unwrap();
            self.out.read_to_end(&mut rest).await.unwrap();
            self.child.wait().await.unwrap()
        });
        (ended.await.expect("the program does not end"), self.logs)
    }
}

/// Sends a signal to a process by its name, as `kill` does.
pub async fn signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    let sent = Command::new("kill")
        .args(["-s", name, &id])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
}

async fn read_until(from: &mut (impl AsyncBufRead + Unpin), text: &mut String, part: &str) {
    while !text.contains(part) {
        let read = timeout(DEADLINE, from.read_line(text)).await;
        assert!(
            read.unwrap().unwrap() > 0,
            "ended before it was ready: {text}"
        );
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap();
    rest.split_once(after).unwrap().0
}
