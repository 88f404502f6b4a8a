//! How many connections there may be, in all and from one network. Each needs a file descriptor, and so do the
//! database, mails and files. When descriptors run short, the connections that have waited longest for a request are
//! closed.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;
use std::time::Duration;

use auth_domain::session::Network;
use futures_util::task::AtomicWaker;
use tokio::time::Instant;

use crate::trusted_proxies::TrustedProxies;

/// The divisor for the connections of one network: a quarter of all.
const NETWORK_PART: usize = 4;
/// The divisor for the waiting connections that are closed at once, since each time all of them are examined.
const DISMISSED_PART: usize = 16;
/// The value of [`Seat::since`] while nothing is awaited.
const BUSY: u64 = u64::MAX;

/// The connections of a server, over all its threads. Clones share the same state.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    trusted_proxies: TrustedProxies,
    /// The origin of [`Seat::since`].
    epoch: Instant,
    open: AtomicUsize,
    seats: Mutex<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    /// The connections that were not told to close.
    taken: HashMap<u64, Arc<Seat>>,
    of_network: HashMap<Network, usize>,
}

/// What other threads know of a connection.
#[derive(Debug)]
struct Seat {
    /// The network that it counts for; `None` on this machine and for trusted proxies.
    network: Option<Network>,
    is_proxy: bool,
    /// Since when the caller has kept it waiting, in microseconds.
    since: AtomicU64,
    /// Whether the wait is in the middle of something: a head, a body, or an answer that the caller does not accept.
    has_begun: AtomicBool,
    dismissed: AtomicBool,
    task: AtomicWaker,
}

impl Connections {
    /// Allows this many connections, a quarter of them from one network.
    pub fn new(most: usize, trusted_proxies: TrustedProxies) -> Self {
        let (epoch, open, seats) = (Instant::now(), AtomicUsize::new(0), Mutex::default());
        Self(Arc::new(Shared { most, trusted_proxies, epoch, open, seats }))
    }

    /// Returns the maximum number of connections.
    pub fn most(&self) -> usize {
        self.0.most
    }

    /// Returns the number of open connections.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Admits a connection from this address, for which it may close others. Refuses it if too many connections are
    /// busy.
    pub(crate) fn admit(&self, peer: Option<IpAddr>) -> io::Result<Admission> {
        let shared = &self.0;
        let seat = Arc::new(shared.seat(peer));
        let mut seats = shared.seats();
        if let Some(network) = &seat.network
            && seats.of_network.get(network).is_some_and(|count| *count >= shared.most / NETWORK_PART)
        {
            seats.dismiss_longest_waiting(Some(network));
        }
        if seats.taken.len() >= shared.most {
            seats.dismiss_longest_waiting(None);
        }
        let number = seats.take(Arc::clone(&seat), shared.most);
        shared.open.store(seats.taken.len(), Ordering::Relaxed);
        let number = number.ok_or(io::ErrorKind::ConnectionRefused)?;
        drop(seats);
        Ok(Admission { connections: self.clone(), number, seat })
    }
}

impl Shared {
    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seat(&self, peer: Option<IpAddr>) -> Seat {
        let is_proxy = peer.is_some_and(|peer| self.trusted_proxies.contains(peer));
        let counted = peer.filter(|peer| !is_proxy && !peer.to_canonical().is_loopback());
        Seat {
            network: counted.map(Network::of),
            is_proxy,
            since: AtomicU64::new(self.now()),
            has_begun: AtomicBool::new(false),
            dismissed: AtomicBool::new(false),
            task: AtomicWaker::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(BUSY - 1)
    }
}

impl Seats {
    /// Adds a connection if there is room in all and for its network, and returns its number.
    fn take(&mut self, seat: Arc<Seat>, most: usize) -> Option<u64> {
        if self.taken.len() >= most {
            return None;
        }
        if let Some(network) = &seat.network {
            let count = self.of_network.entry(network.clone()).or_default();
            if *count >= most / NETWORK_PART {
                return None;
            }
            *count += 1;
        }
        self.next += 1;
        self.taken.insert(self.next, seat);
        Some(self.next)
    }

    fn free(&mut self, number: u64) -> Option<Arc<Seat>> {
        let seat = self.taken.remove(&number)?;
        if let Some(network) = &seat.network
            && let Some(count) = self.of_network.get_mut(network)
        {
            *count -= 1;
            if *count == 0 {
                self.of_network.remove(network);
            }
        }
        Some(seat)
    }

    /// Tells a part of those connections of `network`, or of all, that have waited longest to close. Those without half
    /// a request go first, those of proxies last, which keep connections for their clients.
    fn dismiss_longest_waiting(&mut self, network: Option<&Network>) {
        let of_it = |seat: &Seat| network.is_none_or(|network| seat.network.as_ref() == Some(network));
        let waiting = self.taken.iter().filter(|(_, seat)| of_it(seat)).filter_map(|(number, seat)| {
            let since = seat.since.load(Ordering::Relaxed);
            (since != BUSY).then(|| (seat.is_proxy, seat.has_begun.load(Ordering::Relaxed), since, *number))
        });
        let mut waiting: Vec<_> = waiting.collect();
        let count = waiting.len().div_ceil(DISMISSED_PART);
        if count < waiting.len() {
            waiting.select_nth_unstable(count);
        }
        for (.., number) in &waiting[..count] {
            if let Some(seat) = self.free(*number) {
                seat.dismissed.store(true, Ordering::Release);
                seat.task.wake();
            }
        }
    }
}

/// An admitted connection. Dropping this frees its place.
#[derive(Debug)]
pub(crate) struct Admission {
    connections: Connections,
    number: u64,
    seat: Arc<Seat>,
}

impl Admission {
    /// Records that it waits for a request, or for the caller to continue one that has begun.
    pub(crate) fn waits(&self, has_begun: bool) {
        self.seat.has_begun.store(has_begun, Ordering::Relaxed);
        self.seat.since.store(self.connections.0.now(), Ordering::Relaxed);
    }

    /// Records that a request of it is being answered.
    pub(crate) fn is_busy(&self) {
        self.seat.since.store(BUSY, Ordering::Relaxed);
    }

    /// Tells whether it must close; if not, the task is woken when it must.
    pub(crate) fn is_dismissed(&self, context: &Context<'_>) -> bool {
        self.seat.task.register(context.waker());
        self.seat.dismissed.load(Ordering::Acquire)
    }

    /// Returns how long it may stay without a request: less once every other place is taken. A proxy keeps connections
    /// for long, and would send its next request to one that is about to close.
    pub(crate) fn patience(&self, usual: Duration, short: Duration) -> Duration {
        let is_pressed = self.connections.open() > self.connections.most() / 2;
        if is_pressed && !self.seat.is_proxy { short } else { usual }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut seats = self.connections.0.seats();
        seats.free(self.number);
        self.connections.0.open.store(seats.taken.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
