//! `GET /auth/me/export`: what the service keeps of the signed-in user, without secrets. `POST /auth/me/export`: the same is
//! requested of the services beside.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::audit::{Actor, AuditRecord};
use auth_domain::data_export::DataExport;
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::{OwnData, UseCases};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, success};
use crate::caller::FreshBearer;
use crate::codes::SuccessCode;
use crate::credential_views::CredentialIdentityView;
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;
use crate::wire::{SessionView, UserView, rfc3339};

use super::deletions::ServiceView;
use super::second_factors::{MethodView, views};

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/me/export", || web::to(export))
        .operation("exportMe", Tag::Account, "Export what the service keeps of the user")
        .description("Without secrets. At most 100 sessions and 5,000 audit records, the oldest.")
        .permission(Permission::FreshLogin)
        .answers::<ExportData>(SuccessCode::UserDataExported)
}

/// *Permissions:* an access token of the user, with a fresh login.
async fn export(use_cases: Data<UseCases>, FreshBearer(login): FreshBearer) -> Result<HttpResponse, ApiError> {
    let own = use_cases.export_own_data.execute(&login).await?;
    Ok(success(SuccessCode::UserDataExported, ExportData::new(&own, login.caller().session().id.as_uuid())))
}

pub(super) fn of_services() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/me/export", || web::to(request_export))
        .operation("requestExport", Tag::Account, "Request what other services store of the user")
        .description(
            "`user.export_requested` tells them where to upload it. A request within a day returns the one before. Without \
             `AUTH_EXPORT_UPLOAD_URL`: `NOT_FOUND`.",
        )
        .permission(Permission::FreshLogin)
        .answers::<ExportRequestView>(SuccessCode::ExportRequested)
        .errors(&[ErrorCode::NotFound])
}

/// *Permissions:* an access token of the user, with a fresh login.
async fn request_export(use_cases: Data<UseCases>, FreshBearer(login): FreshBearer) -> Result<HttpResponse, ApiError> {
    let requested = use_cases.request_export.execute(&login).await?;
    Ok(success(SuccessCode::ExportRequested, ExportRequestView::from(&requested)))
}

/// What other services were asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExportRequest)]
struct ExportRequestView {
    export_id: Uuid,
    #[schema(format = DateTime)]
    requested_at: String,
    /// Until when services may upload.
    #[schema(format = DateTime)]
    until: String,
    /// Every service that takes part.
    services: Vec<ServiceView>,
}

impl From<&DataExport> for ExportRequestView {
    fn from(export: &DataExport) -> Self {
        Self {
            export_id: export.id.as_uuid(),
            requested_at: rfc3339(export.requested_at),
            until: rfc3339(DataExport::until(export.requested_at)),
            services: export.services.iter().map(ServiceView::from).collect(),
        }
    }
}

/// `data` of an export.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ExportData {
    #[schema(format = DateTime)]
    exported_at: String,
    user: UserView,
    identities: Vec<CredentialIdentityView>,
    two_fa: Vec<MethodView>,
    recovery_codes_left: usize,
    sessions: Vec<SessionView>,
    audit_trail: Vec<AuditRecordView>,
    /// Whether that is all of it.
    audit_trail_complete: bool,
    /// The last request to other services, if there was one in the last 30 days.
    #[schema(required = true)]
    request: Option<ExportRequestView>,
}

impl ExportData {
    fn new(own: &OwnData, calling: Uuid) -> Self {
        let OwnData { exported_at, account, sessions, audit_trail, audit_trail_complete, request } = own;
        let session = |session| SessionView::new(session, session.id.as_uuid() == calling);
        Self {
            exported_at: rfc3339(*exported_at),
            user: account.into(),
            identities: account.identities.iter().map(CredentialIdentityView::from).collect(),
            two_fa: views(&account.two_factor.overview(*exported_at)),
            recovery_codes_left: account.two_factor.recovery_codes.len(),
            sessions: sessions.iter().map(session).collect(),
            audit_trail: audit_trail.iter().map(AuditRecordView::from).collect(),
            audit_trail_complete: *audit_trail_complete,
            request: request.as_ref().map(ExportRequestView::from),
        }
    }
}

/// Something that happened to the account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OwnAuditRecord)]
struct AuditRecordView {
    id: Uuid,
    #[schema(format = DateTime)]
    occurred_at: String,
    /// Such as `password.changed`.
    action: String,
    #[schema(pattern = "^(done|refused)$")]
    outcome: &'static str,
    /// `client`, `admin`, `operator`, `itself`, or `service:` and its name.
    actor: String,
    #[schema(required = true)]
    network: Option<String>,
    #[schema(required = true)]
    detail: Option<String>,
}

impl From<&AuditRecord> for AuditRecordView {
    fn from(record: &AuditRecord) -> Self {
        // Users do not learn which administrator acted, or from where.
        let (actor, own_network) = match &record.actor {
            Actor::Admin(_) => ("admin".to_owned(), None),
            actor => (actor.to_string(), record.network.as_ref()),
        };
        Self {
            id: record.id.as_uuid(),
            occurred_at: rfc3339(record.occurred_at),
            action: record.action.clone(),
            outcome: record.outcome.as_str(),
            actor,
            network: own_network.map(|network| network.as_str().to_owned()),
            detail: record.detail.clone(),
        }
    }
}
