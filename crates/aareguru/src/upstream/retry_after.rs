//! Parses the `Retry-After` header.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Parses seconds or an HTTP date; `None` if it is neither. A date in the past is zero.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn asks(value: &'static str, seconds: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        let now = "2015-10-21T07:28:00Z".parse().unwrap();
        assert_eq!(
            retry_after(&headers, now),
            seconds.map(Duration::from_secs),
            "{value}"
        );
    }

    #[test]
    fn retry_after_accepts_seconds_or_a_date() {
        asks("120", Some(120));
        asks(" 0 ", Some(0));
        asks("Wed, 21 Oct 2015 07:28:30 GMT", Some(30));
        asks("Wed, 21 Oct 2015 07:27:00 GMT", Some(0));
    }

    #[test]
    fn retry_after_of_another_form_is_ignored() {
        for value in ["", "soon", "-1", "1.5", "99999999999999999999"] {
            asks(value, None);
        }
        assert_eq!(retry_after(&HeaderMap::new(), Timestamp::UNIX_EPOCH), None);
    }
}
