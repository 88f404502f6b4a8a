//! Keeps the signing keys in rotation and tells which are published.

use std::sync::Arc;

use crate::ports::{Change, Clock, CommitError, Entropy, SigningKeyMaker, Store, StoreUnavailable};
use crate::signing_key::{SigningKey, plan_early_rotation, plan_rotation};
use crate::{SigningKeyId, Timestamp};

/// The use case.
pub struct PublishSigningKeys {
    /// Where keys are kept.
    pub store: Arc<dyn Store>,
    /// Makes new ones.
    pub maker: Arc<dyn SigningKeyMaker>,
    /// Tells which are due.
    pub clock: Arc<dyn Clock>,
    /// Seeds new ones.
    pub entropy: Arc<dyn Entropy>,
}

impl PublishSigningKeys {
    /// The keys that are published now, the oldest first.
    pub async fn list(&self) -> Result<Vec<SigningKey>, StoreUnavailable> {
        self.store.list_signing_keys().await
    }

    /// Makes and removes keys as they fall due, and answers those that are published then. Any number
    /// of nodes may do so at once: of those that make the same key one wins.
    pub async fn rotate(&self) -> Result<Vec<SigningKey>, StoreUnavailable> {
        let keys = self.store.list_signing_keys().await?;
        let plan = plan_rotation(&keys, self.clock.now());
        let mut changes: Vec<Change> = plan.remove.into_iter().map(Change::DeleteSigningKey).collect();
        changes.extend(plan.create.map(|(sequence, active_from)| self.create(sequence, active_from)));
        if changes.is_empty() {
            return Ok(keys);
        }
        match self.store.commit(changes).await {
            // A conflict or a duplicate: another node did the same.
            Ok(()) | Err(CommitError::Conflict { .. } | CommitError::Duplicate(_)) => self.list().await,
            Err(CommitError::Unavailable(error)) => Err(error),
        }
    }

    /// Publishes the next key before its time, for an operator who fears for the one that signs; answers those that
    /// are published then. One that waits to sign already stays as it is.
    pub async fn rotate_early(&self) -> Result<Vec<SigningKey>, StoreUnavailable> {
        let keys = self.store.list_signing_keys().await?;
        let Some((sequence, active_from)) = plan_early_rotation(&keys, self.clock.now()) else { return Ok(keys) };
        match self.store.commit(vec![self.create(sequence, active_from)]).await {
            Ok(()) | Err(CommitError::Conflict { .. } | CommitError::Duplicate(_)) => self.list().await,
            Err(CommitError::Unavailable(error)) => Err(error),
        }
    }

    fn create(&self, sequence: i64, active_from: Timestamp) -> Change {
        let id = SigningKeyId::generate(self.clock.now(), self.entropy.bytes());
        let pair = self.maker.make(id, self.entropy.bytes(), self.entropy.bytes());
        let (public_key, sealed_private_key) = (pair.public_key, pair.sealed_private_key);
        Change::InsertSigningKey(SigningKey { id, sequence, active_from, public_key, sealed_private_key })
    }
}
