//! Asks the services beside this one for what they store of the caller, for the caller (GDPR, articles 15 and 20).

use std::sync::Arc;

use crate::account::Account;
use crate::audit::Auditor;
use crate::data_export::{DataExport, UploadAddress};
use crate::error_code::{ErrorCode, Refusal};
use crate::event::EventKind;
use crate::ports::{Change, StoreError};
use crate::services::{Announcements, Decision, Environment, FreshLogin, FreshLoginError};

use super::all::Parts;

/// Why nothing was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestExportError {
    /// The operator has set no upload address, so no service takes part.
    #[error("no service takes part in exports")]
    NotOffered,
    /// The login no longer counts.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RequestExportError> for Refusal {
    fn from(error: RequestExportError) -> Self {
        match error {
            RequestExportError::NotOffered => ErrorCode::NotFound.into(),
            RequestExportError::Login(error) => error.into(),
            RequestExportError::Store(error) => error.into(),
        }
    }
}

/// Requests exports from other services.
pub struct RequestExport {
    env: Environment,
    auditor: Arc<Auditor>,
    announcements: Arc<Announcements>,
    upload: Option<UploadAddress>,
}

impl RequestExport {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            auditor: parts.auditor.clone(),
            announcements: parts.announcements.clone(),
            upload: parts.policy.export_upload.clone(),
        }
    }

    /// Announces the request, unless there is one of the last day, which is returned then.
    pub async fn execute(&self, login: &FreshLogin) -> Result<DataExport, RequestExportError> {
        if self.upload.is_none() {
            return Err(RequestExportError::NotOffered);
        }
        self.env.decide(async |_| self.decision(login).await).await
    }

    async fn decision(
        &self,
        login: &FreshLogin,
    ) -> Result<Decision<DataExport, RequestExportError>, RequestExportError> {
        let account: Account = login.account_now::<RequestExportError>(&self.env).await?;
        let now = self.env.now();
        let last = self.env.store.find_data_export(account.id).await?;
        if let Some(last) = last.filter(|last| now < last.requested_at + DataExport::SAME) {
            return Ok(Decision::nothing(last));
        }
        let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(now));
        let (event, services) = self.announcements.event(EventKind::UserExportRequested, account_id, at);
        let told = services.iter().map(|service| (service.clone(), None)).collect();
        let export = DataExport { id: event.id, requested_at: at, services: told };
        let changes = vec![
            // Of two requests at the same time, one finds the other.
            Change::TouchAccount { account_id, revision, at },
            Change::Announce { event, services },
            self.auditor.note_of(account_id, "data.requested"),
        ];
        Ok(Decision::commit(export, changes))
    }
}
