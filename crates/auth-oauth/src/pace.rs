//! The pace of requests to one provider: a number of requests a second, in the order in which places were reserved, and
//! none while the provider wants a pause (429). An unknown limit is learned from these pauses. Uses the monotonic clock.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// A second plus a margin, since the delay between us and the provider varies from request to request.
const SECOND: Duration = Duration::from_millis(1_050);
/// A sign-in whose last request would have to wait longer than this is refused.
const LONGEST_WAIT: Duration = Duration::from_millis(3_000);
/// How long the line should be when a refused client tries again.
const SHORTER_WAIT: Duration = Duration::from_millis(1_500);
/// The maximum `Retry-After` that clients get, whatever the provider says.
const MAX_RETRY: Duration = Duration::from_secs(60);
const MIN_RETRY: Duration = Duration::from_secs(1);
/// How long a learned limit applies.
const LEARNED_FOR: Duration = Duration::from_secs(30);
/// How many sign-ins may wait for one provider at once.
pub(crate) const AT_ONCE: usize = 64;

#[derive(Debug, Default)]
struct Line {
    /// The send times of requests, in order: those of the last second and all planned ones.
    taken: VecDeque<Instant>,
    /// No requests are sent before this time.
    paused_until: Option<Instant>,
    /// Refused clients have been asked to try again at times up to this one.
    told_until: Option<Instant>,
    /// The times of the answers within the last second.
    answered: VecDeque<Instant>,
    /// The learned limit, and until when it applies.
    learned: Option<(NonZeroU32, Instant)>,
}

/// The pace of one provider.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Requests a second; `None` means no limit.
    rate: Option<NonZeroU32>,
    line: Mutex<Line>,
    slots: Arc<Semaphore>,
}

/// A place in the line. Unused send times are given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    pace: Arc<Pace>,
    times: VecDeque<Instant>,
    _slot: OwnedSemaphorePermit,
}

