//! A running server, as the measuring side sees it: where it listens, and what
//! it uses.

mod kind;
mod target;

pub(crate) use kind::Kind;
pub(crate) use target::{Target, Transport};

use std::{env, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

use crate::{cores::Cores, process::Process, upstream::Upstream};

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// Files that a server may open for itself when it is first used.
const OWN_FILES: usize = 8;

/// A server of ours, or somebody's.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) target: Target,
    pub(crate) process: Process,
    started: Option<Started>,
}

/// A server that ends with this value.
#[derive(Debug)]
struct Started {
    child: Child,
    // A server that prints more than its address must be able to.
    _out: BufReader<ChildStdout>,
}

impl Server {
    /// Starts a server and waits until it has said where it listens.
    pub(crate) async fn start(kind: Kind, cores: Option<Cores>) -> anyhow::Result<Self> {
        Self::start_with(kind, cores, &[]).await
    }

    /// Starts the product with live data, of an upstream that we have.
    pub(crate) async fn start_product(
        cores: Option<Cores>,
        upstream: &Upstream,
    ) -> anyhow::Result<Self> {
        let url = format!("http://{}", upstream.address);
        Self::start_with(Kind::AareguruMcp, cores, &["--upstream", &url]).await
    }

    async fn start_with(
        kind: Kind,
        cores: Option<Cores>,
        options: &[&str],
    ) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe().context("finding this program")?);
        command.arg("peer").arg(kind.name()).args(options);
        if let Some(cores) = cores {
            command.args(["--core", &cores.server.to_string()]);
        }
        if kind == Kind::AareguruMcp {
            // It logs every request.
            command.stderr(Stdio::null());
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", kind.name()))?;
        let pid = child.id().context("the server has ended")?;
        let out = child.stdout.take().context("the server has no output")?;
        let mut out = BufReader::new(out);
        let mut target = timeout(PATIENCE, address(&mut out))
            .await
            .with_context(|| format!("{} did not say where it listens", kind.name()))?
            .with_context(|| format!("starting {}", kind.name()))?;
        // A server may have several transports, and name another first.
        target.speak(kind.path(), kind.transport());
        Ok(Self {
            target,
            process: Process::new(pid)?,
            started: Some(Started { child, _out: out }),
        })
    }

    /// A server that somebody else started and will stop.
    pub(crate) fn attach(target: Target, pid: u32) -> anyhow::Result<Self> {
        Ok(Self {
            target,
            process: Process::new(pid)?,
            started: None,
        })
    }

    /// Ends a server that was started here.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let Some(mut started) = self.started else {
            return Ok(());
        };
        started.child.start_kill().context("stopping the server")?;
        timeout(PATIENCE, started.child.wait())
            .await
            .context("the server does not end")?
            .context("waiting for the server")?;
        Ok(())
    }

    /// How many sockets there can be: as many on this side as on the server's.
    pub(crate) fn max_sockets(&self) -> anyhow::Result<usize> {
        let own = Process::new(std::process::id())?;
        Ok(own.max_open_files()?.min(self.process.max_open_files()?))
    }

    /// Waits until it has noticed that clients are gone, and has about as many
    /// files open as before them.
    pub(crate) async fn let_go(&self, open_files_before: usize) -> anyhow::Result<()> {
        let gone = async {
            while self.process.open_files()? > open_files_before + OWN_FILES {
                sleep(Duration::from_millis(50)).await;
            }
            anyhow::Ok(())
        };
        let gone = timeout(PATIENCE, gone).await;
        gone.context("the server keeps connections that their clients have closed")?
    }

    /// Waits until it has nothing left to do, for a while at most: a server
    /// with very many sessions is never quite idle.
    pub(crate) async fn settle(&self) -> anyhow::Result<()> {
        const INTERVAL: Duration = Duration::from_millis(100);
        const IDLE: Duration = Duration::from_millis(2);
        // Once is not enough: the server may have waited for the core.
        const TIMES: usize = 5;
        let mut before = self.process.cpu()?;
        let mut idle = 0;
        for _ in 0..100 {
            sleep(INTERVAL).await;
            let now = self.process.cpu()?;
            idle = if now - before < IDLE { idle + 1 } else { 0 };
            if idle == TIMES {
                break;
            }
            before = now;
        }
        Ok(())
    }
}

/// The first URL that a server prints.
async fn address(out: &mut BufReader<ChildStdout>) -> anyhow::Result<Target> {
    let mut line = String::new();
    loop {
        line.clear();
        if out.read_line(&mut line).await? == 0 {
            bail!("it ended at once");
        }
        if let Some(url) = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
        {
            return url.parse();
        }
    }
}
