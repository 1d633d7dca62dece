//! Polls one feed.

use super::{
    feed::{Feed, FeedSource, NewContent},
    poll_interval::until_next,
};

/// Reports what is new in each response, compared with the last one that arrived. Never returns.
pub(super) async fn poll(source: impl FeedSource, feed: Feed, report: impl Fn(NewContent)) {
    let mut last = None;
    loop {
        // Failures are logged where the request is made.
        if let Ok(times) = source.measurement_times(feed).await {
            if let Some(last) = &last {
                report(times.new_since(last));
            }
            last = Some(times);
        }
        let newest = last.as_ref().and_then(|times| times.newest());
        tokio::time::sleep(until_next(source.now(), newest, source.cache_ttl())).await;
    }
}
