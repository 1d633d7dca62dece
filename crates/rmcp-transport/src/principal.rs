//! The client of a request, as known to the embedding server.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use http::Extensions;

/// The authenticated identity: an opaque key, such as the name of an API key or the subject of a
/// token.
///
/// A layer in front of the service inserts it into the request's extensions:
///
/// ```
/// # let mut request = http::Request::new(());
/// request.extensions_mut().insert(rmcp_transport::Principal::new("alice"));
/// ```
///
/// A session belongs to the principal that opened it; to others it does not exist. Requests without
/// a principal share one group.
///
/// It should not be a secret, although its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// Creates a principal with this key.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    /// Returns the key.
    pub fn key(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Principal(..)")
    }
}

/// The address of the client, as far as the embedding server trusts it.
///
/// A layer in front of the service inserts it into the request's extensions. It limits the sessions
/// of clients without a [`Principal`]. Behind a proxy, it must be the client's address, not the
/// proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// Returns the address by which a client is counted. Of an IPv6 address, it contains only the
    /// first 64 bits, because one subscriber controls the rest. An IPv4-mapped address counts as
    /// IPv4.
    ///
    /// ```
    /// use rmcp_transport::ClientAddress;
    ///
    /// let of = |address: &str| ClientAddress(address.parse().unwrap()).subscriber().to_string();
    /// assert_eq!(of("2001:db8:1:2:3::4"), "2001:db8:1:2::");
    /// assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    /// ```
    pub fn subscriber(self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
            v4 => v4,
        }
    }
}

/// The client that a session is counted for, so that one client cannot use up the sessions of all.
///
/// It is public for servers that offer other transports and limit their clients in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClientKey {
    /// An authenticated client.
    Principal(Principal),
    /// An unauthenticated client, by address; see [`ClientAddress::subscriber`].
    Address(IpAddr),
}

impl ClientKey {
    /// Returns the client of a request with these extensions; `None` if it is unknown.
    pub fn of(extensions: &Extensions) -> Option<Self> {
        if let Some(principal) = extensions.get::<Principal>() {
            return Some(Self::Principal(principal.clone()));
        }
        let address: &ClientAddress = extensions.get()?;
        Some(Self::Address(address.subscriber()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Option<ClientKey> {
        let mut extensions = Extensions::new();
        extensions.insert(ClientAddress(address.parse().unwrap()));
        ClientKey::of(&extensions)
    }

    #[test]
    fn ipv6_client_is_its_64_bit_network() {
        assert_eq!(client("2001:db8:1:2:3::4"), client("2001:db8:1:2:ffff::"));
        assert_ne!(client("2001:db8:1:2::"), client("2001:db8:1:3::"));
    }

    #[test]
    fn ipv4_client_is_its_address_mapped_or_not() {
        assert_eq!(client("192.0.2.1"), client("::ffff:192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn client_with_a_principal_ignores_the_address() {
        let mut extensions = Extensions::new();
        assert_eq!(ClientKey::of(&extensions), None);
        extensions.insert(ClientAddress("192.0.2.1".parse().unwrap()));
        extensions.insert(Principal::new("alice"));
        let alice = ClientKey::Principal(Principal::new("alice"));
        assert_eq!(ClientKey::of(&extensions), Some(alice));
    }
}
