//! `DELETE /auth/delete` and `DELETE /auth/{user_id}`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::AccountId;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{CredentialsDelete, Scope};
use auth_domain::use_cases::{DeleteAccountError, Deleted, UseCases};
use serde_json::json;

use crate::answer::{ApiError, success};
use crate::caller::{FreshBearer, Internal};
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::path_uuid;
use crate::tag::Tag;
use crate::wire::{DeletionData, DeletionScheduledData, rfc3339};

use super::logout::end_of_session;

/// The user that a path names.
pub(super) fn user_id() -> Parameter {
    Parameter {
        name: "user_id",
        location: Location::Path,
        description: "The user: the `sub` of their access tokens.",
        schema: json!({ "type": "string", "format": "uuid" }),
    }
}

pub(super) fn own() -> Endpoint {
    Endpoint::new(Method::DELETE, "/auth/delete", || web::to(delete_own))
        .operation("deleteMe", Tag::Account, "Delete the account")
        .description(
            "All sessions end at once. For good, unless `AUTH_DELETION_GRACE` is set: then the account can be restored until it \
             has passed.",
        )
        .permission(Permission::FreshLogin)
        .answers::<DeletionData>(SuccessCode::UserDataDeleted)
        .answers::<DeletionScheduledData>(SuccessCode::UserDeletionScheduled)
        .one_of("DeletionResult")
        .errors(&[ErrorCode::LastAdmin])
}

/// *Permissions:* an access token of a fresh login.
async fn delete_own(
    use_cases: Data<UseCases>,
    FreshBearer(caller): FreshBearer,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    match use_cases.delete_account.by_owner(&caller, &client).await {
        // Someone else deleted it in this instant.
        Err(DeleteAccountError::NotFound) => Err(ErrorCode::Unauthorized.into()),
        deleted => {
            let response = answer(&deleted?);
            Ok(end_of_session(&use_cases, &request, caller.caller().session().id, response))
        }
    }
}

/// Builds the answer to a deletion that may be undone.
pub(super) fn answer(deleted: &Deleted) -> HttpResponse {
    let deletion_id = deleted.id().as_uuid();
    match deleted {
        Deleted::Finally(_) => success(SuccessCode::UserDataDeleted, DeletionData { deletion_id }),
        Deleted::Scheduled(deletion) => {
            let data = DeletionScheduledData { deletion_id, restorable_until: rfc3339(deletion.due) };
            success(SuccessCode::UserDeletionScheduled, data)
        }
    }
}

pub(super) fn by_service() -> Endpoint {
    Endpoint::new(Method::DELETE, "/auth/{user_id}", || web::to(delete_user))
        .operation("deleteUser", Tag::Services, "Delete a user")
        .description(
            "For good, at once, whatever `AUTH_DELETION_GRACE` is: the account with all credentials and sessions.",
        )
        .permission(Permission::Internal(Scope::CredentialsDelete))
        .parameter(user_id())
        .answers::<DeletionData>(SuccessCode::UserDataDeleted)
        .errors(&[ErrorCode::UserNotFound, ErrorCode::LastAdmin])
}

/// *Permissions:* internal, `credentials:delete`.
async fn delete_user(
    use_cases: Data<UseCases>,
    Internal(caller): Internal<CredentialsDelete>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account_id = AccountId::from(path_uuid(&request, "user_id")?);
    let deletion_id = use_cases.delete_account.by_service(&caller, account_id, &client).await?.as_uuid();
    Ok(success(SuccessCode::UserDataDeleted, DeletionData { deletion_id }))
}
