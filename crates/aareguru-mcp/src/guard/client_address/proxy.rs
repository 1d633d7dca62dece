//! The settings: which proxies are trusted, and which header they write.

use std::{fmt, net::IpAddr, str::FromStr};

use axum::http::HeaderName;
use ipnet::IpNet;

/// Whom to believe where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proxy {
    /// Any address of a network.
    Network(IpNet),
    /// Whoever is connected by a Unix socket.
    Unix,
}

impl Proxy {
    /// Whether it is at the other end of a connection; `None` is a Unix socket.
    pub fn is(&self, peer: Option<IpAddr>) -> bool {
        match (self, peer) {
            (Self::Network(network), Some(peer)) => network.contains(&peer),
            (Self::Unix, None) => true,
            _ => false,
        }
    }
}

impl FromStr for Proxy {
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
        network.map(Self::Network).map_err(
            |_| "not an address, not a network such as 10.0.0.0/8 or fd00::/8, and not `unix`",
        )
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) => network.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// The header in which trusted proxies name the client.
///
/// It is one, because a proxy that writes one header hands on whatever a client
/// has put into the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientIpHeader {
    /// `X-Forwarded-For`: addresses, to which each proxy adds its client's.
    XForwardedFor,
    /// `Forwarded` ([RFC 7239](https://www.rfc-editor.org/rfc/rfc7239)):
    /// likewise.
    Forwarded,
    /// A header with one address, which the proxy sets anew: `Fly-Client-IP`,
    /// `CF-Connecting-IP`, `X-Real-IP`.
    Single(HeaderName),
}

impl FromStr for ClientIpHeader {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name: HeaderName = text.trim().parse().map_err(
            |_| "not the name of a header, such as X-Forwarded-For, Forwarded or Fly-Client-IP",
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
