//! `/auth/admin/users`: looking users up, creating and deleting them.

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::AccountId;
use auth_domain::account::{AccountFilter, LoginName, Password, Role, SearchText};
use auth_domain::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use auth_domain::identity::ProviderName;
use auth_domain::internal::{Scope, UsersRead, UsersWrite};
use auth_domain::use_cases::{AccountQuery, CreateAccountRequest, SearchAccounts, UseCases};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::admin_views::{ManagedUserData, ManagedUserView, ManagedUsersData, UserDetailsData};
use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Admin;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::{parse_uuid, path_uuid, query_limit, query_parameter};
use crate::tag::Tag;
use crate::wire::{DeletionData, DeletionScheduledData};

use super::delete_user::{answer, user_id};

const USERS: &str = "/auth/admin/users";
pub(super) const USER: &str = "/auth/admin/users/{user_id}";
const DEFAULT_LIMIT: u32 = 50;

pub(super) fn query(name: &'static str, description: &'static str, schema: Value) -> Parameter {
    Parameter { name, location: Location::Query, description, schema }
}

pub(super) fn list() -> Endpoint {
    let text = || json!({ "type": "string" });
    Endpoint::new(Method::GET, USERS, || web::to(list_users))
        .operation("searchUsers", Tag::Admin, "Search users")
        .permission(Permission::Admin(Scope::UsersRead))
        .parameter(query("search", "A part of the e-mail address or username, or the id.", text()))
        .parameter(query("email", "Exactly this e-mail address.", text()))
        .parameter(query("username", "Exactly this username.", text()))
        .parameter(query("role", "With this role.", text()))
        .parameter(query("provider", "With an identity of this provider.", text()))
        .parameter(query(
            "state",
            "In this state.",
            json!({ "type": "string", "enum": ["active", "suspended", "deletion_scheduled"] }),
        ))
        .parameter(query("after", "The `next` of the page before.", json!({ "type": "string", "format": "uuid" })))
        .parameter(query("limit", "At most so many; 50 unless said.", limit_of(SearchAccounts::MAX_PAGE)))
        .answers::<ManagedUsersData>(SuccessCode::UsersFetched)
}

pub(super) fn limit_of(most: u32) -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": most })
}

/// *Permissions:* admin, `users:read`.
async fn list_users(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersRead>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let (query, filter) = what_to_search(&request)?;
    let limit = query_limit(&request, SearchAccounts::MAX_PAGE)?.unwrap_or(DEFAULT_LIMIT);
    let page = use_cases.search_accounts.search(&caller, &query, &filter, limit).await?;
    let next = page.accounts.last().filter(|_| page.more).map(|account| account.id.as_uuid());
    let users = page.accounts.iter().map(ManagedUserView::from).collect();
    Ok(success(SuccessCode::UsersFetched, ManagedUsersData { users, next }))
}

fn malformed(name: &str, message: &str) -> Refusal {
    Refusal::invalid(vec![FieldError::new(&format!("/{name}"), FieldReason::Format, message)])
}

fn what_to_search(request: &HttpRequest) -> Result<(AccountQuery, AccountFilter), Refusal> {
    let text = |name| query_parameter(request, name);
    let after = text("after")?.map(|text| parse_uuid("after", &text)).transpose()?.map(AccountId::from);
    let mut query = AccountQuery::After(after);
    let mut filter = AccountFilter {
        text: None,
        role: text("role")?
            .map(|role| Role::parse(&role).ok_or_else(|| malformed("role", "must be a role")))
            .transpose()?,
        provider: text("provider")?
            .map(|name| ProviderName::parse(&name).ok_or_else(|| malformed("provider", "must be a provider's name")))
            .transpose()?,
        suspended: None,
        deletion_scheduled: None,
    };
    if let Some(state) = text("state")? {
        (filter.suspended, filter.deletion_scheduled) = state_of(&state)?;
    }
    if let Some(searched) = text("search")? {
        let parsed = SearchAccounts::parse(&searched);
        let message = format!("must be 1 to {} characters", SearchText::MAX);
        match parsed.ok_or_else(|| malformed("search", &message))? {
            (AccountQuery::After(_), searched) => filter.text = searched,
            (by_id, _) => query = by_id,
        }
    }
    for name in ["email", "username"] {
        if let Some(exact) = text(name)? {
            query = AccountQuery::Name(LoginName::parse(&exact));
        }
    }
    Ok((query, filter))
}

