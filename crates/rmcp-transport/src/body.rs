//! Reads request bodies, for every transport that accepts JSON by POST.

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::refusal::Refusal;

/// Returns whether the media type is `application/json`, with or without parameters.
pub fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads the whole body, up to `limit_bytes`.
///
/// # Errors
///
/// [`Refusal::BodyTooLarge`], or [`Refusal::BodyCutShort`] if the body is incomplete.
pub async fn read_body<B>(body: B, limit_bytes: usize) -> Result<Bytes, Refusal>
where
    B: Body + Send,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    // A declared length over the limit is rejected before a byte of the body is read.
    if body.size_hint().lower() > limit_bytes as u64 {
        return Err(Refusal::BodyTooLarge);
    }
    match Limited::new(body, limit_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge),
        Err(_) => Err(Refusal::BodyCutShort),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn content_type(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(value))])
    }

    #[test]
    fn is_json_accepts_only_application_json() {
        for value in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON ;x=y",
        ] {
            assert!(is_json(&content_type(value)), "{value}");
        }
        for value in [
            "application/jsonx",
            "text/plain",
            "",
            "application/json, text/html",
        ] {
            assert!(!is_json(&content_type(value)), "{value}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
