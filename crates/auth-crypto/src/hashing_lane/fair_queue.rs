//! Decides whose password is hashed next, and who is refused when too many wait: a queue that is fair between networks.
//! This code is pure: it uses no threads, no clock, and of networks only a key. `docs/adr/0015-a-fair-hashing-queue.md`
//! explains the design.
//!
//! Each network has its own line. Lines are known or unknown ([`Standing`]). Within a standing this is start-time fair
//! queueing (Goyal, Vin and Cheng 1996) with jobs of equal size: the first job of each line goes before the second of
//! any. Every operation takes O(log n) of the existing lines and jobs, and a network without jobs leaves nothing
//! behind.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// Whether someone has logged in from a network recently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// No: all such networks together have half of the places.
    Unknown,
    /// Yes.
    Known,
}

/// Where a job waits, with which it can be withdrawn.
#[derive(Debug)]
pub(super) struct Ticket<K> {
    key: K,
    number: u64,
}

/// A job that got a place.
#[derive(Debug)]
pub(super) struct Admitted<K, J> {
    pub(super) ticket: Ticket<K>,
    /// The job that lost its place to it, if any.
    pub(super) pushed_out: Option<J>,
}

/// The jobs of one network.
struct Line<J> {
    standing: Standing,
    /// The waiting jobs, by their number of arrival.
    jobs: BTreeMap<u64, J>,
    running: usize,
    /// The virtual time at which its next job is due.
    due: u64,
    /// When it was last served, or arrived; breaks ties.
    turn: u64,
}

impl<J> Line<J> {
    const fn priority(&self) -> (usize, u64, u64) {
        (self.running, self.due, self.turn)
    }

    fn length(&self) -> (usize, u64) {
        (self.jobs.len(), self.turn)
    }
}

/// The lines of one standing that have waiting jobs.
struct Class<K> {
    by_priority: BTreeMap<(usize, u64, u64), K>,
    by_length: BTreeMap<(usize, u64), K>,
    waiting: usize,
    /// Virtual time: when the job that was taken last was due.
    now: u64,
}

impl<K: Clone> Class<K> {
    const fn new() -> Self {
        Self { by_priority: BTreeMap::new(), by_length: BTreeMap::new(), waiting: 0, now: 0 }
    }

    fn list<J>(&mut self, key: &K, line: &Line<J>) {
        if !line.jobs.is_empty() {
            self.by_priority.insert(line.priority(), key.clone());
            self.by_length.insert(line.length(), key.clone());
            self.waiting += line.jobs.len();
        }
    }

    fn unlist<J>(&mut self, line: &Line<J>) {
        if !line.jobs.is_empty() {
            self.by_priority.remove(&line.priority());
            self.by_length.remove(&line.length());
            self.waiting -= line.jobs.len();
        }
    }

    fn longest(&self) -> Option<(usize, &K)> {
        self.by_length.last_key_value().map(|((length, _), key)| (*length, key))
    }
}

/// The lines of both standings.
struct Classes<K> {
    known: Class<K>,
    unknown: Class<K>,
}

impl<K> Classes<K> {
    const fn of(&self, standing: Standing) -> &Class<K> {
        match standing {
            Standing::Known => &self.known,
            Standing::Unknown => &self.unknown,
        }
    }

    const fn of_mut(&mut self, standing: Standing) -> &mut Class<K> {
        match standing {
            Standing::Known => &mut self.known,
            Standing::Unknown => &mut self.unknown,
        }
    }
}

/// Jobs that wait for one of `threads`, and how many jobs of each network these are working on.
pub(super) struct FairQueue<K, J> {
    threads: usize,
    capacity: usize,
    lines: HashMap<K, Line<J>>,
    classes: Classes<K>,
    /// The waiting networks, in the order of arrival.
    arrivals: BTreeMap<u64, K>,
    running: usize,
    last_number: u64,
    /// How many jobs of known networks were taken since the last one of an unknown network.
    known_in_a_row: usize,
}

impl<K: Clone + Eq + Hash, J> FairQueue<K, J> {
    /// Creates an empty queue, in which `capacity` jobs may wait besides those that a free thread is about to take.
    pub(super) fn new(threads: usize, capacity: usize) -> Self {
        Self {
            threads,
            capacity,
            lines: HashMap::new(),
            classes: Classes { known: Class::new(), unknown: Class::new() },
            arrivals: BTreeMap::new(),
            running: 0,
            last_number: 0,
            known_in_a_row: 0,
        }
    }

    /// Returns the number of waiting jobs.
    pub(super) fn waiting(&self) -> usize {
        self.arrivals.len()
    }

    /// Returns the number of networks with a job that waits or runs.
    pub(super) fn networks(&self) -> usize {
        self.lines.len()
    }

    /// Returns the number of running jobs.
    pub(super) const fn running(&self) -> usize {
        self.running
    }

    /// Admits a job if there is a place for it, or a longer line from which to take one; otherwise returns it. A known
    /// line stays known while it has jobs.
    pub(super) fn push(&mut self, key: &K, standing: Standing, job: J) -> Result<Admitted<K, J>, J> {
        let standing = self.raise(key, standing);
        let pushed_out = match self.place_for(key, standing) {
            Place::Free => None,
            Place::Of(other) => self.pop_newest(&other),
            Place::None => return Err(job),
        };
        let number = self.next_number();
        let due = self.classes.of(standing).now;
        self.lines.entry(key.clone()).or_insert_with(|| Line {
            standing,
            jobs: BTreeMap::new(),
            running: 0,
            due,
            turn: number,
        });
        self.change(key, |line, _| line.jobs.insert(number, job));
        self.arrivals.insert(number, key.clone());
        Ok(Admitted { ticket: Ticket { key: key.clone(), number }, pushed_out })
    }

