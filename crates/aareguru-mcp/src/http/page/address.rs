//! By what address the server was reached.

use axum::http::{HeaderMap, HeaderName, header};

/// The address that a reader sees above the page.
#[derive(Debug)]
pub(super) struct Address {
    host: String,
    is_secure: bool,
}

impl Address {
    /// The host was checked before. That TLS ended at a proxy is believed to
    /// anybody, because only he who says so sees the page.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let scheme = text(HeaderName::from_static("x-forwarded-proto")).unwrap_or_default();
        Self {
            host: text(header::HOST).unwrap_or("localhost").to_owned(),
            is_secure: scheme.trim().eq_ignore_ascii_case("https"),
        }
    }

    pub(super) fn http(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.host)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_scheme_is_https_only_where_a_proxy_says_so() {
        let with = |scheme: &'static str| {
            Address::of(&HeaderMap::from_iter([
                (header::HOST, HeaderValue::from_static("aare.example")),
                (
                    HeaderName::from_static("x-forwarded-proto"),
                    HeaderValue::from_static(scheme),
                ),
            ]))
            .http()
        };
        assert_eq!(with("https"), "https://aare.example");
        for other in ["http", "", "javascript", "https://evil.example"] {
            assert_eq!(with(other), "http://aare.example");
        }
    }
}
