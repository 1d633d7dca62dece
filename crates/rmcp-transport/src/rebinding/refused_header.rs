//! The header because of which a request was refused.

use std::{error, fmt};

use http::{HeaderValue, Response, StatusCode, header};

/// The header because of which a request was refused.
///
/// Its `Display` form is the body of the response. It never repeats what the client sent; that is
/// in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusedHeader {
    /// `Host`, or the host in the request's target: 421 Misdirected Request ([RFC 9110,
    /// 15.5.20](https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.20)).
    Host,
    /// `Origin`: 403 Forbidden.
    Origin,
}

impl RefusedHeader {
    /// Returns the status of the response.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
        }
    }

    /// Creates the response, with any body that can be created from a text.
    pub fn into_response<B: From<&'static str>>(self) -> Response<B> {
        let mut response = Response::new(B::from(self.text()));
        *response.status_mut() = self.status();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/plain; charset=utf-8"),
        );
        response
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Host => "Invalid Host header",
            Self::Origin => "Invalid Origin header",
        }
    }
}

impl fmt::Display for RefusedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl error::Error for RefusedHeader {}
