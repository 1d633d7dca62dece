//! From which address a request comes: that of the connection, or the one that
//! a trusted proxy names.
//!
//! Every client can send every header. A header is believed only if the
//! connection comes from a proxy that the operator has named, and in it only
//! what such a proxy has added.

mod forwarded;
mod proxy;

use std::{net::IpAddr, sync::Once};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName},
};
use metrics::{Counter, counter, describe_counter};
use rmcp_transport::ClientAddress;

pub use self::proxy::{ClientIpHeader, Proxy};

use crate::settings::Settings;

/// What proxies write who ask nobody.
static FORWARDING: [HeaderName; 2] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("forwarded"),
];

/// The other end of a connection, which the accept loop puts into the
/// extensions of its requests. `None` on a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub Option<IpAddr>);

/// Finds the address of a request, and puts it into its extensions as
/// [`ClientAddress`].
///
/// A client on this machine has none, as long as nothing else is known: it may
/// be a proxy, and behind it many clients.
#[derive(Debug)]
pub(super) struct ClientAddresses {
    proxies: Vec<Proxy>,
    header: ClientIpHeader,
    /// Counts the headers that are not believed.
    ignored: Counter,
    untrusted_warning: Once,
    missing_warning: Once,
}

impl ClientAddresses {
    pub(super) fn new(settings: &Settings) -> Self {
        let ignored = "aareguru_mcp_forwarding_ignored_total";
        describe_counter!(
            ignored,
            "Requests whose X-Forwarded-For or Forwarded was not believed, because it does not \
             come from one of TRUSTED_PROXIES"
        );
        Self {
            proxies: settings.trusted_proxies.clone(),
            header: settings.client_ip_header.clone(),
            ignored: counter!(ignored),
            untrusted_warning: Once::new(),
            missing_warning: Once::new(),
        }
    }

    pub(super) fn identify(&self, request: &mut Request) {
        // In-process callers have no connection.
        if let Some(PeerAddress(peer)) = request.extensions().get().copied()
            && let Some(address) = self.client(peer, request.headers())
        {
            request.extensions_mut().insert(ClientAddress(address));
        }
    }

    fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let peer = peer.map(|peer| peer.to_canonical());
        let of_connection = peer.filter(|peer| !peer.is_loopback());
        if !self.proxies.iter().any(|proxy| proxy.is(peer)) {
            self.tell_untrusted(peer, headers);
            return of_connection;
        }
        let is_trusted = |address: &IpAddr| self.proxies.iter().any(|p| p.is(Some(*address)));
        let named = forwarded::client(headers, &self.header, is_trusted);
        if named.is_none() {
            self.tell_missing(peer);
        }
        // A proxy that names nobody is counted as one client: too strict is
        // noticed, and no limit at all is not.
        named.or(of_connection)
    }

    /// The usual mistake is to forget the setting, and then all clients of a
    /// proxy are one.
    fn tell_untrusted(&self, peer: Option<IpAddr>, headers: &HeaderMap) {
        let Some(header) = FORWARDING.iter().find(|name| headers.contains_key(*name)) else {
            return;
        };
        self.ignored.increment(1);
        self.untrusted_warning.call_once(|| {
            let peer = peer.map_or_else(|| "unix".to_owned(), |peer| peer.to_string());
            tracing::warn!(
                peer,
                "{header} is not believed: if this is your proxy, name it in TRUSTED_PROXIES \
                 (told once)"
            );
        });
    }

    fn tell_missing(&self, peer: Option<IpAddr>) {
        // Somebody on this machine who is no proxy just now.
        if peer.is_some_and(|peer| peer.is_loopback()) {
            return;
        }
        self.missing_warning.call_once(|| {
            tracing::warn!(
                peer = peer.map(tracing::field::display),
                "a trusted proxy names no client in {}: its clients are counted as one; \
                 set CLIENT_IP_HEADER to the header that it writes (told once)",
                self.header
            );
        });
    }
}

#[cfg(test)]
mod tests;
