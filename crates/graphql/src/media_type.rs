//! Negotiation of the media type of a response.

use axum::http::{HeaderMap, header};

use edge::accept;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/graphql-response+json`: the status depends on the operation.
    GraphQl,
    /// `application/json`: the status is 200 for every operation.
    Json,
    /// `text/event-stream`.
    Events,
}

impl MediaType {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }

    /// Returns the type with the highest weight in the `Accept` header, or `None` if no type is
    /// acceptable. Wildcards do not match event streams, which most clients do not expect.
    pub(super) fn negotiate(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT) {
            return Some(Self::GraphQl);
        }
        let weight = |names: &[&str]| {
            let mut named = names.iter().filter_map(|name| {
                let mut ranges = accept::ranges(headers, &header::ACCEPT);
                ranges.find(|(range, _)| range.eq_ignore_ascii_case(name))
            });
            named.next().map_or(0.0, |(_, weight)| weight)
        };
        let mut best = (0.0, None);
        for (media, names) in [
            (
                Self::GraphQl,
                &["application/graphql-response+json", "application/*", "*/*"][..],
            ),
            (Self::Json, &["application/json", "application/*", "*/*"]),
            (Self::Events, &["text/event-stream"]),
        ] {
            let weight = weight(names);
            if weight > best.0 {
                best = (weight, Some(media));
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn assert_media_type(accept: &str, media: Option<MediaType>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        assert_eq!(MediaType::negotiate(&headers), media, "{accept}");
    }

    #[test]
    fn accept_header_selects_type_with_highest_weight() {
        assert_media_type("*/*", Some(MediaType::GraphQl));
        assert_media_type("application/*", Some(MediaType::GraphQl));
        assert_media_type("application/json", Some(MediaType::Json));
        assert_media_type("Application/JSON; charset=utf-8", Some(MediaType::Json));
        assert_media_type(
            "application/graphql-response+json",
            Some(MediaType::GraphQl),
        );
        let both = "application/json, application/graphql-response+json";
        assert_media_type(both, Some(MediaType::GraphQl));
        let json = "application/graphql-response+json;q=0.5, application/json;q=0.9";
        assert_media_type(json, Some(MediaType::Json));
        assert_media_type("application/json;q=0, */*;q=0.1", Some(MediaType::GraphQl));
        assert_media_type("text/event-stream", Some(MediaType::Events));
        assert_media_type("application/json, text/event-stream", Some(MediaType::Json));
        assert_media_type(
            "text/event-stream, application/json;q=0.5",
            Some(MediaType::Events),
        );
        assert_media_type("text/html, */*;q=0.8", Some(MediaType::GraphQl));
    }

    #[test]
    fn accept_header_without_supported_type_selects_none() {
        assert_media_type("text/plain", None);
        assert_media_type("application/xml;q=0.9, image/*", None);
        assert_media_type("application/json;q=0", None);
        assert_media_type("application/json;q=nan", None);
    }

    #[test]
    fn missing_accept_header_selects_graphql_response() {
        assert_eq!(
            MediaType::negotiate(&HeaderMap::new()),
            Some(MediaType::GraphQl)
        );
    }
}
