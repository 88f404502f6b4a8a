//! Token exchange (RFC 8693): which service may exchange the tokens of its users for tokens of which other services.

use std::collections::{BTreeMap, BTreeSet};

use crate::audience::{Audience, AudienceName};

/// What one service may exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeRule {
    /// The audience to which the service belongs. It may exchange tokens for this audience and no others, so a token that it
    /// was not given is of no use to it.
    pub own: Audience,
    /// The audiences for which it receives tokens in return. The default one is never among them: nobody administers an account
    /// on behalf of its owner.
    pub targets: BTreeSet<AudienceName>,
}

/// What each service may exchange, by the name of the service.
pub type ExchangeRules = BTreeMap<String, ExchangeRule>;

/// The services on whose behalf a token was exchanged, the last one first (the `act` claim, RFC 8693 section 4.1). Empty for a
/// token that its user's own client received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actors(Vec<String>);

impl Actors {
    /// How many services may pass a token on.
    pub const MAX: usize = 8;

    /// Creates a chain from names; `None` if there are too many.
    pub fn of(names: Vec<String>) -> Option<Self> {
        (names.len() <= Self::MAX).then_some(Self(names))
    }

    /// Returns the chain with this service in front; `None` if it is too long.
    #[must_use]
    pub fn then(&self, service: &str) -> Option<Self> {
        Self::of(std::iter::once(service.to_owned()).chain(self.0.iter().cloned()).collect())
    }

    /// Returns the names, the last actor first.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_begins_with_the_last_actor_and_ends_somewhere() {
        let orders = Actors::default().then("orders").unwrap();
        assert_eq!(orders.then("mail").unwrap().names(), ["mail", "orders"]);
        let longest = (1..Actors::MAX).fold(orders, |actors, _| actors.then("x").unwrap());
        assert_eq!(longest.then("x"), None);
    }
}
