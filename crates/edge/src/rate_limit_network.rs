//! The value of the setting `RATE_LIMIT_NETWORKS`.

use std::{fmt, net::IpAddr, num::NonZeroU32, str::FromStr};

use ipnet::IpNet;

/// A network whose addresses have their own rate limit, such as the network through which an
/// assistant sends the requests of all its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitNetwork {
    /// The network.
    pub network: IpNet,
    /// The number of requests per minute of each address, or of each /64 for IPv6.
    pub per_minute: NonZeroU32,
}

impl RateLimitNetwork {
    /// Returns whether an address belongs to the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.network.contains(&address)
    }
}

impl FromStr for RateLimitNetwork {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = "expected a network and its requests per minute, such as 192.0.2.0/24=6000";
        let (network, per_minute) = text.trim().split_once('=').ok_or(expected)?;
        let network = network.trim();
        let address = network.parse().map(|address: IpAddr| IpNet::from(address));
        Ok(Self {
            network: address.or_else(|_| network.parse()).map_err(|_| expected)?,
            per_minute: per_minute.trim().parse().map_err(|_| expected)?,
        })
    }
}

impl fmt::Display for RateLimitNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.network, self.per_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limit_network_is_parsed_and_displayed() {
        for (text, address) in [
            ("192.0.2.0/24=6000", "192.0.2.77"),
            ("2001:db8::/32=1", "2001:db8:1::2"),
        ] {
            let network: RateLimitNetwork = text.parse().unwrap();
            assert!(network.contains(address.parse().unwrap()), "{text}");
            assert!(!network.contains("198.51.100.1".parse().unwrap()));
            assert_eq!(network.to_string(), text);
        }
        let single: RateLimitNetwork = " 192.0.2.1 = 60 ".parse().unwrap();
        assert_eq!(single.to_string(), "192.0.2.1/32=60");
    }

    #[test]
    fn invalid_rate_limit_network_is_an_error_that_shows_the_form() {
        for text in [
            "",
            "192.0.2.0/24",
            "192.0.2.0/24=0",
            "192.0.2.0/24=-1",
            "192.0.2.0/33=60",
            "example.org=60",
        ] {
            let error = text.parse::<RateLimitNetwork>().unwrap_err();
            assert!(error.contains("192.0.2.0/24=6000"), "{text}: {error}");
        }
    }
}
