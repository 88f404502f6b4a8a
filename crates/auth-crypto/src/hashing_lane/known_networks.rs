//! The networks from which someone has logged in recently.

use std::collections::{BTreeSet, HashMap};

use auth_domain::Timestamp;
use auth_domain::session::Network;

/// The networks with the latest logins, a bounded number of them.
pub(super) struct RecentNetworks {
    most: usize,
    last_login: HashMap<Network, Timestamp>,
    by_time: BTreeSet<(Timestamp, Network)>,
}

impl RecentNetworks {
    /// Creates an empty set of at most this many networks.
    pub(super) fn new(most: usize) -> Self {
        Self { most, last_login: HashMap::new(), by_time: BTreeSet::new() }
    }

    pub(super) fn contains(&self, network: &Network) -> bool {
        self.last_login.contains_key(network)
    }

    pub(super) fn len(&self) -> usize {
        self.last_login.len()
    }

    /// Records a login, and forgets the oldest one if there are too many.
    pub(super) fn learn(&mut self, network: &Network, at: Timestamp) {
        let before = self.last_login.get(network).copied();
        if before.is_some_and(|before| at <= before) {
            return;
        }
        if let Some(before) = before {
            self.by_time.remove(&(before, network.clone()));
        }
        self.last_login.insert(network.clone(), at);
        self.by_time.insert((at, network.clone()));
        if self.len() > self.most {
            self.forget_oldest();
        }
    }

    /// Forgets those whose last login was before that time.
    pub(super) fn forget_before(&mut self, before: Timestamp) {
        while self.by_time.first().is_some_and(|(at, _)| *at < before) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, network)) = self.by_time.pop_first() {
            self.last_login.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_kept() {
        let network = |number: u8| Network::of([192, 0, number, 1].into());
        let at = Timestamp::from_seconds;
        let mut networks = RecentNetworks::new(2);
        networks.learn(&network(1), at(10));
        networks.learn(&network(2), at(20));
        networks.learn(&network(1), at(30));
        networks.learn(&network(1), at(15));
        networks.learn(&network(3), at(25));
        let known = |networks: &RecentNetworks| [1, 2, 3].map(|number| networks.contains(&network(number)));
        assert_eq!((known(&networks), networks.len()), ([true, false, true], 2));
        networks.forget_before(at(30));
        assert_eq!(known(&networks), [true, false, false]);
        networks.forget_before(at(31));
        assert_eq!((networks.len(), networks.by_time.len()), (0, 0));
    }
}
