//! `POST /auth/introspect`: token introspection (RFC 7662).

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::audience::Audiences;
use auth_domain::error_code::{FieldError, FieldReason, Refusal};
use auth_domain::internal::{Scope, TokensIntrospect};
use auth_domain::use_cases::{ActiveToken, UseCases};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{ApiError, no_store};
use crate::body::Body;
use crate::caller::Internal;
use crate::edge::Edge;
use crate::endpoint::{Answer, Endpoint, NamedSchema, Permission};
use crate::query::single_field;
use crate::tag::Tag;

#[derive(Deserialize, ToSchema)]
struct IntrospectBody {
    /// An access token or a refresh token.
    token: String,
}

/// RFC 7662 section 2.2. Only `active` when it is false.
#[derive(Default, Serialize, ToSchema)]
struct Introspection {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sub: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sid: Option<Uuid>,
    /// An extension: `access` or `refresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    token_use: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    email: Option<String>,
    /// As of now, not as of when the token was minted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    roles: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    aud: Option<String>,
    /// The service that exchanged the token for this one (RFC 8693 section 4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    act: Option<Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exp: Option<i64>,
}

/// A service that exchanged a token, and the one that had exchanged it before.
#[derive(Serialize, ToSchema)]
struct Actor {
    /// Its name.
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, no_recursion)]
    act: Option<Box<Actor>>,
}

fn actor(names: &[String]) -> Option<Actor> {
    let (sub, before) = names.split_first()?;
    Some(Actor { sub: sub.clone(), act: actor(before).map(Box::new) })
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/introspect", || web::to(introspect))
        .operation("introspectToken", Tag::Services, "Check a token now (RFC 7662)")
        .description("Whether it is valid at this moment, and whose it is. Form or JSON.")
        .permission(Permission::Internal(Scope::TokensIntrospect))
        .body::<IntrospectBody>()
        .body_types(&["application/x-www-form-urlencoded", "application/json"])
        .answers_plain(Answer::Plain {
            media_type: "application/json",
            schema: NamedSchema::of::<Introspection>(),
            description: "Bare JSON, without the envelope.",
        })
}

/// *Permissions:* internal, `tokens:introspect`.
async fn introspect(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    Internal(caller): Internal<TokensIntrospect>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let token = token(body)?;
    let found = use_cases.introspect.execute(&caller, &token).await?;
    Ok(no_store(HttpResponse::Ok())
        .json(found.map_or_else(Introspection::default, |token| describe(&edge, &use_cases.audiences, &token))))
}

/// Returns the token of a form, as RFC 7662 section 2.1 requires, or of a JSON object.
fn token(body: Body) -> Result<String, ApiError> {
    match body.form()? {
        None => Ok(body.json::<IntrospectBody>(&[])?.token),
        Some(form) => {
            let required = || Refusal::invalid(vec![FieldError::new("/token", FieldReason::Required, "is required")]);
            Ok(single_field(form, "token")?.ok_or_else(required)?)
        }
    }
}

fn describe(edge: &Edge, audiences: &Audiences, token: &ActiveToken) -> Introspection {
    match token {
        ActiveToken::Access(bearer) => {
            let (account, claims) = (bearer.account(), bearer.claims());
            Introspection {
                active: true,
                token_type: Some("Bearer"),
                token_use: Some("access"),
                sub: Some(account.id.as_uuid()),
                sid: Some(claims.session_id.as_uuid()),
                username: account.username.as_ref().map(|name| name.as_str().to_owned()),
                email: Some(account.email.as_str().to_owned()),
                roles: Some(account.roles.iter().map(str::to_owned).collect()),
                iss: Some(edge.issuer.clone()),
                aud: Some(audiences.text(&claims.audience).to_owned()),
                act: actor(claims.actors.names()),
                iat: Some(claims.issued_at.as_seconds()),
                exp: Some(claims.expires_at.as_seconds()),
            }
        }
        ActiveToken::Refresh(session) => Introspection {
            active: true,
            token_use: Some("refresh"),
            sub: Some(session.account_id.as_uuid()),
            sid: Some(session.id.as_uuid()),
            iss: Some(edge.issuer.clone()),
            iat: Some(session.rotation.served_at.as_seconds()),
            exp: Some(session.refresh_expires_at().as_seconds()),
            ..Introspection::default()
        },
    }
}
