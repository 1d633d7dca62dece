//! Who a request comes from, as the server that embeds the transport knows it.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use http::Extensions;

/// Whoever was authenticated: an opaque key, such as the name of an API key or
/// the subject of a token.
///
/// A layer in front of the service puts it into the request's extensions:
///
/// ```
/// # let mut request = http::Request::new(());
/// request.extensions_mut().insert(rmcp_transport::Principal::new("alice"));
/// ```
///
/// A session belongs to the principal that opened it; for everybody else it
/// does not exist. Requests without a principal form a group of their own.
///
/// It should not be a secret, though its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// A principal named by `key`.
    pub fn new(key: impl Into<Arc<str>>) -> Self {
        Self(key.into())
    }

    /// The key it was made of.
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
/// A layer in front of the service puts it into the request's extensions; it
/// bounds the sessions of a client that has no [`Principal`]. Behind a proxy
/// it must be the client's address and not the proxy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address under which a client is counted: its own, but of an IPv6
    /// address only the first 64 bits, because one subscriber has all the rest
    /// for itself. An IPv4 address counts as such, mapped or not.
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

/// Whom a session is counted for, so that one client cannot take the place of
/// all others.
///
/// It is public for servers that offer other transports beside this one and
/// bound their clients in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Client {
    /// Whoever was authenticated.
    Principal(Principal),
    /// Where the request came from, if nobody was authenticated; see
    /// [`ClientAddress::subscriber`].
    Address(IpAddr),
}

impl Client {
    /// Whom the extensions of a request name; `None` if nothing is known.
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

    fn client(address: &str) -> Option<Client> {
        let mut extensions = Extensions::new();
        extensions.insert(ClientAddress(address.parse().unwrap()));
        Client::of(&extensions)
    }

    #[test]
    fn an_ipv6_client_is_its_64_bit_network() {
        assert_eq!(client("2001:db8:1:2:3::4"), client("2001:db8:1:2:ffff::"));
        assert_ne!(client("2001:db8:1:2::"), client("2001:db8:1:3::"));
    }

    #[test]
    fn an_ipv4_client_is_its_address_mapped_or_not() {
        assert_eq!(client("192.0.2.1"), client("::ffff:192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }

    #[test]
    fn a_principal_goes_before_the_address() {
        let mut extensions = Extensions::new();
        assert_eq!(Client::of(&extensions), None);
        extensions.insert(ClientAddress("192.0.2.1".parse().unwrap()));
        extensions.insert(Principal::new("alice"));
        let alice = Client::Principal(Principal::new("alice"));
        assert_eq!(Client::of(&extensions), Some(alice));
    }
}
