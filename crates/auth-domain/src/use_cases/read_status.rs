//! Reads the state of the service, for an administrator.

use crate::internal::StatusRead;
use crate::maintenance::Maintenance;
use crate::ports::StoreError;
use crate::services::Environment;
use crate::status::ServiceStatus;

use super::AdminCaller;

/// Reads the state of the service.
pub struct ReadStatus {
    env: Environment,
}

impl ReadStatus {
    /// The maximum number of waiting mails, and of those that were given up.
    pub const MAX_MAILS: u32 = 100;

    pub(super) const fn new(env: Environment) -> Self {
        Self { env }
    }

    /// Returns the state over all nodes. Its parts are read one after another, so they may differ by what happens
    /// meanwhile.
    pub async fn execute(&self, _: &AdminCaller<StatusRead>) -> Result<ServiceStatus, StoreError> {
        let store = &self.env.store;
        Ok(ServiceStatus {
            at: self.env.now(),
            outbox: store.outbox_depth().await?,
            waiting_mails: store.list_waiting_mails(Self::MAX_MAILS).await?,
            parked_mails: store.list_parked_mails(Self::MAX_MAILS).await?,
            signing_keys: store.list_signing_keys().await?,
            retired_keys: store.list_retired_keys().await?,
            verified_restore: store.find_maintenance(Maintenance::VerifiedRestore).await?,
            file: store.file_check(),
        })
    }
}
