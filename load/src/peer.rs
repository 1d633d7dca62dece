//! The servers that are measured. Each is a process of its own, started by the
//! measuring side, so that its CPU time and memory are its own too.
//!
//! A peer prints its URL when it listens, and ends when its standard input
//! does: nothing is left behind, however the measuring side ended.

mod ceiling;
pub(crate) mod foreign;
mod ours;
pub(crate) mod product;
#[cfg(feature = "peers")]
mod rmcp_0_10;
mod rmcp_http;

use std::io;

use anyhow::Context;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{cores, server::Kind, sockets};

/// Runs a peer on `core`, or on all cores, until standard input ends.
///
/// The product asks `upstream`, or answers from its recordings.
pub(crate) fn run(kind: Kind, core: Option<usize>, upstream: Option<&str>) -> anyhow::Result<()> {
    sockets::raise_limit()?;
    if let Some(core) = core {
        cores::pin(core)?;
    }
    if kind == Kind::AareguruMcp {
        return product::replace_this_process(upstream);
    }
    if let Some(foreign) = kind.foreign() {
        return foreign.replace_this_process();
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

#[expect(
    clippy::print_stdout,
    reason = "this is how the parent learns the port"
)]
async fn serve(kind: Kind) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .context("listening")?;
    let address = listener.local_addr().context("reading the bound address")?;
    println!("http://{address}{}", kind.path());
    match kind {
        Kind::Ceiling => ceiling::serve(listener).await,
        Kind::Ours => ours::serve(listener).await,
        #[cfg(feature = "peers")]
        Kind::Rmcp010 => rmcp_0_10::serve(listener).await,
        Kind::RmcpHttp => rmcp_http::serve(listener).await,
        Kind::AareguruMcp | Kind::PythonSdk | Kind::TypescriptSdk => {
            unreachable!("it has replaced this process")
        }
    }
}
