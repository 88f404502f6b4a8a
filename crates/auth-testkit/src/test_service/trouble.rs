//! Lost races and failing databases.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use auth_domain::ports::{Change, Guard, StoreError};

use super::TestService;

/// How often a use case reads and decides again before it gives up.
const ROUNDS: usize = 256;

impl TestService {
    /// Makes so many of the next commits lose by this guard that a use case which tries again and again gives up.
    pub fn lose_every_round(&self, guard: Guard) {
        (0..ROUNDS).for_each(|_| self.store.lose_next_commit(guard));
    }

    /// Does `other` on another node before the next commit begins, between what a use case reads and what it decides on
    /// that. It may call other use cases, whose commits it does not interrupt again.
    pub fn before_next_commit<F: Future<Output = ()>>(&self, other: impl FnOnce(Self) -> F + Send + 'static) {
        self.before_commit_of(|_| true, other);
    }

    /// Does the same before the next commit with a change that `is_meant`, so that those before it pass.
    pub fn before_commit_of<F: Future<Output = ()>>(
        &self,
        is_meant: fn(&Change) -> bool,
        other: impl FnOnce(Self) -> F + Send + 'static,
    ) {
        let service = self.under(self.policy.clone());
        let is_meant = move |changes: &[Change]| changes.iter().any(is_meant);
        self.store.before_commit_where(is_meant, move || at_once(other(service)));
    }

    /// Does the same before a later call to the store, the one after the next `calls`, between two reads.
    pub fn before_later_call<F: Future<Output = ()>>(
        &self,
        calls: usize,
        other: impl FnOnce(Self) -> F + Send + 'static,
    ) {
        let service = self.under(self.policy.clone());
        self.store.before_later_call(calls, move || at_once(other(service)));
    }
}

/// Nothing in a [`TestService`] waits, so one poll completes any future.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("this waits for something, so it cannot be done before a commit"),
    }
}

/// Tries `attempt` once for each call to the store that it makes, which then fails with `error`, each time on what
/// `prepare` creates. `check` sees the answer. Returns how many calls there are.
pub async fn with_each_call_failing<P, T>(
    error: StoreError,
    prepare: impl AsyncFn() -> (TestService, P),
    attempt: impl AsyncFn(&TestService, &P) -> T,
    check: impl AsyncFn(&TestService, &P, T),
) -> usize {
    let mut calls = 0;
    loop {
        let (service, prepared) = prepare().await;
        service.store.fail_after(calls, error);
        let answer = attempt(&service, &prepared).await;
        if service.store.forgive() {
            return calls;
        }
        check(&service, &prepared, answer).await;
        calls += 1;
    }
}
