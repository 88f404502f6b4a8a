//! `GET /auth/deletions/{deletion_id}`: which services have acknowledged a deletion.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::deletion::DeletionProgress;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{DeletionsRead, Scope};
use auth_domain::use_cases::UseCases;
use auth_domain::{DeletionId, Timestamp};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, success};
use crate::caller::Internal;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::path_uuid;
use crate::tag::Tag;
use crate::wire::rfc3339;

/// `data` of a deletion's progress.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DeletionProgressData {
    deletion_id: Uuid,
    user_id: Uuid,
    /// The service that asked for it; `owner` for the user themselves.
    requested_by: String,
    #[schema(format = DateTime)]
    deleted_at: String,
    /// Every service that is notified.
    services: Vec<ServiceView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceProgress)]
pub(super) struct ServiceView {
    service: String,
    /// Null until it has acknowledged.
    #[schema(required = true, format = DateTime)]
    acknowledged_at: Option<String>,
}

impl From<&(String, Option<Timestamp>)> for ServiceView {
    fn from((service, at): &(String, Option<Timestamp>)) -> Self {
        Self { service: service.clone(), acknowledged_at: at.map(rfc3339) }
    }
}

impl From<&DeletionProgress> for DeletionProgressData {
    fn from(progress: &DeletionProgress) -> Self {
        let DeletionProgress { deletion, services } = progress;
        Self {
            deletion_id: deletion.id.as_uuid(),
            user_id: deletion.account_id.as_uuid(),
            requested_by: deletion.requested_by.clone(),
            deleted_at: rfc3339(deletion.deleted_at),
            services: services.iter().map(ServiceView::from).collect(),
        }
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/deletions/{deletion_id}", || web::to(read_deletion))
        .operation("getDeletion", Tag::Services, "Get the progress of a deletion")
        .description("Which services have acknowledged it, and when.")
        .permission(Permission::Internal(Scope::DeletionsRead))
        .parameter(Parameter {
            name: "deletion_id",
            location: Location::Path,
            description: "The deletion.",
            schema: json!({ "type": "string", "format": "uuid" }),
        })
        .answers::<DeletionProgressData>(SuccessCode::DeletionFetched)
        .errors(&[ErrorCode::NotFound])
}

/// *Permissions:* internal, `deletions:read`.
async fn read_deletion(
    use_cases: Data<UseCases>,
    Internal(caller): Internal<DeletionsRead>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let id = DeletionId::from(path_uuid(&request, "deletion_id")?);
    let progress = use_cases.read_deletion.execute(&caller, id).await?.ok_or(ErrorCode::NotFound)?;
    Ok(success(SuccessCode::DeletionFetched, DeletionProgressData::from(&progress)))
}
