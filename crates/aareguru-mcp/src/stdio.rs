//! The same server on standard input and output, for clients that start it
//! themselves. Standard output carries the protocol and nothing else.

use anyhow::Context;
use rmcp::service::serve_server_with_ct;

use crate::{app::App, serve};

/// Serves one client until its input ends or the process is told to stop.
///
/// # Errors
///
/// The client does not speak the protocol.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let token = app.shutdown.child_token();
    let stop = serve::signal()?;
    let session = async {
        let transport = rmcp::transport::io::stdio();
        let session = serve_server_with_ct(app.server.clone(), transport, token.clone())
            .await
            .context("no MCP client on standard input")?;
        session.waiting().await.context("serving standard input")
    };
    tokio::select! {
        ended = session => ended.map(drop),
        reason = stop => {
            tracing::info!(reason, "stopping");
            Ok(())
        }
    }
}
