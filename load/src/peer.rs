//! The servers that are measured. Each is a separate process, started by the measuring side, so
//! that CPU time and memory can be attributed to it.
//!
//! A peer prints its URL when it listens, and ends with its standard input or with the measuring
//! side.

mod ceiling;
#[cfg(feature = "peers")]
mod rmcp_0_10;
mod rmcp_http;
mod rmcp_transport;

use std::{io, os::unix::process::CommandExt, process::Command};

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use nix::sys::{prctl::set_pdeathsig, signal::Signal};
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{cores, product, server_kind::ServerKind, sockets};

/// Runs a peer on `core`, or on all cores.
///
/// The product uses `upstream`, or its recordings.
pub(crate) fn run(
    kind: ServerKind,
    core: Option<usize>,
    upstream: Option<&str>,
) -> anyhow::Result<()> {
    sockets::raise_limit()?;
    if let Some(core) = core {
        cores::pin(core)?;
    }
    if kind == ServerKind::AareguruMcp {
        return exec(product::command(upstream)?, Signal::SIGTERM);
    }
    if let Some(sdk) = kind.sdk() {
        return exec(sdk.command()?, Signal::SIGKILL);
    }
    let runtime = Runtime::new().context("starting the runtime")?;
    let result = runtime.block_on(async {
        let parent = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
        tokio::select! {
            result = serve(kind) => result,
            _ = parent => Ok(()),
        }
    });
    runtime.shutdown_background();
    result
}

/// Becomes another program; returns only if that fails.
///
/// The program does not watch its standard input, so the kernel sends it `signal` when the
/// measuring side ends.
fn exec(mut command: Command, signal: Signal) -> anyhow::Result<()> {
    set_pdeathsig(signal).context("asking to end with the parent")?;
    let error = command.exec();
    Err(error).with_context(|| format!("running {}", command.get_program().display()))
}

#[expect(
    clippy::print_stdout,
    reason = "this is how the parent learns the port"
)]
async fn serve(kind: ServerKind) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("listening")?;
    let address = listener.local_addr().context("reading the bound address")?;
    println!("http://{address}{}", kind.endpoint().0);
    match kind {
        ServerKind::Ceiling => ceiling::serve(listener).await,
        ServerKind::RmcpTransport => rmcp_transport::serve(listener).await,
        #[cfg(feature = "peers")]
        ServerKind::Rmcp010 => rmcp_0_10::serve(listener).await,
        ServerKind::RmcpHttp => rmcp_http::serve(listener).await,
        ServerKind::AareguruMcp | ServerKind::PythonSdk | ServerKind::TypescriptSdk => {
            unreachable!("it has replaced this process")
        }
    }
}

async fn serve_router(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    let listener = listener.tap_io(|connection| {
        // This only reduces delays; a connection that has ended is noticed later.
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}
