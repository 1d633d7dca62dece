//! Extracts the API key of a request. The key is removed from the request, so that the inner layers
//! can neither log nor forward it.

use std::borrow::Cow;

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::PathAndQuery},
};
use percent_encoding::percent_decode_str;

use super::{
    X_API_KEY,
    digest::{self, Digest},
    entry::MAX_KEY_BYTES,
};

/// The query parameter, for clients that cannot set headers.
const PARAMETER: &str = "api_key";

/// Why the key of a request is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MalformedKey {
    Empty,
    TooLong,
    Several,
}

impl MalformedKey {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Empty => "the API key is empty",
            Self::TooLong => "the API key is longer than 512 bytes",
            Self::Several => "the request has more than one API key",
        }
    }
}

/// Removes the key from a request: from `X-API-Key`, or else from `Authorization: Bearer`, or else
/// from the query if `in_query` allows it.
///
/// `Authorization` with another scheme is ignored: it is for a proxy.
pub(super) fn take(request: &mut Request, in_query: bool) -> Result<Option<Digest>, MalformedKey> {
    let headers = request.headers_mut();
    let x_api_key = take_header(headers, &X_API_KEY);
    let authorization = take_header(headers, &header::AUTHORIZATION);
    let in_query = if in_query {
        take_parameter(request)
    } else {
        None
    };
    if let Some(key) = x_api_key? {
        return digest(key.as_bytes()).map(Some);
    }
    let authorization = authorization?;
    let bearer = authorization.as_ref().and_then(|it| bearer(it.as_bytes()));
    bearer.or(in_query.as_deref()).map(digest).transpose()
}

fn digest(key: &[u8]) -> Result<Digest, MalformedKey> {
    let key = key.trim_ascii();
    match key.len() {
        0 => Err(MalformedKey::Empty),
        // Bounds the time spent on hashing.
        length if length > MAX_KEY_BYTES => Err(MalformedKey::TooLong),
        _ => Ok(digest::hash(key)),
    }
}

fn take_header(
    headers: &mut HeaderMap,
    name: &HeaderName,
) -> Result<Option<HeaderValue>, MalformedKey> {
    let several = headers.get_all(name).iter().nth(1).is_some();
    match headers.remove(name) {
        Some(_) if several => Err(MalformedKey::Several),
        value => Ok(value),
    }
}

/// Returns the token of the `Bearer` scheme.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let (scheme, key) = match value.iter().position(|byte| *byte == b' ') {
        Some(space) => value.split_at(space),
        None => (value, &[][..]),
    };
    scheme.eq_ignore_ascii_case(b"bearer").then_some(key)
}

/// Returns whether a query contains the parameter, whether or not it is allowed.
pub(super) fn is_in_query(query: &str) -> bool {
    query.split('&').any(is_parameter)
}

fn is_parameter(pair: &str) -> bool {
    pair.split('=').next() == Some(PARAMETER)
}

fn take_parameter(request: &mut Request) -> Option<Vec<u8>> {
    let query = request.uri().query()?;
    let pair = query.split('&').find(|pair| is_parameter(pair))?;
    let (_, value) = pair.split_once('=').unwrap_or_default();
    let key = Cow::from(percent_decode_str(value)).into_owned();

    let rest: Vec<&str> = query
        .split('&')
        .filter(|pair| !is_parameter(pair))
        .collect();
    let path = request.uri().path();
    let path_and_query = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    let path_and_query: PathAndQuery = path_and_query
        .try_into()
        .expect("parts of a path and query are a path and query");
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    *request.uri_mut() = Uri::from_parts(parts).expect("only the query has changed");
    Some(key)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn request(uri: &str, headers: &[(&str, &str)]) -> Request {
        let request = axum::http::Request::get(uri);
        let add = |request: axum::http::request::Builder, (name, value): &(&str, &str)| {
            request.header(*name, *value)
        };
        let request = headers.iter().fold(request, add);
        request.body(Body::empty()).unwrap()
    }

    fn presented(headers: &[(&str, &str)]) -> Result<Option<Digest>, MalformedKey> {
        take(&mut request("/sse?api_key=k", headers), false)
    }

    fn key(key: &str) -> Result<Option<Digest>, MalformedKey> {
        Ok(Some(digest::hash(key.as_bytes())))
    }

    #[test]
    fn api_key_header_precedes_authorization() {
        assert_eq!(presented(&[("x-api-key", "k")]), key("k"));
        for value in ["Bearer k", "bearer k", "BEARER   k "] {
            assert_eq!(presented(&[("authorization", value)]), key("k"), "{value}");
        }
        let both = [("authorization", "Bearer other"), ("x-api-key", "k")];
        assert_eq!(presented(&both), key("k"));
        let proxy = [("authorization", "Basic dTpw"), ("x-api-key", "k")];
        assert_eq!(presented(&proxy), key("k"));
        assert_eq!(presented(&[("authorization", "Basic dTpw")]), Ok(None));
        assert_eq!(presented(&[]), Ok(None));
    }

    #[test]
    fn malformed_key_is_classified() {
        let malformed = Err;
        assert_eq!(
            presented(&[("x-api-key", "")]),
            malformed(MalformedKey::Empty)
        );
        assert_eq!(
            presented(&[("authorization", "Bearer")]),
            malformed(MalformedKey::Empty)
        );
        assert_eq!(
            presented(&[("authorization", "Bearer  ")]),
            malformed(MalformedKey::Empty)
        );
        let long = "k".repeat(MAX_KEY_BYTES + 1);
        assert_eq!(
            presented(&[("x-api-key", &long)]),
            malformed(MalformedKey::TooLong)
        );
        for name in ["x-api-key", "authorization"] {
            let two = [(name, "Bearer k"), (name, "Bearer k")];
            assert_eq!(presented(&two), malformed(MalformedKey::Several), "{name}");
        }
    }

    #[test]
    fn key_is_removed_from_the_request() {
        let mut request = request(
            "/messages?api_key=a%20b&session_id=1&api_key=c",
            &[("authorization", "Basic dTpw"), ("x-other", "stays")],
        );
        assert_eq!(take(&mut request, true), key("a b"));
        assert_eq!(request.uri(), "/messages?session_id=1");
        assert_eq!(request.headers().len(), 1);
        let mut alone = self::request("/sse?api_key=k", &[]);
        assert_eq!(take(&mut alone, true), key("k"));
        assert_eq!(alone.uri(), "/sse");
    }

    #[test]
    fn key_in_the_query_is_ignored_unless_allowed() {
        assert_eq!(take(&mut request("/sse?api_key=k", &[]), false), Ok(None));
        assert_eq!(take(&mut request("/sse?apikey=k", &[]), true), Ok(None));
        let empty = Err(MalformedKey::Empty);
        assert_eq!(take(&mut request("/sse?api_key", &[]), true), empty);
    }
}
