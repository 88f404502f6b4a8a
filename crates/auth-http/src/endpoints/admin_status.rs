//! `GET /auth/admin/status`: the state of the service at a glance.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::internal::{Scope, StatusRead};
use auth_domain::load::FileCheck;
use auth_domain::mail::{ParkedMail, WaitingMail};
use auth_domain::retired_key::RetiredKey;
use auth_domain::signing_key::states_at;
use auth_domain::status::ServiceStatus;
use auth_domain::use_cases::UseCases;
use serde::Serialize;
use supervisor::Report;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, success};
use crate::caller::Admin;
use crate::codes::SuccessCode;
use crate::edge::Edge;
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;
use crate::wire::rfc3339;

/// A mail that is neither sent nor given up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WaitingMail)]
struct WaitingMailView {
    id: Uuid,
    recipient: String,
    kind: String,
    attempts: u32,
    #[schema(format = DateTime)]
    next_attempt_at: String,
    /// What the mail server last answered; null before an attempt has failed.
    #[schema(required = true)]
    error: Option<String>,
}

impl From<&WaitingMail> for WaitingMailView {
    fn from(mail: &WaitingMail) -> Self {
        Self {
            id: mail.id.as_uuid(),
            recipient: mail.recipient.clone(),
            kind: mail.kind.clone(),
            attempts: mail.attempts,
            next_attempt_at: rfc3339(mail.next_attempt_at),
            error: mail.error.clone(),
        }
    }
}

/// A mail that was given up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FailedMail)]
struct FailedMailView {
    id: Uuid,
    recipient: String,
    kind: String,
    #[schema(format = DateTime)]
    failed_at: String,
    /// What the mail server last answered.
    error: String,
}

impl From<&ParkedMail> for FailedMailView {
    fn from(mail: &ParkedMail) -> Self {
        Self {
            id: mail.id.as_uuid(),
            recipient: mail.recipient.clone(),
            kind: mail.kind.clone(),
            failed_at: rfc3339(mail.parked_at),
            error: mail.error.clone(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MailStatus {
    /// How many are neither sent nor given up.
    waiting: u64,
    /// Since when the oldest of them has been waiting.
    #[schema(required = true, format = DateTime)]
    waiting_since: Option<String>,
    /// How many were given up.
    failed: u64,
    /// The longest due first, at most 100.
    waiting_mails: Vec<WaitingMailView>,
    /// Latest first, at most 100.
    failed_mails: Vec<FailedMailView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventStatus {
    /// How many deliveries are not acknowledged, counted once for each service.
    waiting: u64,
    #[schema(required = true, format = DateTime)]
    waiting_since: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningKeyStatus)]
struct SigningKeyView {
    /// Its `kid`.
    id: String,
    #[schema(pattern = "^(previous|current|next)$")]
    state: &'static str,
    #[schema(format = DateTime)]
    active_from: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RetiredMasterKey)]
struct RetiredKeyView {
    id: String,
    #[schema(format = DateTime)]
    retired_at: String,
}

impl From<&RetiredKey> for RetiredKeyView {
    fn from(key: &RetiredKey) -> Self {
        Self { id: key.key_id.as_str().to_owned(), retired_at: rfc3339(key.retired_at) }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = WorkerStatus)]
struct WorkerView {
    name: String,
    /// How often it panicked or failed since this node started.
    failures: u64,
    /// Whether it waits to be started again, or failed within the last minute.
    failing: bool,
}

impl From<Report> for WorkerView {
    fn from(Report { name, failures, failing }: Report) -> Self {
        Self { name, failures, failing }
    }
}

/// `data` with the state of the service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatusData {
    #[schema(format = DateTime)]
    at: String,
    /// What deserves attention, the most urgent first: `worker_failing`, `file_damaged`, `mails_late`, `mails_failed`,
    /// `events_late`, `no_signing_key`, `signing_key_old`, `restore_never_verified` or `restore_old`.
    concerns: Vec<&'static str>,
    mails: MailStatus,
    events: EventStatus,
    /// Those that are published, oldest first.
    signing_keys: Vec<SigningKeyView>,
    /// Master keys of which a part is kept for accounts that depend on it.
    retired_master_keys: Vec<RetiredKeyView>,
    /// When `auth-server restore --drill` last succeeded.
    #[schema(required = true, format = DateTime)]
    last_verified_restore_at: Option<String>,
    /// What the last check of the file of an embedded database found.
    #[schema(pattern = "^(unknown|sound|damaged)$")]
    file: &'static str,
    /// The background workers of the node that answers.
    workers: Vec<WorkerView>,
}

impl StatusData {
    fn new(status: &ServiceStatus, workers: Vec<Report>) -> Self {
        let mut concerns = Vec::new();
        concerns.extend(workers.iter().any(|worker| worker.failing).then_some("worker_failing"));
        concerns.extend(status.concerns().into_iter().map(auth_domain::status::Concern::as_str));
        Self {
            at: rfc3339(status.at),
            concerns,
            mails: MailStatus {
                waiting: status.outbox.mails,
                waiting_since: status.outbox.oldest_mail.map(rfc3339),
                failed: status.outbox.parked_mails,
                waiting_mails: status.waiting_mails.iter().map(WaitingMailView::from).collect(),
                failed_mails: status.parked_mails.iter().map(FailedMailView::from).collect(),
            },
            events: EventStatus {
                waiting: status.outbox.deliveries,
                waiting_since: status.outbox.oldest_delivery.map(rfc3339),
            },
            signing_keys: states_at(&status.signing_keys, status.at)
                .map(|(key, state)| SigningKeyView {
                    id: key.id.to_string(),
                    state: state.as_str(),
                    active_from: rfc3339(key.active_from),
                })
                .collect(),
            retired_master_keys: status.retired_keys.iter().map(RetiredKeyView::from).collect(),
            last_verified_restore_at: status.verified_restore.map(rfc3339),
            file: match status.file {
                FileCheck::Unknown => "unknown",
                FileCheck::Sound => "sound",
                FileCheck::Damaged => "damaged",
            },
            workers: workers.into_iter().map(WorkerView::from).collect(),
        }
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/admin/status", || web::to(read))
        .operation("getStatus", Tag::Admin, "Read the state of the service")
        .description(
            "Mails that wait or failed, keys, the last rehearsed restore, workers, and what deserves attention.",
        )
        .permission(Permission::Admin(Scope::StatusRead))
        .answers::<StatusData>(SuccessCode::StatusFetched)
}

/// *Permissions:* admin, `status:read`.
async fn read(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    Admin(caller): Admin<StatusRead>,
) -> Result<HttpResponse, ApiError> {
    let status = use_cases.read_status.execute(&caller).await?;
    Ok(success(SuccessCode::StatusFetched, StatusData::new(&status, edge.workers.reports())))
}
