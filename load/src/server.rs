//! A running server: where it listens, and its process.

use std::{env, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

use crate::{
    cores::Cores, fake_upstream::FakeUpstream, load_target::LoadTarget, process::Process,
    server_kind::ServerKind,
};

/// How long a server may take to start or to stop.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The number of files that a server may open on first use, in addition to its connections.
const MAX_EXTRA_FILES: usize = 8;

/// A server to measure: started here and stopped on drop, or already running.
#[derive(Debug)]
pub(crate) struct ServerUnderTest {
    pub(crate) target: LoadTarget,
    pub(crate) process: Process,
    // With its output, which must stay open for servers that print more than their address.
    child: Option<(Child, Lines<BufReader<ChildStdout>>)>,
}

impl ServerUnderTest {
    /// Starts a server and waits until it listens. The product uses `upstream` if it is set.
    pub(crate) async fn start(
        kind: ServerKind,
        cores: Option<Cores>,
        upstream: Option<&FakeUpstream>,
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe().context("finding this program")?);
        let name = kind.name();
        command.args(["peer", &name]);
        if let Some(upstream) = upstream {
            command.args(["--upstream", &format!("http://{}", upstream.address)]);
        }
        if let Some(cores) = cores {
            command.args(["--core", &cores.server.to_string()]);
        }
        if kind == ServerKind::AareguruMcp {
            // It logs every request.
            command.stderr(Stdio::null());
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let pid = child.id().context("the server has exited")?;
        let out = child.stdout.take().context("the server has no output")?;
        let mut out = BufReader::new(out).lines();
        let (path, transport) = kind.endpoint();
        let printed = timeout(TIMEOUT, address(&mut out))
            .await
            .with_context(|| format!("{name} did not print where it listens"))?
            .with_context(|| format!("starting {name}"))?;
        Ok(Self {
            // A server may have several transports, and print another first.
            target: printed.at(path, transport),
            process: Process::new(pid)?,
            child: Some((child, out)),
        })
    }

    /// Attaches to a running server, which is not stopped.
    pub(crate) fn attach(target: LoadTarget, pid: u32) -> anyhow::Result<Self> {
        Ok(Self {
            target,
            process: Process::new(pid)?,
            child: None,
        })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Some((mut child, _)) = self.child else {
            return Ok(());
        };
        timeout(TIMEOUT, child.kill())
            .await
            .context("the server does not exit")?
            .context("stopping the server")
    }

    /// Returns the number of sockets that both this process and the server may open.
    pub(crate) fn max_sockets(&self) -> anyhow::Result<usize> {
        let own = Process::new(std::process::id())?;
        Ok(own.max_open_files()?.min(self.process.max_open_files()?))
    }

    /// Waits until the server has closed the connections that its clients have closed, that is,
    /// until it has about as many open files as before.
    pub(crate) async fn wait_for_closed_connections(
        &self,
        open_files_before: usize,
    ) -> anyhow::Result<()> {
        let closed = async {
            while self.process.open_files()? > open_files_before + MAX_EXTRA_FILES {
                sleep(Duration::from_millis(50)).await;
            }
            anyhow::Ok(())
        };
        let closed = timeout(TIMEOUT, closed).await;
        closed.context("the server keeps connections that their clients have closed")?
    }

    /// Waits until the server is idle, but not indefinitely: with very many sessions, it never is.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        const INTERVAL: Duration = Duration::from_millis(100);
        const MAX_IDLE_CPU: Duration = Duration::from_millis(2);
        // One idle interval is not sufficient: the server may have waited for the core.
        const REQUIRED_INTERVALS: usize = 5;
        let mut before = self.process.cpu()?;
        let mut idle = 0;
        for _ in 0..100 {
            sleep(INTERVAL).await;
            let now = self.process.cpu()?;
            idle = if now - before < MAX_IDLE_CPU {
                idle + 1
            } else {
                0
            };
            if idle == REQUIRED_INTERVALS {
                break;
            }
            before = now;
        }
        Ok(())
    }
}

/// Returns the first URL that a server prints.
async fn address(out: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<LoadTarget> {
    while let Some(line) = out.next_line().await? {
        let mut words = line.split_whitespace();
        if let Some(url) = words.find(|word| word.starts_with("http://")) {
            return url.parse();
        }
    }
    bail!("it exited without printing a URL")
}
