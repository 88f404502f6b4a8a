//! `PUT /auth/{user_id}/roles`

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::AccountId;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{RolesWrite, Scope};
use auth_domain::use_cases::UseCases;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Internal;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::query::path_uuid;
use crate::tag::Tag;
use crate::wire::UserData;

use super::delete_user::user_id;

#[derive(Deserialize, ToSchema)]
struct RolesBody {
    /// At most 32, each 1–64 of `a-z`, `0-9`, `_`, `:`, `.`, `-`, beginning with a letter.
    roles: Vec<String>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::PUT, "/auth/{user_id}/roles", || web::to(set_roles))
        .operation("setUserRoles", Tag::Services, "Replace the roles of a user")
        .description("Access tokens issued before carry the previous roles until they expire.")
        .permission(Permission::Internal(Scope::RolesWrite))
        .parameter(user_id())
        .body::<RolesBody>()
        .example(json!({ "roles": ["user", "admin"] }))
        .answers::<UserData>(SuccessCode::RolesUpdated)
        .errors(&[ErrorCode::UserNotFound, ErrorCode::LastAdmin])
}

/// *Permissions:* internal, `roles:write`.
async fn set_roles(
    use_cases: Data<UseCases>,
    Internal(caller): Internal<RolesWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let account_id = AccountId::from(path_uuid(&request, "user_id")?);
    let body: RolesBody = body.json(&[])?;
    let account = use_cases.set_roles.by_service(&caller, account_id, &body.roles, &client).await?;
    Ok(success(SuccessCode::RolesUpdated, UserData { user: (&account).into() }))
}
