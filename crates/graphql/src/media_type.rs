//! The media type of a response.

use axum::http::{HeaderMap, header};

use edge::accept;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MediaType {
    /// The status is that of the operation.
    GraphQl,
    /// The status is 200 for every operation.
    Json,
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

    /// Returns the type that the `Accept` header prefers, the first one of equals. A stream must
    /// be named: a client that accepts anything does not expect one.
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
    fn gets(accept: &str, media: Option<MediaType>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        assert_eq!(MediaType::negotiate(&headers), media, "{accept}");
    }

    #[test]
    fn the_one_wanted_most_is_sent() {
        gets("*/*", Some(MediaType::GraphQl));
        gets("application/*", Some(MediaType::GraphQl));
        gets("application/json", Some(MediaType::Json));
        gets("Application/JSON; charset=utf-8", Some(MediaType::Json));
        gets(
            "application/graphql-response+json",
            Some(MediaType::GraphQl),
        );
        let both = "application/json, application/graphql-response+json";
        gets(both, Some(MediaType::GraphQl));
        let json = "application/graphql-response+json;q=0.5, application/json;q=0.9";
        gets(json, Some(MediaType::Json));
        gets("application/json;q=0, */*;q=0.1", Some(MediaType::GraphQl));
        gets("text/event-stream", Some(MediaType::Events));
        gets("application/json, text/event-stream", Some(MediaType::Json));
        gets(
            "text/event-stream, application/json;q=0.5",
            Some(MediaType::Events),
        );
        gets("text/html, */*;q=0.8", Some(MediaType::GraphQl));
    }

    #[test]
    fn what_is_not_spoken_is_not_sent() {
        gets("text/plain", None);
        gets("application/xml;q=0.9, image/*", None);
        gets("application/json;q=0", None);
        gets("application/json;q=nan", None);
    }

    #[test]
    fn who_says_nothing_takes_anything() {
        assert_eq!(
            MediaType::negotiate(&HeaderMap::new()),
            Some(MediaType::GraphQl)
        );
    }
}