/// Returns whether users in that state are suspended, and whether they are to be deleted.
fn state_of(state: &str) -> Result<(Option<bool>, Option<bool>), Refusal> {
    match state {
        "active" => Ok((Some(false), Some(false))),
        "suspended" => Ok((Some(true), Some(false))),
        "deletion_scheduled" => Ok((None, Some(true))),
        _ => {
            let message = "must be active, suspended or deletion_scheduled";
            Err(Refusal::invalid(vec![FieldError::new("/state", FieldReason::Range, message)]))
        }
    }
}

pub(super) fn show() -> Endpoint {
    Endpoint::new(Method::GET, USER, || web::to(show_user))
        .operation("getUser", Tag::Admin, "Get a user")
        .permission(Permission::Admin(Scope::UsersRead))
        .parameter(user_id())
        .answers::<UserDetailsData>(SuccessCode::UserFetched)
        .named("UserDetailsFetched")
        .errors(&[ErrorCode::UserNotFound])
}

/// *Permissions:* admin, `users:read`.
async fn show_user(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersRead>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account_id = AccountId::from(path_uuid(&request, "user_id")?);
    let shown = use_cases.search_accounts.show(&caller, account_id).await?;
    Ok(success(SuccessCode::UserFetched, UserDetailsData::from(&shown)))
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewUserBody {
    username: Option<String>,
    email: String,
    /// Whether the address is known to be the user's.
    #[serde(default)]
    email_verified: bool,
    /// Without one, a mail says how to set it.
    password: Option<String>,
    /// `user` unless said.
    roles: Option<Vec<String>>,
    /// The language of mails (BCP 47).
    locale: Option<String>,
}

pub(super) fn create() -> Endpoint {
    Endpoint::new(Method::POST, USERS, || web::to(create_user))
        .operation("createUser", Tag::Admin, "Create a user")
        .permission(Permission::Admin(Scope::UsersWrite))
        .body::<NewUserBody>()
        .answers::<ManagedUserData>(SuccessCode::UserCreated)
        .errors(&[ErrorCode::PasswordPolicy, ErrorCode::UserExists, ErrorCode::Overloaded])
}

/// *Permissions:* admin, `users:write`.
async fn create_user(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let NewUserBody { username, email, email_verified, password, roles, locale } = body.json(&[])?;
    let password = password.map(|text| Password::new(&text));
    let request = CreateAccountRequest { username, email, email_verified, password, roles, locale, client };
    let account = use_cases.create_account.execute(&caller, request).await?;
    Ok(success(SuccessCode::UserCreated, ManagedUserData::from(&account)))
}

pub(super) fn delete() -> Endpoint {
    Endpoint::new(Method::DELETE, USER, || web::to(delete_user))
        .operation("deleteManagedUser", Tag::Admin, "Delete a user")
        .description(
            "With `AUTH_DELETION_GRACE`, the user can be restored until it has passed. A user who is to be deleted already is \
             deleted for good, at once.",
        )
        .permission(Permission::Admin(Scope::UsersWrite))
        .parameter(user_id())
        .answers::<DeletionData>(SuccessCode::UserDataDeleted)
        .answers::<DeletionScheduledData>(SuccessCode::UserDeletionScheduled)
        .one_of("ManagedDeletionResult")
        .errors(&[ErrorCode::UserNotFound, ErrorCode::LastAdmin])
}

/// *Permissions:* admin, `users:write`.
async fn delete_user(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let account_id = AccountId::from(path_uuid(&request, "user_id")?);
    Ok(answer(&use_cases.delete_account.by_admin(&caller, account_id, &client).await?))
}