impl Pace {
    pub(crate) fn new(rate: Option<NonZeroU32>) -> Arc<Self> {
        Arc::new(Self { rate, line: Mutex::default(), slots: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Reserves a place for this many requests. Otherwise returns when to try again.
    pub(crate) fn take(self: &Arc<Self>, requests: u32, now: Instant) -> Result<Place, Duration> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| MIN_RETRY)?;
        let mut line = self.line();
        let times: VecDeque<Instant> = (0..requests).map(|_| line.next(self.rate, now)).collect();
        let last = times.back().copied().unwrap_or(now);
        if last <= now + LONGEST_WAIT {
            return Ok(Place { pace: Arc::clone(self), times, _slot: slot });
        }
        times.iter().for_each(|time| line.give_back(*time));
        let each = line.rate(self.rate, now).map_or(Duration::ZERO, |rate| SECOND * requests / rate.get());
        Err(line.tell(last, each, now))
    }

    /// Sends no requests for `wait`, up to a maximum. Afterwards, for a while, the provider is sent only as many requests a
    /// second as it has just answered.
    pub(crate) fn pause(&self, wait: Duration, now: Instant) {
        let (mut line, until) = (self.line(), now + wait.min(MAX_RETRY));
        line.paused_until = line.paused_until.max(Some(until));
        line.forget_answers(now);
        let answered = u32::try_from(line.answered.len()).ok().and_then(NonZeroU32::new);
        line.learned = Some((answered.unwrap_or(NonZeroU32::MIN), until + LEARNED_FOR));
    }

    /// Notes that the provider accepted a request.
    pub(crate) fn answered(&self, now: Instant) {
        let mut line = self.line();
        line.forget_answers(now);
        line.answered.push_back(now);
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn paused(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    fn forget_answers(&mut self, now: Instant) {
        while self.answered.front().is_some_and(|first| *first + SECOND <= now) {
            self.answered.pop_front();
        }
    }

    /// Returns the smaller of the configured and the learned limit.
    fn rate(&self, configured: Option<NonZeroU32>, now: Instant) -> Option<NonZeroU32> {
        let learned = self.learned.filter(|(_, until)| *until > now).map(|(rate, _)| rate);
        configured.into_iter().chain(learned).min()
    }

    /// Reserves the next time at which a request may be sent.
    fn next(&mut self, configured: Option<NonZeroU32>, now: Instant) -> Instant {
        let start = self.paused(now).unwrap_or(now);
        let Some(rate) = self.rate(configured, now) else { return start };
        while self.taken.front().is_some_and(|first| *first + SECOND <= now) {
            self.taken.pop_front();
        }
        let rate = usize::try_from(rate.get()).unwrap_or(usize::MAX);
        let before = self.taken.len().checked_sub(rate).and_then(|index| self.taken.get(index));
        let time = start.max(before.map_or(start, |before| *before + SECOND));
        let time = self.taken.back().map_or(time, |last| time.max(*last));
        self.taken.push_back(time);
        time
    }

    /// Returns this time, or a later one if it falls into a pause.
    fn after_pause(&mut self, time: Instant, rate: Option<NonZeroU32>, now: Instant) -> Instant {
        if self.paused(now).is_none_or(|until| until <= time) {
            return time;
        }
        self.give_back(time);
        self.next(rate, now)
    }

    fn give_back(&mut self, time: Instant) {
        if let Some(index) = self.taken.iter().rposition(|taken| *taken == time) {
            self.taken.remove(index);
        }
    }

    /// Returns when to try again: a different time for each client, one after the other, once the line is shorter.
    fn tell(&mut self, would_be: Instant, each: Duration, now: Instant) -> Duration {
        let turn = self.told_until.map_or(would_be, |told| told.max(would_be));
        if turn < now + MAX_RETRY {
            self.told_until = Some(turn + each);
        }
        turn.duration_since(now).saturating_sub(SHORTER_WAIT).clamp(MIN_RETRY, MAX_RETRY)
    }
}

impl Place {
    /// Waits until the next request may be sent and returns the length of the wait. If that would be later than `deadline`,
    /// fails with the time until then.
    pub(crate) async fn turn(&mut self, deadline: Instant) -> Result<Duration, Duration> {
        let mut waited = Duration::ZERO;
        loop {
            let time = match self.times.pop_front() {
                Some(time) => time,
                None => self.pace.line().next(self.pace.rate, Instant::now()),
            };
            let now = Instant::now();
            // A time within a pause is exchanged for one at the end of the line. Otherwise all would go at once after it.
            let time = self.pace.line().after_pause(time, self.pace.rate, now);
            if time > deadline {
                self.pace.line().give_back(time);
                return Err(time.duration_since(now).clamp(MIN_RETRY, MAX_RETRY));
            }
            // The planned wait, not the measured one, which is longer on a busy machine.
            waited += time.saturating_duration_since(now);
            tokio::time::sleep_until(time).await;
            if self.pace.line().paused(Instant::now()).is_none() {
                return Ok(waited);
            }
            self.pace.line().give_back(time);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = self.pace.line();
        self.times.iter().for_each(|time| line.give_back(*time));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pace(rate: u32) -> Arc<Pace> {
        Pace::new(NonZeroU32::new(rate))
    }

    async fn turns(place: &mut Place, deadline: Instant) -> Vec<Instant> {
        let mut at = Vec::new();
        while !place.times.is_empty() {
            place.turn(deadline).await.unwrap();
            at.push(Instant::now());
        }
        at
    }

    /// Returns the largest number of requests in any second.
    fn busiest(mut times: Vec<Instant>) -> usize {
        times.sort_unstable();
        let within = |from: &Instant| times.iter().filter(|time| *time >= from && **time < *from + SECOND).count();
        times.iter().map(within).max().unwrap_or_default()
    }

    /// 42's limit and a class of 30 with two requests per sign-in: all get in when they try again at the stated times.
    #[tokio::test(start_paused = true)]
    async fn a_class_gets_in_at_the_pace_of_the_provider() {
        let (pace, began) = (pace(2), Instant::now());
        let student = async || {
            let mut told = 0;
            loop {
                match pace.take(2, Instant::now()) {
                    Ok(mut place) => return (turns(&mut place, Instant::now() + LONGEST_WAIT).await, told),
                    Err(wait) => {
                        told += 1;
                        tokio::time::sleep(Duration::from_secs(wait.as_secs_f64().ceil() as u64)).await;
                    }
                }
            }
        };
        let all = futures_join((0..30).map(|_| student())).await;
        let times: Vec<Instant> = all.iter().flat_map(|(times, _)| times.clone()).collect();
        assert_eq!((times.len(), busiest(times.clone())), (60, 2));
        let last = times.iter().max().unwrap().duration_since(began);
        assert!(last >= SECOND * 29 && last < SECOND * 29 + Duration::from_secs(5), "{last:?}");
        let told: u32 = all.iter().map(|(_, told)| told).sum();
        assert!((25..=60).contains(&told), "few have to wait twice: {told}");
    }

    /// Runs all futures at once, on this task.
    async fn futures_join<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
        let mut all: Vec<_> = all.map(|one| (Box::pin(one), None)).collect();
        std::future::poll_fn(|context| {
            for (one, done) in &mut all {
                if done.is_none()
                    && let std::task::Poll::Ready(output) = one.as_mut().poll(context)
                {
                    *done = Some(output);
                }
            }
            if all.iter().all(|(_, done)| done.is_some()) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        all.into_iter().filter_map(|(_, done)| done).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_rate_only_a_pause_causes_a_wait() {
        let (pace, began) = (Pace::new(None), Instant::now());
        let mut places: Vec<Place> = (0..AT_ONCE).map(|_| pace.take(2, began).unwrap()).collect();
        assert_eq!(pace.take(1, began).unwrap_err(), MIN_RETRY, "so many at once");
        for place in &mut places[..2] {
            place.turn(began).await.unwrap();
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        pace.pause(Duration::from_secs(2), began);
        places[0].turn(began + LONGEST_WAIT).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(2));
        drop(places);
        pace.pause(Duration::from_secs(1_000_000), Instant::now());
        let told = pace.take(1, Instant::now()).unwrap_err();
        assert!(told > Duration::from_secs(50) && told <= MAX_RETRY, "{told:?}");
    }

    /// The same class with an unknown limit: 2 requests a second, and 429 beyond that.
    #[tokio::test(start_paused = true)]
    async fn an_unknown_limit_is_learned() {
        let (pace, began, accepted) = (Pace::new(None), Instant::now(), Mutex::new(VecDeque::<Instant>::new()));
        let is_accepted = || {
            let (now, mut accepted) = (Instant::now(), accepted.lock().unwrap());
            accepted.retain(|at| now.duration_since(*at) < Duration::from_secs(1));
            let is_accepted = accepted.len() < 2;
            is_accepted.then(|| accepted.push_back(now));
            is_accepted
        };
        // As a conversation does.
        let ask = async |place: &mut Place, deadline: Instant| loop {
            place.turn(deadline).await?;
            if is_accepted() {
                pace.answered(Instant::now());
                return Ok::<(), Duration>(());
            }
            pace.pause(MIN_RETRY, Instant::now());
        };
        let attempt = async || {
            let mut place = pace.take(2, Instant::now())?;
            let deadline = Instant::now() + Duration::from_millis(4_500);
            ask(&mut place, deadline).await?;
            ask(&mut place, deadline).await
        };
        let student = async || {
            while let Err(wait) = attempt().await {
                tokio::time::sleep(Duration::from_secs(wait.as_secs_f64().ceil() as u64)).await;
            }
            began.elapsed()
        };
        let all = futures_join((0..30).map(|_| student())).await;
        let last = all.iter().max().unwrap();
        assert!(*last < Duration::from_secs(60), "{last:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_the_pace_holds() {
        let (pace, began) = (pace(2), Instant::now());
        let mut places: Vec<Place> = (0..4).map(|_| pace.take(1, began).unwrap()).collect();
        (0..2).for_each(|_| pace.answered(began));
        pace.pause(Duration::from_secs(2), began);
        let deadline = began + Duration::from_secs(10);
        let all = places.iter_mut().map(|place| async move {
            place.turn(deadline).await.unwrap();
            Instant::now()
        });
        let times = futures_join(all).await;
        assert!(times.iter().all(|time| *time >= began + Duration::from_secs(2)));
        assert_eq!(busiest(times), 2);
        let mut late = pace.take(1, Instant::now()).unwrap();
        pace.pause(Duration::from_secs(30), Instant::now());
        assert_eq!(late.turn(Instant::now() + LONGEST_WAIT).await.unwrap_err(), Duration::from_secs(30));
    }

    proptest! {
        /// Reserves, uses and gives back places in any order: no second has more requests than the rate.
        #[test]
        fn no_second_has_more_than_its_requests(
            rate in 1..5_u32, steps in proptest::collection::vec((0..3_u8, 0..900_u64, 1..4_u32), 1..120),
        ) {
            let (pace, mut now, mut sent, mut places) = (pace(rate), Instant::now(), Vec::new(), Vec::new());
            for (step, wait, requests) in steps {
                now += Duration::from_millis(wait);
                match step {
                    0 => places.extend(pace.take(requests, now)),
                    1 => if let Some(mut place) = places.pop() { sent.extend(place.times.drain(..)) },
                    _ => drop(places.pop()),
                }
            }
            prop_assert!(busiest(sent) <= usize::try_from(rate).unwrap());
            drop(places);
            let free = pace.take(rate, now + SECOND * 10).unwrap();
            prop_assert_eq!(free.times.back().copied(), Some(now + SECOND * 10), "nothing is left taken");
        }
    }
}
