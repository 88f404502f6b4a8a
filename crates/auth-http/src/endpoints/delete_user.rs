//! `DELETE /auth/{user_id}`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::AccountId;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{CredentialsDelete, Scope};
use serde_json::json;

use crate::answer::{ApiError, success};
use crate::app::App;
use crate::caller::Internal;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::path_uuid;
use crate::wire::DeletionData;

/// The user that a path names.
pub(super) fn user_id() -> Parameter {
    Parameter {
        name: "user_id",
        location: Location::Path,
        description: "The user: the `sub` of their access tokens.",
        schema: json!({ "type": "string", "format": "uuid" }),
    }
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::DELETE, "/auth/{user_id}", || web::to(delete_user))
        .summary("internal", "Delete a user's credentials and sessions. Final, at once.")
        .permission(Permission::Internal(Scope::CredentialsDelete))
        .parameter(user_id())
        .answers::<DeletionData>(SuccessCode::UserDataDeleted)
        .errors(&[ErrorCode::UserNotFound])
}

/// *Permissions:* internal, `credentials:delete`.
async fn delete_user(
    app: Data<App>,
    Internal(caller): Internal<CredentialsDelete>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account_id = AccountId::from(path_uuid(&request, "user_id")?);
    let deletion_id = app.delete_account.execute(&caller, account_id).await?.as_uuid();
    Ok(success(SuccessCode::UserDataDeleted, DeletionData { deletion_id }))
}
