//! The store, the time and the randomness of a use case, and the one loop around them: read, decide, wait for the turn at
//! what many change, commit, and start over if someone else was first.

use std::sync::Arc;

use super::turns::Turns;
use crate::ports::{Change, Clock, CommitError, Contended, Entropy, Guard, Store, StoreError, UniqueKey};
use crate::{Randomness, Timestamp};

/// How often a use case reads and decides again when someone else was first. Of n requests that race for one row, one
/// wins each round; beyond this number, the row is under attack and the answer is 503.
const MAX_ROUNDS: usize = 256;

/// What a use case works with.
#[derive(Clone)]
pub(crate) struct Environment {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    turns: Arc<Turns>,
}

/// A decision: the answer, and the changes to commit before it is given.
pub(crate) struct Decision<T, E> {
    answer: Result<T, E>,
    changes: Vec<Change>,
}

impl<T, E> Decision<T, E> {
    /// Commits `changes`, then answers.
    pub(crate) const fn commit(answer: T, changes: Vec<Change>) -> Self {
        Self { answer: Ok(answer), changes }
    }

    /// Refuses after committing `changes`: what a refusal counts is counted before it is given.
    pub(crate) const fn refuse(error: E, changes: Vec<Change>) -> Self {
        Self { answer: Err(error), changes }
    }

    /// Answers without any change.
    pub(crate) const fn nothing(answer: T) -> Self {
        Self { answer: Ok(answer), changes: Vec::new() }
    }

    /// Converts the answer.
    pub(crate) fn map<U>(self, to: impl FnOnce(T) -> U) -> Decision<U, E> {
        Decision { answer: self.answer.map(to), changes: self.changes }
    }

    /// Converts the error.
    pub(crate) fn map_error<F>(self, to: impl FnOnce(E) -> F) -> Decision<T, F> {
        Decision { answer: self.answer.map_err(to), changes: self.changes }
    }
}

/// Why the previous round was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The state on which it was decided had changed.
    Guard(Guard),
    /// A key that it needed was taken.
    Duplicate(UniqueKey),
}

impl Environment {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy, turns: Arc::default() }
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns fresh random bytes.
    pub(crate) fn random(&self) -> Randomness {
        self.entropy.bytes()
    }

    /// Commits what `round` decides and returns its answer. A round that loses to another commit, or that waits for its
    /// turn behind one, is run again, with the reason, and reads again. An error from `round` ends the loop. A round must
    /// not call this, directly or not: it would wait for the turn that it has.
    pub(crate) async fn decide<T, E: From<StoreError>>(
        &self,
        round: impl AsyncFnMut(Option<Lost>) -> Result<Decision<T, E>, E>,
    ) -> Result<T, E> {
        self.rounds(Some(&self.turns), round).await
    }

    /// Does the same without taking turns, for a decision that a round of another one makes.
    pub(crate) async fn decide_within<T, E: From<StoreError>>(
        &self,
        round: impl AsyncFnMut(Option<Lost>) -> Result<Decision<T, E>, E>,
    ) -> Result<T, E> {
        self.rounds(None, round).await
    }

    async fn rounds<T, E: From<StoreError>>(
        &self,
        turns: Option<&Arc<Turns>>,
        mut round: impl AsyncFnMut(Option<Lost>) -> Result<Decision<T, E>, E>,
    ) -> Result<T, E> {
        let mut lost = None;
        let mut turn = None;
        for _ in 0..MAX_ROUNDS {
            let Decision { answer, changes } = round(lost).await?;
            if changes.is_empty() {
                return answer;
            }
            if let (Some(turns), None) = (turns, &turn)
                && let Some((row, guard)) = Contended::of(&changes)
            {
                let taken = turns.take(row).await?;
                let waited = taken.waited();
                turn = Some(taken);
                if waited {
                    lost = Some(Lost::Guard(guard));
                    continue;
                }
            }
            match self.store.commit(changes).await {
                Ok(()) => return answer,
                Err(CommitError::Conflict(guard)) => lost = Some(Lost::Guard(guard)),
                // Two rows have the same id: the randomness repeats, and would again.
                Err(CommitError::Duplicate(UniqueKey::Id)) => return Err(StoreError::Failed.into()),
                Err(CommitError::Duplicate(key)) => lost = Some(Lost::Duplicate(key)),
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(StoreError::Unavailable.into())
    }

    /// Commits one change that may be skipped if someone else was first. Returns whether it was made.
    pub(crate) async fn commit_unless_lost(&self, change: Change) -> Result<bool, StoreError> {
        match self.store.commit(vec![change]).await {
            Ok(()) => Ok(true),
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Ok(false),
            Err(CommitError::Store(error)) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::ports::{MockClock, MockEntropy, MockStore};

    fn environment(answers: Vec<Result<(), CommitError>>) -> Environment {
        let mut store = MockStore::new();
        let answers = std::sync::Mutex::new(answers.into_iter());
        store.expect_commit().returning(move |_| answers.lock().unwrap().next().unwrap_or(Ok(())));
        Environment::new(Arc::new(store), Arc::new(MockClock::new()), Arc::new(MockEntropy::new()))
    }

    fn change() -> Vec<Change> {
        vec![Change::UnparkMails { at: Timestamp::from_seconds(0) }]
    }

    #[tokio::test]
    async fn a_lost_round_is_run_again_and_told_why() {
        let environment = environment(vec![
            Err(CommitError::Conflict(Guard::TotpStepUnused)),
            Err(CommitError::Duplicate(UniqueKey::Email)),
        ]);
        let told = RefCell::new(Vec::new());
        let answer: Result<u8, StoreError> = environment
            .decide(async |lost| {
                told.borrow_mut().push(lost);
                Ok(Decision::commit(7, change()))
            })
            .await;
        assert_eq!(answer, Ok(7));
        let expected = [None, Some(Lost::Guard(Guard::TotpStepUnused)), Some(Lost::Duplicate(UniqueKey::Email))];
        assert_eq!(*told.borrow(), expected);
    }

    #[tokio::test]
    async fn what_a_refusal_counts_is_committed_before_it_is_told() {
        let environment = environment(vec![Err(CommitError::Conflict(Guard::LimitUnchanged))]);
        let rounds = RefCell::new(0);
        let answer: Result<(), StoreError> = environment
            .decide(async |_| {
                *rounds.borrow_mut() += 1;
                Ok(Decision::refuse(StoreError::Refused, change()))
            })
            .await;
        assert_eq!((answer, rounds.into_inner()), (Err(StoreError::Refused), 2));
    }

    #[tokio::test]
    async fn a_database_that_fails_ends_the_loop_and_so_does_an_endless_race() {
        let failing = environment(vec![Err(CommitError::Store(StoreError::Failed))]);
        let lost = environment(vec![Err(CommitError::Conflict(Guard::Alone)); MAX_ROUNDS]);
        let repeats = environment(vec![Err(CommitError::Duplicate(UniqueKey::Id))]);
        for (environment, error) in
            [(failing, StoreError::Failed), (lost, StoreError::Unavailable), (repeats, StoreError::Failed)]
        {
            let answer: Result<(), StoreError> = environment.decide(async |_| Ok(Decision::commit((), change()))).await;
            assert_eq!(answer, Err(error));
        }
    }
}
