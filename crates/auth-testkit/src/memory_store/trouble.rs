//! Trouble that a test causes: calls that fail, commits that lose, and other writers that are first.

use auth_domain::ports::{Change, CommitError, Guard, StoreError};

use super::{MemoryStore, lock};

/// Something that happens before a commit.
type Interruption = Box<dyn FnOnce() + Send>;
/// Selects the commit that is meant.
type Condition = Box<dyn Fn(&[Change]) -> bool + Send>;

/// The trouble that is waiting.
#[derive(Default)]
pub(super) struct Trouble {
    /// How many calls succeed before one fails, and how it fails.
    failure: Option<(usize, StoreError)>,
    /// How many calls pass before something happens, and what.
    before_call: Option<(usize, Interruption)>,
    /// How each of the next commits ends, whatever it contains.
    lost: Vec<CommitError>,
    interruptions: Vec<(Condition, Interruption)>,
}

impl MemoryStore {
    /// Makes the next call fail, a read or a commit, which then does nothing.
    pub fn fail_next(&self, error: StoreError) {
        self.fail_after(0, error);
    }

    /// Makes a later call fail: the one after the next `calls`, which succeed.
    pub fn fail_after(&self, calls: usize, error: StoreError) {
        lock(&self.shared.trouble).failure = Some((calls, error));
    }

    /// Cancels a failure, and returns whether it had not happened yet. A test that increases `fail_after` until this is
    /// true has seen every call of a use case fail.
    pub fn forgive(&self) -> bool {
        lock(&self.shared.trouble).failure.take().is_some()
    }

    /// Makes the next commit lose by this guard, whatever it contains: nothing of it happens. Called twice, this
    /// affects the next two, and so on.
    pub fn lose_next_commit(&self, guard: Guard) {
        self.refuse_next_commit(CommitError::Conflict(guard));
    }

    /// Makes the next commit end with this error, whatever it contains: nothing of it happens. Called twice, this
    /// affects the next two, and so on.
    pub fn refuse_next_commit(&self, error: CommitError) {
        lock(&self.shared.trouble).lost.push(error);
    }

    /// Calls `interruption` before the next commit begins: what it [commits](Self::commit_now) comes between what a use case
    /// read and what it decided on it. [`TestService`](crate::test_service::TestService) has the same for whole use cases.
    pub fn before_next_commit(&self, interruption: impl FnOnce() + Send + 'static) {
        self.before_commit_where(|_| true, interruption);
    }

    /// Does the same before the next commit that `is_meant`, so that those before it pass.
    pub fn before_commit_where(
        &self,
        is_meant: impl Fn(&[Change]) -> bool + Send + 'static,
        interruption: impl FnOnce() + Send + 'static,
    ) {
        lock(&self.shared.trouble).interruptions.push((Box::new(is_meant), Box::new(interruption)));
    }

    /// Calls `interruption` before a later call, the one after the next `calls`: what it commits comes between two reads.
    pub fn before_later_call(&self, calls: usize, interruption: impl FnOnce() + Send + 'static) {
        lock(&self.shared.trouble).before_call = Some((calls, Box::new(interruption)));
    }

    /// Tells whether trouble is left that has not happened: then the test did not test what it meant to.
    pub fn has_trouble_left(&self) -> bool {
        let trouble = lock(&self.shared.trouble);
        let of_calls = trouble.failure.is_some() || trouble.before_call.is_some();
        of_calls || !trouble.lost.is_empty() || !trouble.interruptions.is_empty()
    }

    /// Counts a call and returns how it ends; every call begins with it.
    pub(super) fn answer(&self) -> Result<(), StoreError> {
        if let Some(interruption) = self.due_before_call() {
            interruption();
        }
        let failure = &mut lock(&self.shared.trouble).failure;
        match failure {
            Some((0, error)) => {
                let error = *error;
                *failure = None;
                Err(error)
            }
            Some((calls, _)) => {
                *calls -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn due_before_call(&self) -> Option<Interruption> {
        let waiting = &mut lock(&self.shared.trouble).before_call;
        match waiting {
            Some((0, _)) => waiting.take().map(|(_, interruption)| interruption),
            Some((calls, _)) => {
                *calls -= 1;
                None
            }
            None => None,
        }
    }

    /// Does what is to happen before this commit, then returns whether it may continue.
    pub(super) fn interrupt(&self, changes: &[Change]) -> Result<(), CommitError> {
        let due = {
            let mut trouble = lock(&self.shared.trouble);
            let first = trouble.interruptions.iter().position(|(is_meant, _)| is_meant(changes));
            first.map(|index| trouble.interruptions.remove(index).1)
        };
        if let Some(interruption) = due {
            interruption();
        }
        let mut trouble = lock(&self.shared.trouble);
        if trouble.lost.is_empty() { Ok(()) } else { Err(trouble.lost.remove(0)) }
    }
}
