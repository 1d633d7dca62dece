//! What a client takes for an answer.

use axum::http::{HeaderMap, header};

/// What an answer is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// Its status tells what became of the operation.
    GraphQl,
    /// Its status tells only whether it was one.
    Json,
    /// A stream of events.
    Events,
}

/// The `Accept` header: each range with its weight, from 0 to 1000.
#[derive(Debug)]
pub(super) struct Accepted(Vec<(String, u16)>);

impl Media {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        }
    }
}

impl Accepted {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter();
        let ranges = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|range| {
                let (essence, parameters) = range.split_once(';').unwrap_or((range, ""));
                (essence.trim().to_ascii_lowercase(), weight(parameters))
            });
        Self(ranges.filter(|(essence, _)| !essence.is_empty()).collect())
    }

    /// The one of ours that it wants most; the first of equals. A stream has
    /// to be named: it is not what somebody expects who takes anything.
    pub(super) fn media(&self) -> Option<Media> {
        if self.0.is_empty() {
            return Some(Media::GraphQl);
        }
        let ours = [
            (Media::GraphQl, "application/graphql-response+json"),
            (Media::Json, "application/json"),
            (Media::Events, "text/event-stream"),
        ];
        let mut best = None;
        for (media, essence) in ours {
            let named = self.weight_of(essence);
            let any = || self.weight_of("application/*").or(self.weight_of("*/*"));
            let weight = match media {
                Media::Events => named,
                Media::GraphQl | Media::Json => named.or_else(any),
            };
            let weight = weight.unwrap_or_default();
            if weight > best.map_or(0, |(_, best)| best) {
                best = Some((media, weight));
            }
        }
        best.map(|(media, _)| media)
    }

    /// Whether it is a browser that shows what comes.
    pub(super) fn wants_html(&self) -> bool {
        self.weight_of("text/html").is_some_and(|weight| weight > 0)
    }

    fn weight_of(&self, essence: &str) -> Option<u16> {
        let mut named = self.0.iter().filter(|(it, _)| it == essence);
        named.next().map(|(_, weight)| *weight)
    }
}

/// The weight among a range's parameters; 1000 if there is none.
fn weight(parameters: &str) -> u16 {
    let parameters = parameters
        .split(';')
        .filter_map(|it| it.trim().split_once('='));
    let mut weights = parameters.filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    let Some((_, weight)) = weights.next() else {
        return 1_000;
    };
    let weight: f32 = weight.trim().parse().unwrap_or(1.0);
    // Clamped, and NaN becomes zero.
    (weight.clamp(0.0, 1.0) * 1_000.0) as u16
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn gets(accept: &str, media: Option<Media>) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        assert_eq!(Accepted::of(&headers).media(), media, "{accept}");
    }

    #[test]
    fn the_one_wanted_most_is_sent() {
        gets("*/*", Some(Media::GraphQl));
        gets("application/*", Some(Media::GraphQl));
        gets("application/json", Some(Media::Json));
        gets("Application/JSON; charset=utf-8", Some(Media::Json));
        gets("application/graphql-response+json", Some(Media::GraphQl));
        let both = "application/json, application/graphql-response+json";
        gets(both, Some(Media::GraphQl));
        let json = "application/graphql-response+json;q=0.5, application/json;q=0.9";
        gets(json, Some(Media::Json));
        gets("application/json;q=0, */*;q=0.1", Some(Media::GraphQl));
        gets("text/event-stream", Some(Media::Events));
        gets("application/json, text/event-stream", Some(Media::Json));
        gets(
            "text/event-stream, application/json;q=0.5",
            Some(Media::Events),
        );
        gets("text/html, */*;q=0.8", Some(Media::GraphQl));
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
            Accepted::of(&HeaderMap::new()).media(),
            Some(Media::GraphQl)
        );
    }
}
