//! Parses origins ([RFC 6454](https://www.rfc-editor.org/rfc/rfc6454.html)) in `Origin` headers and
//! in patterns.

use super::host::{Host, parse_port, split_port};

/// The origin of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum WebOrigin {
    /// An opaque origin: a local file, a sandboxed frame.
    Null,
    /// A site and its port; `None` if the scheme has no default port.
    Site(Site, Option<u16>),
}

/// An origin without its port. The scheme is in lower case.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    scheme: String,
    host: Host,
}

#[derive(Debug)]
pub(super) enum OriginPattern {
    Any,
    Exactly(WebOrigin),
    AnyPort(Site),
}

impl WebOrigin {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let (site, port) = Site::split(text)?;
        let port = match port {
            Some(port) => Some(parse_port(port)?),
            None => site.default_port(),
        };
        Some(Self::Site(site, port))
    }
}

impl Site {
    /// Splits `scheme://host` or `scheme://host:port`, without parsing the port.
    fn split(text: &str) -> Option<(Self, Option<&str>)> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, port) = split_port(rest);
        let site = Self {
            scheme: is_scheme(scheme).then(|| scheme.to_ascii_lowercase())?,
            host: Host::parse(host)?,
        };
        Some((site, port))
    }

    fn default_port(&self) -> Option<u16> {
        match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        }
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

impl OriginPattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let Some(text) = text.strip_suffix(":*") else {
            return WebOrigin::parse(text).map(Self::Exactly);
        };
        match Site::split(text)? {
            (site, None) => Some(Self::AnyPort(site)),
            (_, Some(_)) => None,
        }
    }

    pub(super) fn matches(&self, other: &WebOrigin) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(origin) => origin == other,
            Self::AnyPort(site) => matches!(other, WebOrigin::Site(other, _) if other == site),
        }
    }
}
