//! How many connections there may be: in all, and from one network. Each takes a descriptor, of which the database, mails
//! and files need some too. When it gets tight, those that have waited longest for a request are let go.

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

/// Which part of all connections one network may have.
const NETWORK_PART: usize = 4;
/// Which part of those that wait is let go at once: each time all of them are looked at.
const DISMISSED_PART: usize = 16;
/// Of [`Seat::since`]: nothing is awaited.
const BUSY: u64 = u64::MAX;

/// The connections of a server, over all its threads. A clone is the same.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    trusted_proxies: TrustedProxies,
    /// What [`Seat::since`] counts from.
    epoch: Instant,
    open: AtomicUsize,
    seats: Mutex<Seats>,
}

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    /// Those that were not told to go.
    taken: HashMap<u64, Arc<Seat>>,
    of_network: HashMap<Network, usize>,
}

/// What is known of a connection beyond its thread.
#[derive(Debug)]
struct Seat {
    /// Where it counts; `None` on this machine and for trusted proxies.
    network: Option<Network>,
    is_proxy: bool,
    /// Since when its caller has kept it waiting, in microseconds.
    since: AtomicU64,
    /// Whether some of that came: a head, a body; or some of the answer is sent and not taken.
    has_begun: AtomicBool,
    dismissed: AtomicBool,
    task: AtomicWaker,
}

impl Connections {
    /// Allows so many, a quarter of them from one network.
    pub fn new(most: usize, trusted_proxies: TrustedProxies) -> Self {
        let (epoch, open, seats) = (Instant::now(), AtomicUsize::new(0), Mutex::default());
        Self(Arc::new(Shared { most, trusted_proxies, epoch, open, seats }))
    }

    /// Returns how many there may be.
    pub fn most(&self) -> usize {
        self.0.most
    }

    /// Returns how many there are.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// Takes a connection from there in; for that it may let others go. Refuses it when there are too many that do not wait.
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
    /// Seats a connection where there is room in all and for its network; answers its number.
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

    /// Tells those of `network`, or of all, that have waited longest to go, a part of those that wait. Those without half a
    /// request go first, those of proxies last: they keep connections for their clients.
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

/// That a connection was taken in. Its place is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Admission {
    connections: Connections,
    number: u64,
    seat: Arc<Seat>,
}

impl Admission {
    /// It waits for a request from now on, or for the caller to go on with one that has begun.
    pub(crate) fn waits(&self, has_begun: bool) {
        self.seat.has_begun.store(has_begun, Ordering::Relaxed);
        self.seat.since.store(self.connections.0.now(), Ordering::Relaxed);
    }

    /// A request of it is being answered.
    pub(crate) fn is_busy(&self) {
        self.seat.since.store(BUSY, Ordering::Relaxed);
    }

    /// Tells whether it is to end; if not, the task is woken when it is.
    pub(crate) fn is_dismissed(&self, context: &Context<'_>) -> bool {
        self.seat.task.register(context.waker());
        self.seat.dismissed.load(Ordering::Acquire)
    }

    /// Returns how long it may go without a request: less, once every other place is taken. A proxy keeps connections for
    /// long, and would send its next request to one that just closes.
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
