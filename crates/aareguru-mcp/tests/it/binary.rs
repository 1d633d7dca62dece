//! Starts the built program on a free port and stops it in the end.

use std::{
    net::SocketAddr,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// Far longer than anything here takes; a test that runs into it has failed.
const DEADLINE: Duration = Duration::from_secs(20);

/// The program with nothing in its environment that could change it.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aareguru-mcp"));
    command.env_clear().kill_on_drop(true);
    command
}

/// A running `serve`.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// What it printed until it was ready.
    pub(crate) banner: String,
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) async fn demo() -> Self {
        Self::start(&["serve", "--demo"]).await
    }

    pub(crate) async fn start(arguments: &[&str]) -> Self {
        let mut child = program()
            .args(arguments)
            .args(["--http-port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut banner = String::new();
        while !banner.contains("Ctrl-C") {
            let read = timeout(DEADLINE, out.read_line(&mut banner)).await;
            assert!(read.unwrap().unwrap() > 0, "ended before it was ready");
        }
        let address = banner
            .split_once("http://")
            .and_then(|(_, rest)| rest.split_once("/mcp"))
            .map(|(address, _)| address.parse().unwrap())
            .unwrap();
        Self {
            address,
            banner,
            child,
            out,
        }
    }

    pub(crate) fn sse_url(&self) -> String {
        format!("http://{}/sse", self.address)
    }

    /// Sends a signal by its name, as `kill` does.
    pub(crate) async fn signal(&self, name: &str) {
        signal(&self.child, name).await;
    }

    /// Waits for the end; returns the exit status and all that it logged.
    pub(crate) async fn ended(mut self) -> (ExitStatus, String) {
        let mut logs = String::new();
        let mut errors = self.child.stderr.take().unwrap();
        let mut rest = Vec::new();
        let ended = timeout(DEADLINE, async {
            errors.read_to_string(&mut logs).await.unwrap();
            self.out.read_to_end(&mut rest).await.unwrap();
            self.child.wait().await.unwrap()
        });
        (ended.await.expect("the program does not end"), logs)
    }
}

pub(crate) async fn signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    let sent = Command::new("kill")
        .args(["-s", name, &id])
        .status()
        .await
        .unwrap();
    assert!(sent.success());
}
