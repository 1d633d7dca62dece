//! Parses hosts in `Host` headers, in origins, and in patterns.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The longest DNS name, and the longest label in one.
const MAX_NAME_LENGTH: usize = 253;
const MAX_LABEL_LENGTH: usize = 63;

/// A host. Names compare without case, addresses by value.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// In lower case and without a trailing dot.
    Name(String),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

#[derive(Debug)]
pub(super) struct HostPort {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug)]
pub(super) enum HostPattern {
    Any,
    Host { host: Host, port: PortPattern },
}

#[derive(Debug)]
pub(super) enum PortPattern {
    Any,
    /// No port in the pattern.
    Default,
    Number(u16),
}

impl Host {
    /// Parses a name, four decimal numbers, or an IPv6 address in brackets, and no other form that
    /// a resolver might accept as an address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            return rest.strip_suffix(']')?.parse().ok().map(Self::V6);
        }
        if let Ok(address) = text.parse() {
            return Some(Self::V4(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        is_name(&name).then_some(Self::Name(name))
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::V4(address) => address.is_loopback(),
            Self::V6(address) => address.is_loopback(),
        }
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME_LENGTH
        && name.split('.').all(is_label)
        && !name.rsplit('.').next().is_some_and(is_number)
}

// Host names may not contain underscores, but those of containers do.
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_LENGTH).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Returns whether browsers parse a host that ends in this label as an IPv4 address.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// Splits `host:port` without parsing either.
pub(super) fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        // The last colon may be part of an IPv6 address.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

pub(super) fn parse_port(text: &str) -> Option<u16> {
    // The standard library would accept a plus sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| digits && port != 0)
}

impl HostPort {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = split_port(text);
        Some(Self {
            host: Host::parse(host)?,
            port: match port {
                Some(port) => Some(parse_port(port)?),
                None => None,
            },
        })
    }
}

impl HostPattern {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Any);
        }
        let (host, port) = split_port(text);
        Some(Self::Host {
            host: Host::parse(host)?,
            port: match port {
                Some("*") => PortPattern::Any,
                Some(port) => PortPattern::Number(parse_port(port)?),
                None => PortPattern::Default,
            },
        })
    }

    pub(super) fn matches(&self, other: &HostPort) -> bool {
        match self {
            Self::Any => true,
            Self::Host { host, port } => *host == other.host && port.matches(other.port),
        }
    }

    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Host { host, .. } => host.is_loopback(),
        }
    }
}

impl PortPattern {
    /// A `Host` header does not contain the scheme, and a server behind a proxy may not know it, so
    /// a missing port matches the default port of either scheme.
    fn matches(&self, port: Option<u16>) -> bool {
        match (self, port) {
            (Self::Any, _) | (Self::Default, None) => true,
            (Self::Default, Some(port)) => matches!(port, 80 | 443),
            (Self::Number(number), None) => matches!(number, 80 | 443),
            (Self::Number(number), Some(port)) => *number == port,
        }
    }
}
