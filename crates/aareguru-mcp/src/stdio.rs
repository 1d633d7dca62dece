//! Serves MCP on standard input and output, for clients that start the server as a child process.
//!
//! Standard output carries only MCP messages. A line that is not a message, or is too long, gets an
//! error response and does not close the session.

mod line_reader;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use edge::serve::signals;
use futures_util::StreamExt;
use metrics::Gauge;
use rmcp::service::{ServerInitializeError, serve_server_with_ct};
use rmcp_transport::MessageCounters;
use tokio::{
    io::{self, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    time::timeout,
};

use self::line_reader::LineReader;
use crate::{
    app::App,
    duplex::{Conversation, Duplex, DuplexOutbox, Handler, Revisions},
};

/// How long running requests may take to finish after a signal. Clients that stop a server kill it
/// after about two seconds.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// Serves one client until its input closes or the process receives a signal.
///
/// After the input closes, running requests have five seconds (a limit of rmcp) to finish, so that
/// requests from a pipe get their responses.
///
/// # Errors
///
/// Standard input or output fails, or the client does not read its responses.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let mut signals = signals()?;
    let config = &app.transport_config;
    let max_bytes = config.max_request_body_bytes;
    let conversation = Arc::new(Conversation::new(
        config.max_in_flight,
        max_bytes,
        // No rate limit: there is only one client.
        None,
        MessageCounters::new(),
        // The process serves no metrics.
        Gauge::noop(),
    ));
    let outbox = Arc::new(DuplexOutbox::new(config.max_queued_bytes));
    let (sender, inputs) = mpsc::channel(1);

    let token = app.shutdown.child_token();
    // Boxed, because the future contains all futures that the handler awaits.
    let session = Box::pin(async {
        let handler = Handler::new(app.server.clone(), Revisions::All, conversation.clone());
        let transport = Duplex::new(inputs, outbox.clone(), conversation.clone(), None);
        let result = match serve_server_with_ct(handler, transport, token.clone()).await {
            Ok(session) => session.waiting().await.map(drop).map_err(Into::into),
            // The client disconnected before `initialize`.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        };
        // The writer stops when it has written the queued messages.
        outbox.close();
        result
    });
    let reader = async {
        let mut lines = LineReader::new(io::stdin(), max_bytes);
        while let Some(input) = lines
            .next_line()
            .await
            .context("cannot read standard input")?
        {
            if sender.send(input).await.is_err() {
                break;
            }
        }
        tracing::info!("standard input closed");
        drop(sender);
        anyhow::Ok(())
    };
    let writer = async {
        let result = write(&outbox, io::stdout()).await;
        // Without a reader, responses are of no use.
        token.cancel();
        result.context("cannot write to standard output")
    };
    let served = async { tokio::try_join!(reader, session, writer) };
    tokio::select! {
        result = served => result.map(drop),
        () = outbox.overflow() => bail!("the client does not read standard output: too many bytes are queued"),
        Some(reason) = signals.next() => {
            tracing::info!(reason, "stopping");
            let _ = timeout(SHUTDOWN_GRACE, conversation.finish()).await;
            Ok(())
        }
    }
}

async fn write(outbox: &DuplexOutbox, mut output: impl AsyncWrite + Unpin) -> io::Result<()> {
    while let Some(mut message) = outbox.next().await {
        message.push('\n');
        output.write_all(message.as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}
