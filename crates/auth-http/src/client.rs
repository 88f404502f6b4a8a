//! The caller, as far as the connection identifies it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use auth_domain::session::Client;

use crate::edge::Edge;
use crate::network_limits::Limited;

/// Returns the address of the client, or the proxy's own if its two headers contradict each other.
pub(crate) fn client_address(request: &HttpRequest) -> IpAddr {
    match told_address(request) {
        Ok(client) => client,
        Err(Contradiction { proxy }) => proxy,
    }
}

/// A trusted proxy names two different clients.
struct Contradiction {
    proxy: IpAddr,
}

fn told_address(request: &HttpRequest) -> Result<IpAddr, Contradiction> {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let Some(edge) = request.app_data::<Data<Edge>>().filter(|edge| edge.trusted_proxies.contains(peer)) else {
        return Ok(peer);
    };
    let lines = |name: &str| -> Vec<String> {
        let values = request.headers().get_all(name);
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    };
    let (forwarded_for, forwarded) = (lines("x-forwarded-for"), lines("forwarded"));
    let client_of = |hops: &mut dyn DoubleEndedIterator<Item = &str>| edge.trusted_proxies.client_of(peer, hops);
    let by_list = client_of(&mut forwarded_for.iter().flat_map(|line| line.split(',')));
    let by_elements = client_of(&mut forwarded.iter().flat_map(|line| forwarded_hops(line)));
    match (forwarded_for.is_empty(), forwarded.is_empty()) {
        (_, true) => Ok(by_list),
        (true, false) => Ok(by_elements),
        (false, false) if by_list == by_elements => Ok(by_list),
        // A proxy sets one of them; anyone may have written the other one.
        (false, false) => Err(Contradiction { proxy: peer }),
    }
}

/// Returns the address for whose network limits count: for a proxy that cannot be believed its own, and `None` for a
/// trusted proxy that does not say whose request it passes on.
pub(crate) fn limited(request: &HttpRequest) -> Option<Limited> {
    let speaks_for_itself = |edge: &Data<Edge>| {
        let peer = request.peer_addr().map(|peer| peer.ip());
        peer.is_some_and(|peer| edge.trusted_proxies.contains(peer)) && !is_passed_on(request)
    };
    let nobody = request.app_data::<Data<Edge>>().is_some_and(speaks_for_itself);
    (!nobody).then(|| match told_address(request) {
        Ok(address) => Limited { address, exempt_on_loopback: true },
        Err(Contradiction { proxy }) => Limited { address: proxy, exempt_on_loopback: false },
    })
}

/// Tells whether the request claims to be someone else's.
pub(crate) fn is_passed_on(request: &HttpRequest) -> bool {
    ["x-forwarded-for", "forwarded"].iter().any(|name| request.headers().contains_key(*name))
}

/// Returns the peer if it seems to be a proxy that the operator forgot to trust.
pub(crate) fn untrusted_proxy(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr().filter(|_| is_passed_on(request))?.ip();
    request.app_data::<Data<Edge>>().is_some_and(|edge| edge.trusted_proxies.lack(peer)).then_some(peer)
}

/// Returns the `for` of each element of a `Forwarded` header (RFC 7239 section 4), empty where an element has none.
pub(crate) fn forwarded_hops(line: &str) -> Vec<&str> {
    // A quote that a client left open would hide what a proxy appended to the line.
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

/// Splits where `separator` is not inside a quoted string. Addresses have no characters that would be escaped there.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character| {
        quoted ^= character == '"';
        !quoted && character == separator
    })
}

/// The caller's network and user agent. The `realip_remote_addr` of actix-web would believe the headers of any caller.
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
}
