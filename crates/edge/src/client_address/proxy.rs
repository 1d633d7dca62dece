//! The values of the settings `TRUSTED_PROXIES` and `CLIENT_IP_HEADER`.

use std::{fmt, net::IpAddr, str::FromStr};

use axum::http::HeaderName;
use ipnet::IpNet;

/// A proxy whose client address header is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Any address of a network.
    Network(IpNet),
    /// Any peer on a Unix socket.
    Unix,
}

impl TrustedProxy {
    /// Returns whether the peer of a connection is this proxy; `None` is a peer on a Unix socket.
    pub fn matches(&self, peer: Option<IpAddr>) -> bool {
        match (self, peer) {
            (Self::Network(network), Some(peer)) => network.contains(&peer),
            (Self::Unix, None) => true,
            _ => false,
        }
    }
}

impl FromStr for TrustedProxy {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("unix") {
            return Ok(Self::Unix);
        }
        let address = text
            .parse()
            .map(|address: IpAddr| IpNet::from(address.to_canonical()));
        let network = address.or_else(|_| text.parse());
        network
            .map(Self::Network)
            .map_err(|_| "expected an address, a network such as 10.0.0.0/8 or fd00::/8, or `unix`")
    }
}

impl fmt::Display for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// The header in which trusted proxies send the client address.
///
/// Only one header is read: a proxy that sets one header forwards the others as the client sent
/// them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ClientIpHeader {
    /// `X-Forwarded-For`: a list to which each proxy appends the address of its client.
    #[default]
    XForwardedFor,
    /// `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)), also such a list.
    Forwarded,
    /// A header with one address, which the proxy overwrites: `Fly-Client-IP`, `CF-Connecting-IP`,
    /// `X-Real-IP`.
    Single(HeaderName),
}

impl FromStr for ClientIpHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name: HeaderName = text.trim().parse().map_err(
            |_| "expected the name of a header, such as X-Forwarded-For, Forwarded or Fly-Client-IP",
        )?;
        Ok(match name.as_str() {
            "x-forwarded-for" => Self::XForwardedFor,
            "forwarded" => Self::Forwarded,
            _ => Self::Single(name),
        })
    }
}

impl fmt::Display for ClientIpHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::XForwardedFor => f.write_str("X-Forwarded-For"),
            Self::Forwarded => f.write_str("Forwarded"),
            Self::Single(name) => name.fmt(f),
        }
    }
}
