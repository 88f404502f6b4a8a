//! A circuit breaker: a provider that fails repeatedly is left alone for a while and then asked once. It uses the
//! monotonic clock, which nobody can set back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many failures in a row open it.
const FAILURES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(5);
const MAX_WAIT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Every call is admitted.
    Closed { failures: u32 },
    /// No call is admitted before that time, or one at once if it is `None`; the next wait is twice as long.
    Open { until: Option<Instant>, wait: Duration },
    /// One call is under way that tries whether the provider works again.
    Probing { wait: Duration },
}

/// Why a call was admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Ordinary,
    Probe,
}

impl State {
    fn admit(self, now: Instant) -> (Self, Option<Role>) {
        match self {
            Self::Closed { .. } => (self, Some(Role::Ordinary)),
            Self::Open { until, wait } if until.is_none_or(|until| until <= now) => {
                (Self::Probing { wait }, Some(Role::Probe))
            }
            Self::Open { .. } | Self::Probing { .. } => (self, None),
        }
    }

    /// The success of a call that was admitted before the breaker opened says nothing new.
    fn after_success(self, role: Role) -> Self {
        match (self, role) {
            (Self::Closed { .. }, _) | (Self::Probing { .. }, Role::Probe) => Self::Closed { failures: 0 },
            (other, _) => other,
        }
    }

    fn after_failure(self, role: Role, now: Instant) -> Self {
        match (self, role) {
            (Self::Closed { failures }, _) if failures + 1 < FAILURES => Self::Closed { failures: failures + 1 },
            (Self::Closed { .. }, _) => Self::Open { until: Some(now + FIRST_WAIT), wait: FIRST_WAIT },
            (Self::Probing { wait }, Role::Probe) => {
                let wait = (wait * 2).min(MAX_WAIT);
                Self::Open { until: Some(now + wait), wait }
            }
            (other, _) => other,
        }
    }

    /// The probe was abandoned before it ended: the next call may try.
    fn after_abandoned(self, role: Role) -> Self {
        match (self, role) {
            (Self::Probing { wait }, Role::Probe) => Self::Open { until: None, wait },
            (other, _) => other,
        }
    }
}

/// The breaker of one provider.
pub(crate) struct Breaker(Mutex<State>);

impl Breaker {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    /// Admits a call; `None` while the provider is left alone.
    pub(crate) fn admit(&self, now: Instant) -> Option<Attempt<'_>> {
        let mut state = self.state();
        let (next, role) = state.admit(now);
        *state = next;
        role.map(|role| Attempt { breaker: self, role, settled: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that was admitted. Dropped without a result, it counts as abandoned.
pub(crate) struct Attempt<'a> {
    breaker: &'a Breaker,
    role: Role,
    settled: bool,
}

impl Attempt<'_> {
    pub(crate) fn succeeded(self) {
        self.settle(State::after_success);
    }

    pub(crate) fn failed(self, now: Instant) {
        self.settle(|state, role| state.after_failure(role, now));
    }

    fn settle(mut self, after: impl FnOnce(State, Role) -> State) {
        let mut state = self.breaker.state();
        *state = after(*state, self.role);
        self.settled = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let mut state = self.breaker.state();
            *state = state.after_abandoned(self.role);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    fn after(seconds: u64) -> Instant {
        *START + Duration::from_secs(seconds)
    }

    fn open(breaker: &Breaker) {
        for _ in 0..FAILURES {
            breaker.admit(*START).unwrap().failed(*START);
        }
    }

    #[test]
    fn failures_in_a_row_open_it_and_one_probe_closes_it() {
        let breaker = Breaker::new();
        for _ in 0..FAILURES - 1 {
            breaker.admit(*START).unwrap().failed(*START);
        }
        breaker.admit(*START).unwrap().succeeded();
        open(&breaker);
        assert!(breaker.admit(after(4)).is_none());
        let probe = breaker.admit(after(5)).unwrap();
        assert!(breaker.admit(after(6)).is_none(), "one at a time");
        probe.failed(after(6));
        assert!(breaker.admit(after(15)).is_none(), "twice as long");
        breaker.admit(after(16)).unwrap().succeeded();
        for _ in 0..3 {
            breaker.admit(after(16)).unwrap().succeeded();
        }
    }

    #[test]
    fn a_probe_that_is_given_up_leaves_its_place_to_the_next() {
        let breaker = Breaker::new();
        open(&breaker);
        drop(breaker.admit(after(5)).unwrap());
        breaker.admit(after(5)).unwrap().succeeded();
        assert!(breaker.admit(after(5)).is_some());
    }

    proptest! {
        /// Never two probes at once, and a call that waits long enough is admitted.
        #[test]
        fn it_never_probes_twice_at_once_and_never_stays_shut(steps in proptest::collection::vec((0..4_u8, 0..90_u64), 0..200)) {
            let breaker = Breaker::new();
            let (mut now, mut running): (u64, Vec<Attempt<'_>>) = (0, Vec::new());
            for (step, wait) in steps {
                now += wait;
                match step {
                    0 => running.extend(breaker.admit(after(now))),
                    1 => if let Some(attempt) = running.pop() { attempt.succeeded() },
                    2 => if let Some(attempt) = running.pop() { attempt.failed(after(now)) },
                    _ => drop(running.pop()),
                }
                prop_assert!(running.iter().filter(|attempt| attempt.role == Role::Probe).count() <= 1);
            }
            running.clear();
            prop_assert!(breaker.admit(after(now + MAX_WAIT.as_secs())).is_some());
        }
    }
}
