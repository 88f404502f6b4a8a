//! Who is calling, as far as the connection tells.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use auth_domain::session::Client;
use ipnet::IpNet;

use crate::app::App;

/// The proxies whose `X-Forwarded-For` is believed: none unless configured.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The address of the client: the nearest one that is no trusted proxy, from the socket's peer
    /// and then the `X-Forwarded-For` values from right to left. What lies further left was written
    /// by somebody who is not trusted.
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

/// An address, perhaps with a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(text).parse::<IpAddr>();
    address.ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

/// The address of the client; the proxy's own where the two headers tell of different ones.
pub(crate) fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let Some(app) = request.app_data::<Data<App>>().filter(|app| app.trusted_proxies.contains(peer)) else {
        return peer;
    };
    let lines = |name: &str| -> Vec<String> {
        let values = request.headers().get_all(name);
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    let (forwarded_for, forwarded) = (lines("x-forwarded-for"), lines("forwarded"));
    let client_of = |hops: &mut dyn DoubleEndedIterator<Item = &str>| app.trusted_proxies.client_of(peer, hops);
    let by_list = client_of(&mut forwarded_for.iter().flat_map(|line| line.split(',')));
    let by_elements = client_of(&mut forwarded.iter().flat_map(|line| forwarded_hops(line)));
    match (forwarded_for.is_empty(), forwarded.is_empty()) {
        (_, true) => by_list,
        (true, false) => by_elements,
        (false, false) if by_list == by_elements => by_list,
        // A proxy sets one of them; the other one may be anybody's.
        (false, false) => peer,
    }
}

/// The `for` of each element of a `Forwarded` header (RFC 7239 section 4), empty where it has none.
pub(crate) fn forwarded_hops(line: &str) -> Vec<&str> {
    // A quote that a client left open would swallow what a proxy appended to the line.
    if !line.matches('"').count().is_multiple_of(2) {
        return vec![""];
    }
    split_unquoted(line, ',')
        .map(|element| {
            let pairs = split_unquoted(element, ';').filter_map(|pair| pair.trim().split_once('='));
            let hop = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("for")).map(|(_, value)| value).next();
            hop.map_or("", |value| value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
        })
        .collect()
}

/// Splits where `separator` is in no quoted string. Addresses have no character that would be escaped there.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        quoted ^= character == '"';
        !quoted && character == separator
    })
}

/// The caller's network and user agent. actix-web's own `realip_remote_addr` would believe any
/// caller's headers.
pub(crate) struct RequestClient(pub(crate) Client);

impl FromRequest for RequestClient {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let address = client_address(request);
        let user_agent =
            request.headers().get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        ready(Ok(Self(Client::new(address, &user_agent.unwrap_or_default()))))
    }
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
    fn a_forwarded_header_is_read_as_rfc_7239_says() {
        assert_eq!(forwarded_hops("for=192.0.2.43"), ["192.0.2.43"]);
        let two = r#"for=192.0.2.43; proto=https;by=203.0.113.43, For="[2001:db8::17]:4711""#;
        assert_eq!(forwarded_hops(two), ["192.0.2.43", "[2001:db8::17]:4711"]);
        assert_eq!(forwarded_hops(r#"host="a,b;for=1.2.3.4",for=5.6.7.8"#), ["", "5.6.7.8"]);
        assert_eq!(forwarded_hops("for=unknown, for=_hidden"), ["unknown", "_hidden"]);
        assert_eq!(forwarded_hops(""), [""]);
        assert_eq!(forwarded_hops(r#"for=9.9.9.9;x=", for=1.2.3.4"#), [""], "an open quote hides nobody");
        assert_eq!(forwarded_hops(r#"for=9.9.9.9;x="", for="[2001:db8::1]""#), ["9.9.9.9", "[2001:db8::1]"]);
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
