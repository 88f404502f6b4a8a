//! Keeps the signing keys in rotation and tells which are published.

use std::sync::Arc;

use crate::ports::{Change, CommitError, SigningKeyMaker, StoreError};
use crate::services::{Decision, Environment};
use crate::signing_key::{SigningKey, plan_early_rotation, plan_rotation, plan_withdrawal};
use crate::{SigningKeyId, Timestamp};

use super::Operator;

/// Why no key was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawError {
    /// There is no such key, or there is none any more.
    #[error("no signing key {0} is published")]
    NotPublished(SigningKeyId),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct PublishSigningKeys {
    env: Environment,
    maker: Arc<dyn SigningKeyMaker>,
}

impl PublishSigningKeys {
    pub(super) const fn new(env: Environment, maker: Arc<dyn SigningKeyMaker>) -> Self {
        Self { env, maker }
    }

    /// The keys that are published now, the oldest first.
    pub async fn list(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.env.store.list_signing_keys().await
    }

    /// Makes and removes keys as they fall due, and answers those that are published then. Any number
    /// of nodes may do so at once: of those that make the same key one wins.
    pub async fn rotate(&self) -> Result<Vec<SigningKey>, StoreError> {
        let keys = self.env.store.list_signing_keys().await?;
        let plan = plan_rotation(&keys, self.env.now());
        let mut changes: Vec<Change> = plan.remove.into_iter().map(Change::DeleteSigningKey).collect();
        changes.extend(plan.create.map(|(sequence, active_from)| self.create(sequence, active_from)));
        if changes.is_empty() {
            return Ok(keys);
        }
        match self.env.store.commit(changes).await {
            // A conflict or a duplicate: another node did the same.
            Ok(()) | Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => self.list().await,
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Publishes the next key before its time, for an operator who thinks that the one that signs has leaked; answers
    /// those that are published then. One that waits to sign already stays as it is.
    pub async fn rotate_early(&self) -> Result<Vec<SigningKey>, StoreError> {
        let keys = self.env.store.list_signing_keys().await?;
        let Some((sequence, active_from)) = plan_early_rotation(&keys, self.env.now()) else { return Ok(keys) };
        match self.env.store.commit(vec![self.create(sequence, active_from)]).await {
            Ok(()) | Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => self.list().await,
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Withdraws a key that has leaked: from the commit on nothing that it signed is good here, and where it was the one
    /// that signs, a new one takes over at once. Answers those that are published then.
    pub async fn withdraw(&self, _operator: &Operator, id: SigningKeyId) -> Result<Vec<SigningKey>, WithdrawError> {
        self.env
            .decide(async |lost| {
                let keys = self.env.store.list_signing_keys().await?;
                let plan = match plan_withdrawal(&keys, id, self.env.now()) {
                    Some(plan) => plan,
                    // Somebody else withdrew it in this instant.
                    None if lost.is_some() => return Ok(Decision::nothing(())),
                    None => return Err(WithdrawError::NotPublished(id)),
                };
                let mut changes: Vec<Change> = plan.remove.into_iter().map(Change::DeleteSigningKey).collect();
                changes.extend(plan.create.map(|(sequence, active_from)| self.create(sequence, active_from)));
                Ok(Decision::commit((), changes))
            })
            .await?;
        Ok(self.list().await?)
    }

    fn create(&self, sequence: i64, active_from: Timestamp) -> Change {
        let id = SigningKeyId::generate(self.env.now(), self.env.random());
        let pair = self.maker.make(id, self.env.random(), self.env.random());
        let (public_key, sealed_private_key) = (pair.public_key, pair.sealed_private_key);
        Change::InsertSigningKey(SigningKey { id, sequence, active_from, public_key, sealed_private_key })
    }
}
