//! How much the strangers of one network may ask for, in the memory of this node: counted before anything is read from
//! the database, hashed, written or mailed.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;

/// What a request costs that no good token comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// It is refused, or answered, without hashing, writing or mailing.
    Nothing,
    /// It hashes or writes.
    Work,
    /// It works, and it may send a mail to somebody whom the caller names.
    Mail,
}

/// Whose network limits count for.
pub(crate) struct Limited {
    pub(crate) address: IpAddr,
    /// Whether it is exempt on this machine. Not a proxy that says whose request it is in a way that cannot be believed: a
    /// client may have made it say so.
    pub(crate) exempt_on_loopback: bool,
}

/// How many requests the strangers of one network may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkQuota {
    /// So many a second, in the long run.
    pub rate: NonZeroU32,
    /// So many at once.
    pub burst: NonZeroU32,
}

/// The same of requests that send a mail.
const MAILS: NetworkQuota = NetworkQuota { rate: NonZeroU32::MIN, burst: NonZeroU32::new(60).unwrap() };
/// A /48, of which there are 65,536 networks, may have as much as this many of them.
const SITE: u32 = 10;
/// Past so many networks, those that could not be told from one that never asked are forgotten at once.
const MOST: usize = 1 << 16;
/// How often that may happen: it looks at every network.
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

    /// Gives each network that quota; `loopback` says whether that holds for callers on this machine too.
    pub fn new(quota: NetworkQuota, loopback: bool) -> Self {
        Self { limits: Some(Limits { requests: Meter::new(quota), mails: Meter::new(MAILS) }), loopback }
    }

    /// Forgets the networks that have asked for nothing in so long that they may ask for everything again. To be called
    /// every few seconds.
    pub fn forget_idle(&self) {
        if let Some(limits) = &self.limits {
            limits.requests.forget_idle();
            limits.mails.forget_idle();
        }
    }

    /// Takes what a request costs from its network's budget. The error says how long to wait.
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

/// The budgets of all networks, of one kind of request.
#[derive(Debug)]
struct Meter {
    networks: Budgets,
    /// Whoever has one /64 of IPv6 usually has all of a /48, at no cost.
    sites: Budgets,
}

impl Meter {
    fn new(NetworkQuota { rate, burst }: NetworkQuota) -> Self {
        let [site_rate, site_burst] =
            [rate, burst].map(|number| number.saturating_mul(NonZeroU32::MIN.saturating_add(SITE - 1)));
        Self { networks: Budgets::new(rate, burst), sites: Budgets::new(site_rate, site_burst) }
    }

    /// The network first: what it is refused is not its neighbours' loss.
    fn take(&self, client: IpAddr) -> Result<(), Duration> {
        self.networks.take(client, if client.is_ipv4() { 24 } else { 64 })?;
        if client.is_ipv6() { self.sites.take(client, 48) } else { Ok(()) }
    }

    fn forget_idle(&self) {
        self.networks.forget_idle();
        self.sites.forget_idle();
    }
}

/// A budget for each network of one size that has asked lately.
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
        // There are at most 256 and 65,536 of the large ones, so the table ends somewhere.
        let prefix_length = match (self.has_room(), client) {
            (true, _) => prefix_length,
            (false, IpAddr::V4(_)) => 8,
            (false, IpAddr::V6(_)) => 16,
        };
        let network = IpNet::new(client, prefix_length).unwrap_or_else(|_| IpNet::from(client)).trunc();
        self.limiter.check_key(&network).map_err(|refused| refused.wait_time_from(SteadyClock.now()))
    }

    /// Tells whether one more network may be remembered.
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

/// Never goes back, as the clock on the wall may; stands still where a test has tokio's stand still.
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
