//! The key that a request presents. It is taken out of the request, so that
//! nothing behind this layer can log it or hand it on.

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

/// The parameter of the query, for clients that cannot set headers.
const PARAMETER: &str = "api_key";

/// What cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    Empty,
    TooLong,
    Several,
}

impl Malformed {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Empty => "the API key is empty",
            Self::TooLong => "this is longer than any API key",
            Self::Several => "there is more than one API key",
        }
    }
}

/// Takes the key out of a request: from `X-API-Key`, else from
/// `Authorization: Bearer`, else from the query if that is allowed.
///
/// `Authorization` with another scheme is for somebody else, such as a proxy.
pub(super) fn take(request: &mut Request, in_query: bool) -> Result<Option<Digest>, Malformed> {
    let headers = request.headers_mut();
    let own = take_header(headers, &X_API_KEY);
    let authorization = take_header(headers, &header::AUTHORIZATION);
    let in_query = if in_query {
        take_parameter(request)
    } else {
        None
    };
    if let Some(key) = own? {
        return digest(key.as_bytes()).map(Some);
    }
    let authorization = authorization?;
    let bearer = authorization.as_ref().and_then(|it| bearer(it.as_bytes()));
    bearer.or(in_query.as_deref()).map(digest).transpose()
}

fn digest(key: &[u8]) -> Result<Digest, Malformed> {
    let key = key.trim_ascii();
    match key.len() {
        0 => Err(Malformed::Empty),
        // Nobody makes us hash megabytes.
        length if length > MAX_KEY_BYTES => Err(Malformed::TooLong),
        _ => Ok(digest::of(key)),
    }
}

fn take_header(
    headers: &mut HeaderMap,
    name: &HeaderName,
) -> Result<Option<HeaderValue>, Malformed> {
    let several = headers.get_all(name).iter().nth(1).is_some();
    match headers.remove(name) {
        Some(_) if several => Err(Malformed::Several),
        value => Ok(value),
    }
}

/// What follows the scheme, if it is the right one.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let (scheme, key) = match value.iter().position(|byte| *byte == b' ') {
        Some(space) => value.split_at(space),
        None => (value, &[][..]),
    };
    scheme.eq_ignore_ascii_case(b"bearer").then_some(key)
}

/// Whether a query has the parameter, accepted or not.
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
    let without = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", rest.join("&"))
    };
    let without: PathAndQuery = without
        .try_into()
        .expect("parts of a path and query are a path and query");
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(without);
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

    fn presented(headers: &[(&str, &str)]) -> Result<Option<Digest>, Malformed> {
        take(&mut request("/sse?api_key=k", headers), false)
    }

    fn key(key: &str) -> Result<Option<Digest>, Malformed> {
        Ok(Some(digest::of(key.as_bytes())))
    }

    #[test]
    fn either_header_brings_a_key_and_ours_goes_first() {
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
    fn what_cannot_be_a_key_is_told_apart() {
        let malformed = Err;
        assert_eq!(presented(&[("x-api-key", "")]), malformed(Malformed::Empty));
        assert_eq!(
            presented(&[("authorization", "Bearer")]),
            malformed(Malformed::Empty)
        );
        assert_eq!(
            presented(&[("authorization", "Bearer  ")]),
            malformed(Malformed::Empty)
        );
        let long = "k".repeat(MAX_KEY_BYTES + 1);
        assert_eq!(
            presented(&[("x-api-key", &long)]),
            malformed(Malformed::TooLong)
        );
        for name in ["x-api-key", "authorization"] {
            let two = [(name, "Bearer k"), (name, "Bearer k")];
            assert_eq!(presented(&two), malformed(Malformed::Several), "{name}");
        }
    }

    #[test]
    fn nothing_of_a_key_is_left_in_the_request() {
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
    fn a_key_in_the_query_is_nothing_unless_allowed() {
        assert_eq!(take(&mut request("/sse?api_key=k", &[]), false), Ok(None));
        assert_eq!(take(&mut request("/sse?apikey=k", &[]), true), Ok(None));
        let empty = Err(Malformed::Empty);
        assert_eq!(take(&mut request("/sse?api_key", &[]), true), empty);
    }
}
