//! Which proxies are trusted, and whose address is therefore the client's.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;

/// The proxies whose `X-Forwarded-For` is trusted: none unless configured.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    /// Whether an untrusted proxy was reported in the log.
    told: Arc<AtomicBool>,
    /// Whether a trusted proxy was reported that does not say whose requests it passes on.
    told_silent: Arc<AtomicBool>,
}

impl TrustedProxies {
    /// Trusts the proxies in these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self { networks, told: Arc::default(), told_silent: Arc::default() }
    }

    /// Tells whether a peer that claims to pass on requests seems to be a proxy of the operator's although none is
    /// trusted: it is on a private network or on this machine.
    pub(crate) fn lack(&self, peer: IpAddr) -> bool {
        self.networks.is_empty() && is_private(peer.to_canonical())
    }

    /// Reports it in the log, once.
    pub(crate) fn tell_lack(&self, peer: IpAddr) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %peer,
                "a peer on a private network sends forwarding headers, but AUTH_TRUSTED_PROXIES is empty: if it is \
                 your proxy, add its address, or all of its clients share one rate limit"
            );
        }
    }

    /// Reports in the log, once, that a trusted proxy sends requests that are limited for strangers, without saying for
    /// whom.
    pub(crate) fn tell_silent(&self) {
        if !self.told_silent.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a peer in AUTH_TRUSTED_PROXIES sends no forwarding header: its requests are not limited per network"
            );
        }
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Returns the address of the client: the nearest one that is not a trusted proxy, starting with the socket's peer
    /// and then going through `X-Forwarded-For` from right to left. Whatever is further left was written by someone who
    /// is not trusted.
    pub(crate) fn client_of<'a>(
        &self,
        peer: IpAddr,
        forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    ) -> IpAddr {
        let mut client = peer;
        for hop in forwarded_for.rev() {
            if !self.contains(client) {
                break;
            }
            let Some(address) = parse_hop(hop) else { break };
            client = address;
        }
        client
    }
}

const fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Parses an address, with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(text).parse::<IpAddr>();
    address.ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], peer: &str, forwarded_for: &str) -> String {
        let networks = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let hops = forwarded_for.split(',').filter(|hop| !hop.is_empty());
        TrustedProxies::new(networks).client_of(peer.parse().unwrap(), hops).to_string()
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(client(&[], "192.0.2.1", "10.0.0.1"), "192.0.2.1");
        assert_eq!(client(&["10.0.0.0/8"], "192.0.2.1", "10.9.9.9"), "192.0.2.1");
    }

    #[test]
    fn trusted_hops_are_skipped_from_the_right_and_a_spoofed_left_does_not_count() {
        let trusted = ["10.0.0.0/8", "fd00::/8"];
        assert_eq!(client(&trusted, "10.0.0.1", "198.51.100.7"), "198.51.100.7");
        assert_eq!(client(&trusted, "10.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2"), "198.51.100.7");
        assert_eq!(client(&trusted, "::ffff:10.0.0.1", "[2001:db8::1]:443"), "2001:db8::1");
        assert_eq!(client(&trusted, "fd00::1", "198.51.100.7:5555"), "198.51.100.7");
        assert_eq!(client(&trusted, "10.0.0.1", "198.51.100.7, unknown"), "10.0.0.1");
        assert_eq!(client(&trusted, "10.0.0.1", ""), "10.0.0.1");
    }
}
