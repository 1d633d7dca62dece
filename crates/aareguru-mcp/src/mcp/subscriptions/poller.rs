//! Asks for one answer as long as somebody wants to hear of a new one.

use super::feed::{Ask, Feed, News};
use super::pace::until_next;

/// Never returns. What there is at the beginning is no news, nor is an answer
/// that cannot be had: the next one is compared with the last one there was.
pub(super) async fn poll(ask: impl Ask, feed: Feed, tell: impl Fn(News)) {
    let mut last = None;
    loop {
        // Why there is no answer is logged where it is asked for.
        if let Ok(stamp) = ask.stamp(feed).await {
            if let Some(last) = &last {
                tell(stamp.news_since(last));
            }
            last = Some(stamp);
        }
        let newest = last.as_ref().and_then(|stamp| stamp.newest());
        tokio::time::sleep(until_next(ask.now(), newest, ask.cache_ttl())).await;
    }
}
