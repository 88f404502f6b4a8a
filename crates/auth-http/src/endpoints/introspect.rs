//! `POST /auth/introspect`: token introspection (RFC 7662).

use actix_web::HttpResponse;
use actix_web::http::{Method, StatusCode};
use actix_web::web::{self, Data};
use auth_domain::internal::{Scope, TokensIntrospect};
use auth_domain::use_cases::ActiveToken;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, no_store};
use crate::app::App;
use crate::body::Body;
use crate::caller::Internal;
use crate::endpoint::{Answer, Endpoint, NamedSchema, Permission};

#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the form")]
struct IntrospectBody {
    /// An access token or a refresh token.
    token: String,
}

/// RFC 7662 section 2.2. Only `active` when it is false.
#[derive(Default, Serialize, ToSchema)]
struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// As of now, not as of when the token was minted.
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/introspect", || web::to(introspect))
        .summary("internal", "Whether a token is good at this moment, and whose it is (RFC 7662). Form or JSON.")
        .permission(Permission::Internal(Scope::TokensIntrospect))
        .body::<IntrospectBody>()
        .body_types(&["application/x-www-form-urlencoded", "application/json"])
        .answers_plain(Answer::Plain {
            status: StatusCode::OK,
            media_type: "application/json",
            schema: Some(NamedSchema::of::<Introspection>()),
            description: "Bare JSON, without the envelope.",
        })
}

/// *Permissions:* internal, `tokens:introspect`.
async fn introspect(
    app: Data<App>,
    Internal(caller): Internal<TokensIntrospect>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let token = body.form_field("token")?;
    let found = app.introspect.execute(&caller, &token).await?;
    Ok(no_store(HttpResponse::Ok()).json(found.map_or_else(Introspection::default, |token| describe(&app, &token))))
}

fn describe(app: &App, token: &ActiveToken) -> Introspection {
    match token {
        ActiveToken::Access { claims, bearer } => {
            let account = bearer.account();
            Introspection {
                active: true,
                token_type: Some("access_token"),
                sub: Some(account.id.as_uuid()),
                sid: Some(claims.session_id.as_uuid()),
                username: Some(account.email.as_str().to_owned()),
                roles: Some(account.roles.iter().map(str::to_owned).collect()),
                iss: Some(app.issuer.clone()),
                aud: Some(app.audience.clone()),
                iat: Some(claims.issued_at.as_seconds()),
                exp: Some(claims.expires_at.as_seconds()),
            }
        }
        ActiveToken::Refresh(session) => Introspection {
            active: true,
            token_type: Some("refresh_token"),
            sub: Some(session.account_id.as_uuid()),
            sid: Some(session.id.as_uuid()),
            iss: Some(app.issuer.clone()),
            iat: Some(session.rotation.served_at.as_seconds()),
            exp: Some(session.refresh_expires_at().as_seconds()),
            ..Introspection::default()
        },
    }
}
