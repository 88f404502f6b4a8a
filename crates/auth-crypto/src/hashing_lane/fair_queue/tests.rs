use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::Standing::{Known, Unknown};
use super::*;

type Network = u8;
type Job = u32;
type Queue = FairQueue<Network, Job>;

#[derive(Clone, Debug)]
enum Step {
    Push(Network, Standing),
    Take,
    Finish(Index),
    Withdraw(Index),
    TakeOldest(bool),
}

fn standing() -> impl Strategy<Value = Standing> {
    prop_oneof![Just(Known), Just(Unknown)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0_u8..8, standing()).prop_map(|(network, standing)| Step::Push(network, standing)),
        3 => Just(Step::Take),
        2 => any::<Index>().prop_map(Step::Finish),
        1 => any::<Index>().prop_map(Step::Withdraw),
        1 => any::<bool>().prop_map(Step::TakeOldest),
    ];
    prop::collection::vec(step, 0..200)
}

/// A queue, and what should be in it.
struct Watched {
    queue: Queue,
    /// Jobs that wait, each with its ticket.
    waiting: BTreeMap<Job, Ticket<Network>>,
    running: Vec<Network>,
    last_job: Job,
}

impl Watched {
    fn new(threads: usize, capacity: usize) -> Self {
        let queue = Queue::new(threads, capacity);
        Self { queue, waiting: BTreeMap::new(), running: Vec::new(), last_job: 0 }
    }

    fn jobs_of(&self, network: Network) -> usize {
        self.queue.lines.get(&network).map_or(0, |line| line.jobs.len())
    }

    fn longest(&self, standing: Option<Standing>) -> usize {
        let lines = self.queue.lines.values().filter(|line| standing.is_none_or(|one| one == line.standing));
        lines.map(|line| line.jobs.len()).max().unwrap_or(0)
    }

    fn push(&mut self, network: Network, standing: Standing) {
        self.last_job += 1;
        let (job, own, waiting) = (self.last_job, self.jobs_of(network), self.queue.waiting());
        let stood = self.queue.lines.get(&network).map_or(standing, |line| line.standing);
        let standing = stood.max(standing);
        // A line that becomes known brings those along that wait in it.
        let known_before = self.queue.classes.known.waiting + if stood < standing { own } else { 0 };
        let (raised, foretold) = (stood < standing, self.queue.has_place_for(&network, standing));
        let pushed = self.queue.push(&network, standing, job);
        // A line that becomes known makes room among the unknown ones first.
        assert!(raised || foretold == pushed.is_ok(), "told {foretold}");
        match pushed {
            Err(back) => {
                assert_eq!(back, job);
                assert!(waiting >= self.queue.half(), "refused though half was free");
                let longest = self.longest((standing == Unknown).then_some(Unknown));
                assert!(longest <= own + 1, "a line of {longest} stands, one of {own} is refused");
                let kept = self.queue.capacity - self.queue.half();
                assert!(standing == Unknown || known_before >= kept, "refused though a place is kept for it");
            }
            Ok(Admitted { ticket, pushed_out }) => {
                if let Some(out) = pushed_out {
                    let ticket = self.waiting.remove(&out).expect("it waited");
                    let kept_for_known = standing == Known && known_before < self.queue.capacity - self.queue.half();
                    let left = self.jobs_of(ticket.key);
                    assert!(kept_for_known || left > own, "a line has {left} left for one that had {own}");
                }
                self.waiting.insert(job, ticket);
            }
        }
    }

