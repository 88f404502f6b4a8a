//! Rotates the signing keys, and tells which are published.

use std::sync::Arc;

use crate::ports::{Change, CommitError, SigningKeyMaker, StoreError};
use crate::services::{Decision, Environment};
use crate::signing_key::{SigningKey, plan_early_rotation, plan_rotation, plan_withdrawal};
use crate::{SigningKeyId, Timestamp};

use super::Operator;

/// Why no key was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WithdrawError {
    /// There is no such key, or not any more.
    #[error("no signing key {0} is published")]
    NotPublished(SigningKeyId),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rotates and publishes signing keys.
pub struct PublishSigningKeys {
    env: Environment,
    maker: Arc<dyn SigningKeyMaker>,
}

impl PublishSigningKeys {
    pub(super) const fn new(env: Environment, maker: Arc<dyn SigningKeyMaker>) -> Self {
        Self { env, maker }
    }

    /// Returns the keys that are published now, oldest first.
    pub async fn list(&self) -> Result<Vec<SigningKey>, StoreError> {
        self.env.store.list_signing_keys().await
    }

    /// Creates and removes keys as they become due, and returns those that are published then. Any number of nodes may
    /// do so at once: of those that create the same key one wins.
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

    /// Publishes the next key early, for an operator who suspects that the signing key has leaked, and returns those
    /// that are published then. A key that is already waiting to sign is left as it is.
    pub async fn rotate_early(&self) -> Result<Vec<SigningKey>, StoreError> {
        let keys = self.env.store.list_signing_keys().await?;
        let Some((sequence, active_from)) = plan_early_rotation(&keys, self.env.now()) else { return Ok(keys) };
        match self.env.store.commit(vec![self.create(sequence, active_from)]).await {
            Ok(()) | Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => self.list().await,
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    /// Withdraws a key that has leaked: from the commit on, nothing that it signed is valid here, and if it was the
    /// signing key, a new one replaces it at once. Returns the keys that are published then.
    pub async fn withdraw(&self, _operator: &Operator, id: SigningKeyId) -> Result<Vec<SigningKey>, WithdrawError> {
        self.env
            .decide(async |lost| {
                let keys = self.env.store.list_signing_keys().await?;
                let plan = match plan_withdrawal(&keys, id, self.env.now()) {
                    Some(plan) => plan,
                    // Someone else withdrew it in this instant.
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
