//! The caller, as far as a server can recognise it: the network and the browser.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The network of a caller: its IPv4 /24 or IPv6 /64. IPv4-mapped IPv6 addresses count as IPv4.
///
/// A network is coarser than an address, because carriers move clients between neighbouring addresses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(String);

impl Network {
    /// Returns the network of `address`.
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{}/24", Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        })
    }

    /// Wraps the stored text.
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the network in CIDR notation, to store and to show.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The caller to whom a refresh token was issued: network and user agent together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    network: Network,
    user_agent: String,
}

impl Client {
    /// The maximum number of characters of a user agent that are kept and compared.
    pub const MAX_USER_AGENT: usize = 256;

    /// Creates a client from the caller's address and `User-Agent` header, which may be empty. Control characters are
    /// dropped: PostgreSQL refuses U+0000, and a log line must stay one line.
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        let user_agent = user_agent.chars().filter(|c| !c.is_control()).take(Self::MAX_USER_AGENT).collect();
        Self { network: Network::of(address), user_agent }
    }

    /// Creates a client from its stored parts.
    pub const fn from_stored(network: Network, user_agent: String) -> Self {
        Self { network, user_agent }
    }

    /// Returns the network.
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// Returns the user agent: at most 256 characters, perhaps empty.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let network = |text: &str| Network::of(text.parse().unwrap()).to_string();
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }

    #[test]
    fn user_agents_are_bounded_and_printable() {
        let client = Client::new([192, 0, 2, 1].into(), &format!("a\0b\n{}", "é".repeat(400)));
        assert!(client.user_agent().starts_with("abé"));
        assert_eq!(client.user_agent().chars().count(), 256);
    }
}