    fn take(&mut self) -> Option<Network> {
        if self.running.len() == self.queue.threads {
            return None;
        }
        let Some((network, job)) = self.queue.take() else {
            assert!(self.waiting.is_empty(), "a thread goes without, and somebody waits");
            return None;
        };
        assert_eq!(self.waiting.remove(&job).expect("it waited").key, network);
        self.running.push(network);
        Some(network)
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Push(network, standing) => self.push(*network, *standing),
            Step::Take => drop(self.take()),
            Step::Finish(_) if self.running.is_empty() => {}
            Step::Finish(index) => {
                let network = self.running.swap_remove(index.index(self.running.len()));
                self.queue.finish(&network);
            }
            Step::Withdraw(_) if self.waiting.is_empty() => {}
            Step::Withdraw(index) => {
                let job = *self.waiting.keys().nth(index.index(self.waiting.len())).unwrap();
                let ticket = self.waiting.remove(&job).unwrap();
                assert_eq!(self.queue.withdraw(&ticket), Some(job));
                assert_eq!(self.queue.withdraw(&ticket), None, "once");
            }
            Step::TakeOldest(so) => {
                let oldest = self.waiting.keys().next().copied();
                assert_eq!(self.queue.take_oldest_if(|job| *so && Some(*job) == oldest), oldest.filter(|_| *so));
                if *so && let Some(oldest) = oldest {
                    self.waiting.remove(&oldest);
                }
            }
        }
        self.check();
    }

    /// What always holds.
    fn check(&self) {
        let Queue { lines, classes: Classes { known, unknown }, arrivals, threads, capacity, running, .. } =
            &self.queue;
        assert_eq!((arrivals.len(), *running), (self.waiting.len(), self.running.len()));
        assert!(self.waiting.len() + running <= capacity + threads, "more than there is room for");
        let strangers = lines.values().filter(|line| line.standing == Unknown);
        let theirs: usize = strangers.map(|line| line.jobs.len() + line.running).sum();
        assert!(theirs <= self.queue.half() + threads, "{theirs} of unknown networks");
        assert!(lines.values().all(|line| !line.jobs.is_empty() || line.running > 0), "a line of nobody");
        let in_lines: usize = lines.values().map(|line| line.jobs.len()).sum();
        assert_eq!((in_lines, known.waiting + unknown.waiting), (arrivals.len(), arrivals.len()));
        let listed = lines.values().filter(|line| !line.jobs.is_empty()).count();
        assert_eq!(known.by_priority.len() + unknown.by_priority.len(), listed);
        assert_eq!(known.by_length.len() + unknown.by_length.len(), listed);
    }

    fn standing_of(&self, network: Network) -> Standing {
        self.queue.lines[&network].standing
    }

    fn others_waiting(&self, than: Network) -> Vec<Network> {
        let waits =
            |(network, line): (&Network, &Line<Job>)| (*network != than && !line.jobs.is_empty()).then_some(*network);
        self.queue.lines.iter().filter_map(waits).collect()
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_nothing_overflows_and_the_longest_gives_way(
        threads in 1_usize..4, capacity in 0_usize..12, steps in steps()
    ) {
        let mut watched = Watched::new(threads, capacity);
        for step in &steps {
            watched.step(step);
        }
        while watched.take().is_some() || !watched.running.is_empty() {
            if let Some(network) = watched.running.pop() {
                watched.queue.finish(&network);
            }
            watched.check();
        }
        assert!(watched.waiting.is_empty());
        assert!(watched.queue.lines.is_empty(), "a network without jobs leaves nothing behind");
    }

    /// Whatever came before: one job after the other, of two of a network every other one of its standing that waits has
    /// one in between, and no two unknown networks follow each other while a known one waits.
    #[test]
    fn networks_take_turns(before in steps()) {
        let mut watched = Watched::new(2, 40);
        for step in &before {
            watched.step(step);
        }
        for network in std::mem::take(&mut watched.running) {
            watched.queue.finish(&network);
        }
        // Those that have waited since the last job of a network.
        let mut passed_over: BTreeMap<Network, Vec<Network>> = BTreeMap::new();
        let mut last = None;
        loop {
            let known_waits = watched.queue.classes.known.waiting > 0;
            let strangers_wait = watched.queue.classes.unknown.waiting > 0;
            let Some(network) = watched.take() else { break };
            let standing = watched.standing_of(network);
            prop_assert!(!(known_waits && standing == Unknown && last == Some(Unknown)), "two unknown in a row");
            prop_assert!(!strangers_wait || watched.queue.known_in_a_row <= 8, "unknown networks wait for ever");
            last = Some(standing);
            let starved = passed_over.insert(network, watched.others_waiting(network)).unwrap_or_default();
            let same = |other: &Network| watched.queue.lines.get(other).is_some_and(|line| line.standing == standing);
            let starved: Vec<_> = starved.into_iter().filter(same).collect();
            prop_assert!(starved.is_empty(), "{network} had two turns, {starved:?} none");
            passed_over.values_mut().for_each(|waiting| waiting.retain(|one| *one != network));
            watched.running.clear();
            watched.queue.finish(&network);
            passed_over.retain(|one, _| watched.queue.lines.contains_key(one));
        }
    }
}

fn fill(queue: &mut Queue, network: Network, standing: Standing, jobs: std::ops::Range<Job>) -> (usize, usize) {
    let total = jobs.len();
    let admitted = jobs.filter(|job| queue.push(&network, standing, *job).is_ok()).count();
    (admitted, total - admitted)
}

#[test]
fn a_flood_waits_behind_itself_and_a_newcomer_is_next() {
    for threads in [1, 2] {
        let mut queue = Queue::new(threads, 128);
        assert_eq!(fill(&mut queue, 1, Unknown, 0..400), (64 + threads, 336 - threads));
        for _ in 0..threads {
            assert_eq!(queue.take().unwrap().0, 1);
        }
        assert_eq!(queue.push(&1, Unknown, 400).unwrap_err(), 400);
        let admitted = queue.push(&2, Unknown, 500).unwrap();
        assert_eq!(admitted.pushed_out, Some(63 + Job::try_from(threads).unwrap()), "the newest of the flood");
        queue.finish(&1);
        assert_eq!(queue.take(), Some((2, 500)));
    }
}

