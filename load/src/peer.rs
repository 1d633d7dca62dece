//! Runs a server to measure in its own process, so that CPU time and memory can be attributed to
//! it.
//!
//! A peer prints its URL when it listens, and exits when its standard input is closed.

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

/// Runs a peer on `core`, or on all cores. The product uses `upstream`, or else recordings.
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

/// Replaces this process by another program; returns only on failure.
///
/// The program does not watch its standard input, so the kernel sends it `signal` when the parent
/// exits.
fn exec(mut command: Command, signal: Signal) -> anyhow::Result<()> {
    set_pdeathsig(signal).context("setting the parent-death signal")?;
    let error = command.exec();
    Err(error).with_context(|| format!("running {}", command.get_program().display()))
}

#[expect(clippy::print_stdout, reason = "the parent reads the URL")]
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
            unreachable!("`exec` has replaced this process")
        }
    }
}

async fn serve_router(listener: TcpListener, router: Router) -> anyhow::Result<()> {
    let listener = listener.tap_io(|connection| {
        // Fails on a closed connection, which is noticed later.
        let _ = connection.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}