    /// Takes the next job. It counts as running until [`Self::finish`] is called for its network.
    pub(super) fn take(&mut self) -> Option<(K, J)> {
        let standing = self.next_standing()?;
        let key = self.classes.of(standing).by_priority.first_key_value()?.1.clone();
        let turn = self.next_number();
        let (due, (number, job)) = self.change(&key, |line, now| {
            let due = line.due;
            // No credit for having waited while another job of it ran: it gets one turn, not several at once.
            line.due = due.max(now).saturating_add(1);
            (line.running, line.turn) = (line.running + 1, turn);
            line.jobs.pop_first().map(|job| (due, job))
        })??;
        self.arrivals.remove(&number);
        self.running += 1;
        let class = self.classes.of_mut(standing);
        class.now = class.now.max(due);
        self.known_in_a_row = match standing {
            Standing::Known => self.known_in_a_row.saturating_add(1),
            Standing::Unknown => 0,
        };
        Some((key, job))
    }

    /// Records that a job of this network has finished.
    pub(super) fn finish(&mut self, key: &K) {
        if self.change(key, |line, _| line.running = line.running.saturating_sub(1)).is_some() {
            self.running = self.running.saturating_sub(1);
        }
    }

    /// Withdraws a job that is still waiting.
    pub(super) fn withdraw(&mut self, ticket: &Ticket<K>) -> Option<J> {
        let number = ticket.number;
        self.arrivals.remove(&number)?;
        self.change(&ticket.key, |line, _| line.jobs.remove(&number))?
    }

    /// Takes the job that has waited longest out of the queue if `so` says so.
    pub(super) fn take_oldest_if(&mut self, so: impl FnOnce(&J) -> bool) -> Option<J> {
        let (number, key) = self.arrivals.first_key_value()?;
        if !so(self.lines.get(key)?.jobs.get(number)?) {
            return None;
        }
        let ticket = Ticket { key: key.clone(), number: *number };
        self.withdraw(&ticket)
    }

    const fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Returns half of the places, which all unknown networks share.
    const fn half(&self) -> usize {
        self.capacity.div_ceil(2)
    }

    /// Decides which standing is next when both have waiting jobs: unknown networks get no more than half, and no more
    /// than their share of all networks.
    fn next_standing(&self) -> Option<Standing> {
        match (self.classes.known.by_length.len(), self.classes.unknown.by_length.len()) {
            (0, 0) => None,
            (_, 0) => Some(Standing::Known),
            (0, _) => Some(Standing::Unknown),
            (known, unknown) if self.known_in_a_row < known.div_ceil(unknown) => Some(Standing::Known),
            _ => Some(Standing::Unknown),
        }
    }

    /// Tells whether [`Self::push`] would admit a job now.
    pub(super) fn has_place_for(&self, key: &K, standing: Standing) -> bool {
        let standing = self.lines.get(key).map_or(standing, |line| line.standing.max(standing));
        !matches!(self.place_for(key, standing), Place::None)
    }

    /// Returns where a job of this network may wait.
    fn place_for(&self, key: &K, standing: Standing) -> Place<K> {
        let free_threads = self.threads.saturating_sub(self.running);
        let all_full = self.waiting() >= self.capacity + free_threads;
        let half_full = standing == Standing::Unknown && self.classes.unknown.waiting >= self.half() + free_threads;
        if !all_full && !half_full {
            return Place::Free;
        }
        let place = |(_, key): (usize, &K)| Place::Of(key.clone());
        if standing == Standing::Known && self.classes.known.waiting < self.capacity - self.half() {
            // Jobs that were admitted while threads were free give back what is reserved for known networks.
            return self.classes.unknown.longest().map_or(Place::None, place);
        }
        let known = self.classes.known.longest().filter(|_| !half_full);
        let longest = known.into_iter().chain(self.classes.unknown.longest()).max_by_key(|(length, _)| *length);
        let own = self.lines.get(key).map_or(0, |line| line.jobs.len());
        longest.filter(|(length, _)| *length > own + 1).map_or(Place::None, place)
    }

    /// Makes an unknown line known, if its network has become known, and returns its standing.
    fn raise(&mut self, key: &K, standing: Standing) -> Standing {
        let Some(line) = self.lines.get(key) else { return standing };
        if line.standing < standing {
            let now = self.classes.of(standing).now;
            self.change(key, |line, _| (line.standing, line.due) = (standing, now));
            return standing;
        }
        line.standing
    }

    fn pop_newest(&mut self, key: &K) -> Option<J> {
        let (number, job) = self.change(key, |line, _| line.jobs.pop_last())??;
        self.arrivals.remove(&number);
        Some(job)
    }

    /// Changes a line, given the virtual time of its class, and lists it again; removes it when it has no job left.
    fn change<T>(&mut self, key: &K, change: impl FnOnce(&mut Line<J>, u64) -> T) -> Option<T> {
        let line = self.lines.get_mut(key)?;
        let class = self.classes.of_mut(line.standing);
        class.unlist(line);
        let done = change(line, class.now);
        self.classes.of_mut(line.standing).list(key, line);
        if line.jobs.is_empty() && line.running == 0 {
            self.lines.remove(key);
        }
        Some(done)
    }
}

/// Where a job may wait.
enum Place<K> {
    Free,
    /// In place of the newest job of this network.
    Of(K),
    None,
}

#[cfg(test)]
mod tests;
