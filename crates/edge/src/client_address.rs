//! Determines the client address of a request: that of the connection, or the one in the header of
//! a trusted proxy.
//!
//! Any client can send any header. A header is trusted only if the peer is one of
//! `TRUSTED_PROXIES`, and only the part of it that such a proxy has added.

mod forwarding_header;
mod proxy;

use std::{net::IpAddr, sync::Once};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName},
};
use metrics::{Counter, counter, describe_counter};
use rmcp_transport::ClientAddress;

pub use self::proxy::{ClientIpHeader, TrustedProxy};

/// Headers that proxies add by default.
static FORWARDING_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("forwarded"),
];

/// The address of the peer of a connection; `None` on a Unix socket. The accept loop adds it to the
/// extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub Option<IpAddr>);

/// Determines the address of a request, and adds it to its extensions as [`ClientAddress`].
///
/// A client on this machine has no address unless a trusted proxy names one: it may itself be a
/// proxy with many clients.
#[derive(Debug)]
pub(crate) struct ClientAddresses {
    proxies: Vec<TrustedProxy>,
    header: ClientIpHeader,
    /// Counts headers of untrusted peers.
    ignored: Counter,
    untrusted_warning: Once,
    missing_warning: Once,
}

impl ClientAddresses {
    pub(crate) fn new(proxies: Vec<TrustedProxy>, header: ClientIpHeader) -> Self {
        let ignored = "aareguru_mcp_forwarding_ignored_total";
        describe_counter!(
            ignored,
            "Requests whose X-Forwarded-For or Forwarded was ignored, because the peer is not one \
             of TRUSTED_PROXIES"
        );
        Self {
            proxies,
            header,
            ignored: counter!(ignored),
            untrusted_warning: Once::new(),
            missing_warning: Once::new(),
        }
    }

    pub(crate) fn identify(&self, request: &mut Request) {
        // In-process requests have no connection.
        if let Some(PeerAddress(peer)) = request.extensions().get().copied()
            && let Some(address) = self.client(peer, request.headers())
        {
            request.extensions_mut().insert(ClientAddress(address));
        }
    }

    fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.map(|peer| peer.to_canonical());
        let connection_address = peer.filter(|peer| !peer.is_loopback());
        if !self.proxies.iter().any(|proxy| proxy.matches(peer)) {
            self.warn_untrusted(peer, headers);
            return connection_address;
        }
        let is_trusted = |address: &IpAddr| self.proxies.iter().any(|p| p.matches(Some(*address)));
        let forwarded = forwarding_header::client(headers, &self.header, is_trusted);
        if forwarded.is_none() {
            self.warn_missing(peer);
        }
        // Without the header, all clients of the proxy count as one: operators notice a limit that
        // is too strict, but not a missing one.
        forwarded.or(connection_address)
    }

    /// Warns of a forwarding header from an untrusted peer. If `TRUSTED_PROXIES` is not set, all
    /// clients of a proxy share one rate limit.
    fn warn_untrusted(&self, peer: Option<IpAddr>, headers: &HeaderMap) {
        let mut forwarding = FORWARDING_HEADERS.iter();
        let Some(header) = forwarding.find(|name| headers.contains_key(*name)) else {
            return;
        };
        self.ignored.increment(1);
        self.untrusted_warning.call_once(|| {
            let peer = peer.map_or_else(|| "unix".to_owned(), |peer| peer.to_string());
            tracing::warn!(
                peer,
                %header,
                "forwarding header ignored: if the peer is your proxy, list it in TRUSTED_PROXIES \
                 (logged once)"
            );
        });
    }

    fn warn_missing(&self, peer: Option<IpAddr>) {
        // A local client that connects without the proxy.
        if peer.is_some_and(|peer| peer.is_loopback()) {
            return;
        }
        self.missing_warning.call_once(|| {
            tracing::warn!(
                peer = peer.map(tracing::field::display),
                header = %self.header,
                "client address missing in a request from a trusted proxy: its clients share one \
                 rate limit; set CLIENT_IP_HEADER to the header that it sends (logged once)"
            );
        });
    }
}

#[cfg(test)]
mod tests;