#[test]
fn a_free_thread_goes_to_the_network_that_has_the_fewest() {
    let mut queue = Queue::new(2, 8);
    for network in [1, 2] {
        assert_eq!(fill(&mut queue, network, Known, 0..3), (3, 0));
    }
    assert_eq!((queue.take(), queue.take()), (Some((1, 0)), Some((2, 0))));
    // Both have had one; the first is still at work on its own.
    queue.finish(&2);
    assert_eq!(queue.take(), Some((2, 1)));
}

#[test]
fn a_newcomer_is_not_before_those_whose_turn_it_is() {
    let mut queue = Queue::new(1, 8);
    for network in [1, 2] {
        assert_eq!(fill(&mut queue, network, Known, 0..3), (3, 0));
    }
    let mut next = |newcomer: Option<Network>| {
        if let Some(network) = newcomer {
            queue.push(&network, Known, 0).unwrap();
        }
        let network = queue.take().unwrap().0;
        queue.finish(&network);
        network
    };
    let order = [None, None, None, Some(3), None, None].map(&mut next);
    assert_eq!(order, [1, 2, 1, 2, 3, 1]);
}

#[test]
fn whoever_had_to_wait_for_their_own_job_gets_one_turn_and_not_several() {
    let mut queue = Queue::new(2, 20);
    for network in [1, 2, 3] {
        assert_eq!(fill(&mut queue, network, Known, 0..6), (6, 0));
    }
    // The first one of network 1 takes as long as eight others.
    assert_eq!(queue.take(), Some((1, 0)));
    let mut next = || {
        let network = queue.take().unwrap().0;
        if network != 1 {
            queue.finish(&network);
        }
        network
    };
    assert_eq!([(); 8].map(|()| next()), [2, 3, 2, 3, 2, 3, 2, 3]);
    queue.finish(&1);
    assert_eq!(queue.take().unwrap().0, 1);
    queue.finish(&1);
    assert_eq!(queue.take().unwrap().0, 2);
}

#[test]
fn known_networks_find_a_place_however_many_unknown_ones_there_are() {
    let mut queue = Queue::new(2, 100);
    let mut refused = 0;
    for network in 0..=u8::MAX {
        refused += usize::from(queue.push(&network, Unknown, network.into()).is_err());
    }
    assert_eq!(refused, 256 - 50 - 2);
    assert_eq!((queue.take(), queue.take()), (Some((0, 0)), Some((1, 1))));
    // It waits outside until its network has logged somebody in.
    assert!(queue.push(&200, Unknown, 1_000).is_err());
    assert!(queue.push(&200, Known, 1_000).unwrap().pushed_out.is_none());
    queue.finish(&0);
    assert_eq!(queue.take(), Some((200, 1_000)), "after one of an unknown network");
    // What is kept is for all known networks together; past it the longest line gives way.
    assert_eq!(fill(&mut queue, 201, Known, 2_000..2_100), (50, 50));
    assert_eq!(queue.push(&202, Known, 3_000).unwrap().pushed_out, Some(2_049));
}

#[test]
fn places_that_unknown_networks_got_while_threads_were_free_are_given_back() {
    let mut queue = Queue::new(2, 2);
    assert_eq!(fill(&mut queue, 1, Unknown, 0..9), (3, 6));
    assert_eq!(queue.push(&2, Known, 10).unwrap().pushed_out, None);
    assert_eq!((queue.take(), queue.take()), (Some((2, 10)), Some((1, 0))));
    // Two wait in two places, though only one of them is for unknown networks.
    assert_eq!(queue.push(&3, Known, 11).unwrap().pushed_out, Some(2));
}

#[test]
fn a_line_that_becomes_known_leaves_the_half_of_the_others() {
    let mut queue = Queue::new(1, 4);
    assert_eq!(fill(&mut queue, 1, Unknown, 0..9), (3, 6));
    assert_eq!(queue.take(), Some((1, 0)));
    assert!(queue.push(&2, Unknown, 10).unwrap().pushed_out.is_some());
    assert!(queue.push(&1, Known, 11).unwrap().pushed_out.is_none());
    assert!(queue.push(&3, Unknown, 12).unwrap().pushed_out.is_none(), "its place is free");
    assert_eq!((queue.classes.known.waiting, queue.classes.unknown.waiting, queue.networks()), (2, 2, 3));
}
