//! Asks for one answer as long as somebody wants to hear of a new one.

use super::feed::{Feed, FeedSource, News};
use super::pace::until_next;

/// Never returns. What there is at the beginning is no news, nor is an answer
/// that cannot be had: the next one is compared with the last one there was.
pub(super) async fn poll(source: impl FeedSource, feed: Feed, report: impl Fn(News)) {
    let mut last = None;
    loop {
        // Why there is no answer is logged where it is asked for.
        if let Ok(times) = source.measurement_times(feed).await {
            if let Some(last) = &last {
                report(times.news_since(last));
            }
            last = Some(times);
        }
        let newest = last.as_ref().and_then(|times| times.newest());
        tokio::time::sleep(until_next(source.now(), newest, source.cache_ttl())).await;
    }
}
