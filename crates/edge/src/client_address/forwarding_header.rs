//! Parses the headers in which proxies forward the client address.
//!
//! Each proxy appends its peer, so lists are read from the right, past trusted proxies, up to the
//! first untrusted address.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use super::ClientIpHeader;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED: HeaderName = header::FORWARDED;

/// Returns the client that trusted proxies name.
///
/// Everything to the left of the first untrusted or invalid address was sent by an untrusted client
/// and is ignored.
pub(super) fn client(
    headers: &HeaderMap,
    header: &ClientIpHeader,
    is_trusted: impl Fn(&IpAddr) -> bool,
) -> Option<IpAddr> {
    match header {
        ClientIpHeader::XForwardedFor => {
            let hops =
                header_lines_reversed(headers, &X_FORWARDED_FOR).flat_map(|line| line.rsplit(','));
            first_untrusted(hops.map(address), is_trusted)
        }
        ClientIpHeader::Forwarded => {
            let hops = header_lines_reversed(headers, &FORWARDED)
                .flat_map(|line| split_unquoted(line, ',').into_iter().rev());
            first_untrusted(hops.map(forwarded_for), is_trusted)
        }
        ClientIpHeader::Single(name) => {
            let mut values = headers.get_all(name).iter();
            match (values.next(), values.next()) {
                (Some(value), None) => address(value.to_str().ok()?),
                _ => None,
            }
        }
    }
}

fn first_untrusted(
    hops: impl Iterator<Item = Option<IpAddr>>,
    is_trusted: impl Fn(&IpAddr) -> bool,
) -> Option<IpAddr> {
    let mut nearest = None;
    for hop in hops {
        let Some(hop) = hop else {
            return nearest;
        };
        nearest = Some(hop);
        if !is_trusted(&hop) {
            return nearest;
        }
    }
    nearest
}

/// Returns the lines of a header, last first. A line that is not text becomes an empty one,
/// which contains no address.
fn header_lines_reversed<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().rev();
    lines.map(|line| line.to_str().unwrap_or_default())
}

/// Parses an address, with or without a port, and with or without brackets for IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    let address = address.or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address| address.to_canonical())
}

/// Parses the address in the `for` parameter of an element.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = split_unquoted(element, ';').into_iter();
    let mut values = pairs.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("for")
            .then_some(value.trim())
    });
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let quoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    address(quoted.unwrap_or(value))
}

fn split_unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|letter| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match letter {
            '\\' if is_quoted && !was_escaped => is_escaped = true,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        letter == separator && !is_quoted
    })
    .collect()
}
