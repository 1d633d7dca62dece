//! Answers that will not come.
//!
//! rmcp runs each request in a task of its own and leaves the client waiting when the handler
//! panics there. The handler owns the head of its request, so the watch in it is dropped when the
//! handler has ended, in whatever way.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use rmcp::model::RequestId;
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long an answer may be on its way from the handler to the stream, which takes microseconds.
const RESPONSE_GRACE: Duration = Duration::from_secs(5);

/// Dropped with the handler.
#[derive(Debug, Clone)]
pub(super) struct PanicWatch(#[expect(dead_code, reason = "held to be dropped")] Arc<DropGuard>);

/// Ready, with the id of the request, when the handler has ended for so long that its answer would
/// be there if there was one.
pub(super) type LostRequest = Pin<Box<dyn Future<Output = RequestId> + Send>>;

/// Watches over a request.
pub(super) fn watch(id: RequestId) -> (PanicWatch, LostRequest) {
    let ended = CancellationToken::new();
    let watch = PanicWatch(Arc::new(ended.clone().drop_guard()));
    let lost = async move {
        ended.cancelled().await;
        tokio::time::sleep(RESPONSE_GRACE).await;
        tracing::error!("a request was not answered: its handler panicked");
        id
    };
    (watch, Box::pin(lost))
}
