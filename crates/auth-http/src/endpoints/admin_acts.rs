//! What administrators do to one user: `/auth/admin/users/{user_id}/…`.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::AccountId;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{Scope, UsersWrite};
use auth_domain::use_cases::UseCases;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::admin_views::ManagedUserData;
use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Admin;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission, Unpermitted};
use crate::query::path_uuid;
use crate::tag::Tag;

use super::delete_user::user_id;

fn act(endpoint: Unpermitted, id: &'static str, summary: &'static str) -> Endpoint {
    endpoint
        .operation(id, Tag::Admin, summary)
        .permission(Permission::Admin(Scope::UsersWrite))
        .parameter(user_id())
        .errors(&[ErrorCode::UserNotFound])
}

fn account_id(request: &HttpRequest) -> Result<AccountId, ApiError> {
    Ok(AccountId::from(path_uuid(request, "user_id")?))
}

#[derive(Deserialize, ToSchema)]
struct RolesChangeBody {
    #[serde(default)]
    add: Vec<String>,
    #[serde(default)]
    remove: Vec<String>,
}

pub(super) fn change_roles() -> Endpoint {
    let endpoint = Endpoint::new(Method::PATCH, "/auth/admin/users/{user_id}/roles", || web::to(roles));
    act(endpoint, "changeUserRoles", "Add and remove roles")
        .body::<RolesChangeBody>()
        .answers::<ManagedUserData>(SuccessCode::UserUpdated)
        .errors(&[ErrorCode::LastAdmin])
}

/// *Permissions:* admin, `users:write`.
async fn roles(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let account_id = account_id(&request)?;
    let RolesChangeBody { add, remove } = body.json(&[])?;
    let account = use_cases.set_roles.by_admin(&caller, account_id, (&add, &remove), &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}

pub(super) fn suspend() -> Endpoint {
    let endpoint = Endpoint::new(Method::POST, "/auth/admin/users/{user_id}/suspend", || web::to(suspend_user));
    act(endpoint, "suspendUser", "Suspend a user and end all sessions")
        .answers::<ManagedUserData>(SuccessCode::UserUpdated)
        .errors(&[ErrorCode::LastAdmin])
}

/// *Permissions:* admin, `users:write`.
async fn suspend_user(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account = use_cases.suspend_account.suspend(&caller, account_id(&request)?, &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}

pub(super) fn resume() -> Endpoint {
    let endpoint = Endpoint::new(Method::POST, "/auth/admin/users/{user_id}/resume", || web::to(resume_user));
    act(endpoint, "resumeUser", "Resume a suspended user").answers::<ManagedUserData>(SuccessCode::UserUpdated)
}

/// *Permissions:* admin, `users:write`.
async fn resume_user(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account = use_cases.suspend_account.resume(&caller, account_id(&request)?, &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}

pub(super) fn restore() -> Endpoint {
    let endpoint = Endpoint::new(Method::POST, "/auth/admin/users/{user_id}/restore", || web::to(restore_user));
    act(endpoint, "restoreUser", "Keep a user who is to be deleted")
        .answers::<ManagedUserData>(SuccessCode::UserUpdated)
}

/// *Permissions:* admin, `users:write`.
async fn restore_user(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account = use_cases.restore_account.by_admin(&caller, account_id(&request)?, &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}

pub(super) fn end_sessions() -> Endpoint {
    let endpoint = Endpoint::new(Method::DELETE, "/auth/admin/users/{user_id}/sessions", || web::to(end_all));
    act(endpoint, "endUserSessions", "End all sessions of a user").answers_empty(SuccessCode::SessionsEnded)
}

/// *Permissions:* admin, `users:write`.
async fn end_all(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    use_cases.end_sessions.execute(&caller, account_id(&request)?, &client).await?;
    Ok(success(SuccessCode::SessionsEnded, json!({})))
}

pub(super) fn reset_second_factors() -> Endpoint {
    let endpoint = Endpoint::new(Method::DELETE, "/auth/admin/users/{user_id}/2fa", || web::to(reset_factors));
    act(endpoint, "resetUserTwoFactor", "Remove all second factors and recovery codes")
        .answers::<ManagedUserData>(SuccessCode::UserUpdated)
}

/// *Permissions:* admin, `users:write`.
async fn reset_factors(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account = use_cases.reset_second_factors.execute(&caller, account_id(&request)?, &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}

#[derive(Deserialize, ToSchema)]
struct UserEmailBody {
    email: String,
    /// Whether it is known to be the user's. Must be true if the current address is verified.
    #[serde(default)]
    verified: bool,
}

pub(super) fn set_email() -> Endpoint {
    let endpoint = Endpoint::new(Method::PUT, "/auth/admin/users/{user_id}/email", || web::to(correct_email));
    act(endpoint, "setUserEmail", "Set or verify the e-mail address")
        .body::<UserEmailBody>()
        .answers::<ManagedUserData>(SuccessCode::UserUpdated)
        .errors(&[ErrorCode::EmailExists])
}

/// *Permissions:* admin, `users:write`.
async fn correct_email(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let account_id = account_id(&request)?;
    let UserEmailBody { email, verified } = body.json(&[])?;
    let account = use_cases.correct_email.execute(&caller, account_id, (&email, verified), &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}

pub(super) fn require_password() -> Endpoint {
    let endpoint =
        Endpoint::new(Method::POST, "/auth/admin/users/{user_id}/require-password", || web::to(new_password));
    act(endpoint, "requireUserPassword", "Require a new password at the next login")
        .answers::<ManagedUserData>(SuccessCode::UserUpdated)
}

/// *Permissions:* admin, `users:write`.
async fn new_password(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account = use_cases.require_new_password.execute(&caller, account_id(&request)?, &client).await?;
    Ok(success(SuccessCode::UserUpdated, ManagedUserData::from(&account)))
}
