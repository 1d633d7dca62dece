//! The `Accept` family of request headers.

use axum::http::{HeaderMap, HeaderName, header};

/// Returns the ranges of the header `name`, each with its weight from 0 to 1.
pub fn ranges<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = (&'a str, f32)> {
    let values = headers.get_all(name).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q="));
        (
            range,
            weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)),
        )
    })
}

/// Returns whether the client is a browser that shows a page.
pub fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
