//! `POST` and `GET /auth/admin/invitations`, `DELETE /auth/admin/invitations/{invitation_id}`: who may register although
//! registration is not open.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::InvitationId;
use auth_domain::error_code::ErrorCode;
use auth_domain::internal::{Scope, UsersWrite};
use auth_domain::invitation::Invitation;
use auth_domain::use_cases::{InvitationRequest, ManageInvitations, UseCases};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, success};
use crate::body::Body;
use crate::caller::Admin;
use crate::client::RequestClient;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Location, Parameter, Permission};
use crate::query::{parse_uuid, path_uuid, query_limit, query_parameter};
use crate::tag::Tag;
use crate::wire::rfc3339;

const DEFAULT_LIMIT: u32 = 100;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InvitationBody {
    /// The only address that may use it. It is mailed there; that mail also proves the address.
    email: Option<String>,
    /// What accounts get besides `user`.
    roles: Option<Vec<String>>,
    /// How many accounts it allows: 1 unless said.
    #[schema(minimum = 1, maximum = 100_000)]
    uses: Option<u32>,
    /// Seconds until it expires: a week unless said, at most a year.
    #[schema(minimum = 60, maximum = 31_536_000)]
    expires_in: Option<u64>,
    /// The language of the mail (BCP 47).
    locale: Option<String>,
}

impl From<InvitationBody> for InvitationRequest {
    fn from(body: InvitationBody) -> Self {
        Self {
            email: body.email,
            roles: body.roles.unwrap_or_default(),
            uses: body.uses,
            lifetime: body.expires_in.map(Duration::from_secs),
            locale: body.locale,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Invitation)]
struct InvitationView {
    id: Uuid,
    /// Null: anyone may use it.
    #[schema(required = true)]
    email: Option<String>,
    roles: Vec<String>,
    uses: u32,
    uses_left: u32,
    #[schema(format = DateTime)]
    expires_at: String,
    #[schema(format = DateTime)]
    created_at: String,
    /// A service, `admin:` and the id of a user, or `auth-server`.
    created_by: String,
}

impl From<&Invitation> for InvitationView {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id.as_uuid(),
            email: invitation.email.as_ref().map(|email| email.as_str().to_owned()),
            roles: invitation.roles.iter().map(str::to_owned).collect(),
            uses: invitation.uses,
            uses_left: invitation.uses_left,
            expires_at: rfc3339(invitation.expires_at),
            created_at: rfc3339(invitation.created_at),
            created_by: invitation.created_by.clone(),
        }
    }
}

/// `data` with a new invitation.
#[derive(Serialize, ToSchema)]
struct InvitedData {
    invitation: InvitationView,
    /// What the invited person sends as `invitation`. It is shown only here.
    #[schema(example = "inv1.AZrM…")]
    token: String,
}

/// `data` with invitations.
#[derive(Serialize, ToSchema)]
struct InvitationsData {
    invitations: Vec<InvitationView>,
    /// What to pass as `after` for those that come next; null when there are none.
    #[schema(required = true)]
    next: Option<Uuid>,
}

pub(super) fn create() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/admin/invitations", || web::to(create_invitation))
        .operation("createInvitation", Tag::Admin, "Invite someone to register")
        .permission(Permission::Admin(Scope::UsersWrite))
        .body::<InvitationBody>()
        .example(json!({ "email": "ann@example.org", "roles": ["editor"], "expiresIn": 604_800 }))
        .answers::<InvitedData>(SuccessCode::InvitationCreated)
        .errors(&[ErrorCode::RegistrationClosed, ErrorCode::DomainNotAllowed, ErrorCode::RateLimited])
}

/// *Permissions:* admin, `users:write`.
async fn create_invitation(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    RequestClient(client): RequestClient,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: InvitationBody = body.json(&[])?;
    let invited = use_cases.manage_invitations.create(&caller, &body.into(), &client).await?;
    let data = InvitedData { invitation: (&invited.invitation).into(), token: invited.token.reveal().to_owned() };
    Ok(success(SuccessCode::InvitationCreated, data))
}

pub(super) fn list() -> Endpoint {
    Endpoint::new(Method::GET, "/auth/admin/invitations", || web::to(list_invitations))
        .operation("listInvitations", Tag::Admin, "List invitations")
        .permission(Permission::Admin(Scope::UsersWrite))
        .parameter(Parameter {
            name: "after",
            location: Location::Query,
            description: "Only those after this one.",
            schema: json!({ "type": "string", "format": "uuid" }),
        })
        .parameter(Parameter {
            name: "limit",
            location: Location::Query,
            description: "At most so many; 100 unless said.",
            schema: json!({ "type": "integer", "minimum": 1, "maximum": ManageInvitations::MAX_LIMIT }),
        })
        .answers::<InvitationsData>(SuccessCode::InvitationsFetched)
}

/// *Permissions:* admin, `users:write`.
async fn list_invitations(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let after = query_parameter(&request, "after")?.map(|text| parse_uuid("after", &text)).transpose()?;
    let limit = query_limit(&request, ManageInvitations::MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    let page = use_cases.manage_invitations.list(&caller, after.map(InvitationId::from), limit).await?;
    let next = page.invitations.last().filter(|_| page.more).map(|invitation| invitation.id.as_uuid());
    let invitations = page.invitations.iter().map(InvitationView::from).collect();
    Ok(success(SuccessCode::InvitationsFetched, InvitationsData { invitations, next }))
}

pub(super) fn withdraw() -> Endpoint {
    Endpoint::new(Method::DELETE, "/auth/admin/invitations/{invitation_id}", || web::to(withdraw_invitation))
        .operation("withdrawInvitation", Tag::Admin, "Withdraw an invitation")
        .permission(Permission::Admin(Scope::UsersWrite))
        .parameter(Parameter {
            name: "invitation_id",
            location: Location::Path,
            description: "The invitation.",
            schema: json!({ "type": "string", "format": "uuid" }),
        })
        .answers_empty(SuccessCode::InvitationWithdrawn)
        .errors(&[ErrorCode::NotFound])
}

/// *Permissions:* admin, `users:write`.
async fn withdraw_invitation(
    use_cases: Data<UseCases>,
    Admin(caller): Admin<UsersWrite>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let invitation_id = path_uuid(&request, "invitation_id")?;
    if !use_cases.manage_invitations.withdraw(&caller, InvitationId::from(invitation_id)).await? {
        return Err(ErrorCode::NotFound.into());
    }
    Ok(success(SuccessCode::InvitationWithdrawn, json!({})))
}
