//! How much the strangers of one network may request. Each node counts in memory, before anything is read from the
//! database, hashed, written or mailed.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

/// What a request without a valid token costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// It is refused or answered without hashing, writing or mailing.
    Nothing,
    /// It hashes or writes.
    Work,
    /// It does work, and may send a mail to someone whom the caller names.
    Mail,
}

/// The client for whose network limits count.
pub(crate) struct Limited {
    pub(crate) address: IpAddr,
    /// Whether it is exempt if it is on this machine. This does not apply to a proxy whose statement about the client
    /// cannot be believed, because a client may have caused it.
    pub(crate) exempt_on_loopback: bool,
}

/// How many requests the strangers of one network may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkQuota {
    /// How many per second in the long run.
    pub rate: NonZeroU32,
    /// How many at once.
    pub burst: NonZeroU32,
}

/// The quota of requests that send a mail.
const MAILS: NetworkQuota = NetworkQuota { rate: NonZeroU32::MIN, burst: NonZeroU32::new(60).unwrap() };
/// A /48, which contains 65,536 networks, may use as much as this many of them.
const SITE: u32 = 10;
/// Beyond this many networks, those that no longer differ from one that never asked are forgotten at once.
const MOST: usize = 1 << 16;
/// The minimum time between two such sweeps, each of which examines every network.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The limits of every network.
#[derive(Debug)]
pub struct NetworkLimits {
    limits: Option<Limits>,
    loopback: bool,
}

#[derive(Debug)]
struct Limits {
    requests: Meter,
    mails: Meter,
}

impl NetworkLimits {
    /// Limits nobody.
    pub const fn off() -> Self {
        Self { limits: None, loopback: false }
    }

    /// Gives each network this quota; `loopback` says whether it applies to callers on this machine, too.
    pub fn new(quota: NetworkQuota, loopback: bool) -> Self {
        Self { limits: Some(Limits { requests: Meter::new(quota), mails: Meter::new(MAILS) }), loopback }
    }

    /// Forgets the networks whose budgets are full again. Call it every few seconds.
    pub fn forget_idle(&self) {
        if let Some(limits) = &self.limits {
            limits.requests.forget_idle();
            limits.mails.forget_idle();
        }
    }

    /// Takes the cost of a request from its network's budget. The error says how long to wait.
    pub(crate) fn take(&self, client: &Limited, cost: Cost) -> Result<(), Duration> {
        let exempt = client.exempt_on_loopback && !self.loopback;
        let client = client.address.to_canonical();
        let Some(limits) = self.limits.as_ref().filter(|_| !exempt || !client.is_loopback()) else {
            return Ok(());
        };
        match cost {
            Cost::Nothing => Ok(()),
            Cost::Work => limits.requests.take(client),
            Cost::Mail => limits.requests.take(client).and_then(|()| limits.mails.take(client)),
        }
    }
}

/// The budgets of all networks for one kind of request.
#[derive(Debug)]
struct Meter {
    networks: Budgets,
    /// The budgets of /48s: the owner of one /64 of IPv6 usually has all of a /48 at no cost.
    sites: Budgets,
}

impl Meter {
    fn new(NetworkQuota { rate, burst }: NetworkQuota) -> Self {
        let [site_rate, site_burst] =
            [rate, burst].map(|number| number.saturating_mul(NonZeroU32::MIN.saturating_add(SITE - 1)));
        Self { networks: Budgets::new(rate, burst), sites: Budgets::new(site_rate, site_burst) }
    }

    /// Takes from the network first, so that what it is refused is not charged to its neighbours.
    fn take(&self, client: IpAddr) -> Result<(), Duration> {
        self.networks.take(client, if client.is_ipv4() { 24 } else { 64 })?;
        if client.is_ipv6() { self.sites.take(client, 48) } else { Ok(()) }
    }

    fn forget_idle(&self) {
        self.networks.forget_idle();
        self.sites.forget_idle();
    }
}

/// The budgets of the networks of one size that have sent requests recently.
#[derive(Debug)]
struct Budgets {
    limiter: RateLimiter<IpNet, HashMapStateStore<IpNet>, SteadyClock>,
    swept: Mutex<Option<Instant>>,
}

impl Budgets {
    fn new(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        let quota = Quota::per_second(rate).allow_burst(burst);
        Self { limiter: RateLimiter::hashmap_with_clock(quota, SteadyClock), swept: Mutex::default() }
    }

    fn take(&self, client: IpAddr, prefix_length: u8) -> Result<(), Duration> {
        // There are at most 256 and 65,536 of the large ones, so the size of the table is bounded.
        let prefix_length = match (self.has_room(), client) {
            (true, _) => prefix_length,
            (false, IpAddr::V4(_)) => 8,
            (false, IpAddr::V6(_)) => 16,
        };
        let network = IpNet::new(client, prefix_length).unwrap_or_else(|_| IpNet::from(client)).trunc();
        self.limiter.check_key(&network).map_err(|refused| refused.wait_time_from(SteadyClock.now()))
    }

    /// Tells whether one more network can be remembered.
    fn has_room(&self) -> bool {
        self.limiter.len() < MOST || self.sweep_at_most_once_a_second() && self.limiter.len() < MOST
    }

    fn sweep_at_most_once_a_second(&self) -> bool {
        let now = SteadyClock.now();
        let mut swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let due = swept.is_none_or(|before| now.saturating_duration_since(before) >= SWEEP_INTERVAL);
        if due {
            *swept = Some(now);
            self.limiter.retain_recent();
        }
        due
    }

    fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Never goes back, unlike the wall clock, and stands still if a test stops tokio's time.
#[derive(Clone, Copy, Debug)]
struct SteadyClock;

impl Clock for SteadyClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests;
