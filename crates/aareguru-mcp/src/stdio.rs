//! The same server on standard input and output, for clients that start it themselves. Standard
//! output carries the protocol and nothing else.
//!
//! A line that is not a message is answered with an error, and a line that is too long is not kept
//! in memory. Neither ends the session.

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

/// How long running requests may go on after a signal. Clients that stop a server wait for about
/// two seconds before they kill it.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(500);

/// Serves one client until its input ends or the process is told to stop.
///
/// At the end of its input, running requests are still answered: so that what a pipe asks is
/// answered, too. rmcp gives them five seconds.
///
/// # Errors
///
/// Standard input or output that fails.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let mut signals = signals()?;
    let config = &app.transport_config;
    let max_bytes = config.max_request_body_bytes;
    let conversation = Arc::new(Conversation::new(
        config.max_in_flight,
        max_bytes,
        // Nobody else is served.
        None,
        MessageCounters::new(),
        // One client, whom nobody scrapes beside.
        Gauge::noop(),
    ));
    let outbox = Arc::new(DuplexOutbox::new(config.max_queued_bytes));
    let (sender, inputs) = mpsc::channel(1);

    let token = app.shutdown.child_token();
    // On the heap, as it is as large as all that the handler waits for.
    let session = Box::pin(async {
        let handler = Handler::new(app.server.clone(), Revisions::All, conversation.clone());
        let transport = Duplex::new(inputs, outbox.clone(), conversation.clone(), None);
        let session = match serve_server_with_ct(handler, transport, token.clone()).await {
            Ok(session) => session.waiting().await.map(drop).map_err(Into::into),
            // It ended before it began.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(error.into()),
        };
        // So that the writer ends, too, after what still waits.
        outbox.close();
        session
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
        let written = write(&outbox, io::stdout()).await;
        // Whoever does not read the answers does not need them.
        token.cancel();
        written.context("cannot write to standard output")
    };
    let ended = async { tokio::try_join!(reader, session, writer) };
    tokio::select! {
        ended = ended => ended.map(drop),
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
