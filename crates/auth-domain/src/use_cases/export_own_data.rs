//! Collects what the service keeps of the caller, for the caller (GDPR, articles 15 and 20).

use std::sync::Arc;

use crate::Timestamp;
use crate::account::Account;
use crate::audit::{AuditFilter, AuditRecord, Auditor};
use crate::data_export::DataExport;
use crate::error_code::Refusal;
use crate::ports::{Change, CommitError, StoreError};
use crate::services::{Environment, FreshLogin, FreshLoginError};
use crate::session::Session;

use super::Sessions;
use super::all::Parts;

/// What the service keeps of a user. Secrets are not among it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnData {
    /// When it was collected.
    pub exported_at: Timestamp,
    /// The account, with identities and second factors.
    pub account: Account,
    /// The live sessions, newest first, at most [`Sessions::LISTED`].
    pub sessions: Vec<Session>,
    /// The audit trail of the account, oldest first, at most [`ExportOwnData::MOST_RECORDS`].
    pub audit_trail: Vec<AuditRecord>,
    /// Whether that is the whole audit trail.
    pub audit_trail_complete: bool,
    /// The last request to other services for what they store, if there was one in the last 30 days.
    pub request: Option<DataExport>,
}

/// Why nothing was exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportOwnDataError {
    /// The login no longer counts.
    #[error(transparent)]
    Login(#[from] FreshLoginError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ExportOwnDataError> for Refusal {
    fn from(error: ExportOwnDataError) -> Self {
        match error {
            ExportOwnDataError::Login(error) => error.into(),
            ExportOwnDataError::Store(error) => error.into(),
        }
    }
}

/// Exports the caller's own data.
pub struct ExportOwnData {
    env: Environment,
    auditor: Arc<Auditor>,
}

impl ExportOwnData {
    /// The maximum number of audit records in an answer.
    pub const MOST_RECORDS: usize = 5_000;
    const PAGE: u32 = 1_000;

    pub(super) fn new(parts: &Parts) -> Self {
        Self { env: parts.env.clone(), auditor: parts.auditor.clone() }
    }

    /// Returns the data. That it was asked for is recorded first: what cannot be recorded is not read.
    pub async fn execute(&self, login: &FreshLogin) -> Result<OwnData, ExportOwnDataError> {
        let account: Account = login.account_now::<ExportOwnDataError>(&self.env).await?;
        self.record(self.auditor.note_of(account.id, "data.exported")).await?;
        let now = self.env.now();
        let sessions = self.env.store.list_sessions(account.id, now, Sessions::LISTED).await?;
        let (audit_trail, audit_trail_complete) = self.audit_trail(&account).await?;
        let request = self.env.store.find_data_export(account.id).await?;
        let account = account.as_of(now);
        Ok(OwnData { exported_at: now, account, sessions, audit_trail, audit_trail_complete, request })
    }

    async fn record(&self, note: Change) -> Result<(), StoreError> {
        match self.env.store.commit(vec![note]).await {
            Ok(()) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
            // The insert of a fresh id has no guard.
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => Err(StoreError::Failed),
        }
    }

    /// Returns the oldest records, and whether these are all.
    async fn audit_trail(&self, account: &Account) -> Result<(Vec<AuditRecord>, bool), StoreError> {
        let mut filter = AuditFilter { account_id: Some(account.id), ..AuditFilter::since(Timestamp::from_seconds(0)) };
        let mut records = Vec::new();
        while records.len() < Self::MOST_RECORDS {
            let page = self.env.store.list_audit_records(&filter, Self::PAGE).await?;
            let is_last = page.len() < Self::PAGE as usize;
            filter.after = page.last().map(|record| (record.occurred_at, record.id));
            records.extend(page);
            if is_last {
                return Ok((records, true));
            }
        }
        Ok((records, false))
    }
}
