//! `POST /auth/token/exchange`: token exchange (RFC 8693).

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::error_code::{Details, ErrorCode, Refusal};
use auth_domain::internal::{Scope, TokensExchange};
use auth_domain::use_cases::UseCases;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::answer::{ApiError, success};
use crate::audit_context::{is_of_user, token_refused};
use crate::body::Body;
use crate::caller::Internal;
use crate::codes::SuccessCode;
use crate::endpoint::{Endpoint, Permission};
use crate::tag::Tag;

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ExchangeBody {
    /// The access token with which a user called the service.
    subject_token: String,
    /// The audience of the service to call: one of the caller's `AUTH_INTERNAL__<SERVICE>__TARGETS`.
    resource: String,
}

/// `data` of a token exchange (RFC 8693 section 2.2.1).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TokenExchangedData {
    /// For `resource`. Its `act` names the calling service; `sub`, `sid`, `amr` and `auth_time` are those of the subject token.
    access_token: String,
    /// That of an access token.
    issued_token_type: &'static str,
    token_type: &'static str,
    /// Seconds until it expires, no later than the subject token.
    expires_in: u64,
}

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::POST, "/auth/token/exchange", || web::to(exchange))
        .operation("exchangeToken", Tag::Services, "Exchange a user's token for one of another service (RFC 8693)")
        .description(
            "The service that calls must have the audience of the subject token \
             (`AUTH_INTERNAL__<SERVICE>__AUDIENCE`). The session must be alive.",
        )
        .permission(Permission::Internal(Scope::TokensExchange))
        .body::<ExchangeBody>()
        .example(json!({ "subjectToken": "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIs…", "resource": "https://mail.example.org" }))
        .answers::<TokenExchangedData>(SuccessCode::TokenExchanged)
        .errors(&[ErrorCode::InvalidTarget, ErrorCode::SubjectTokenInvalid])
}

/// *Permissions:* internal, `tokens:exchange`.
async fn exchange(
    use_cases: Data<UseCases>,
    Internal(caller): Internal<TokensExchange>,
    body: Body,
) -> Result<HttpResponse, ApiError> {
    let body: ExchangeBody = body.json(&[])?;
    let exchanged = use_cases.exchange_token.execute(&caller, &body.subject_token, &body.resource).await;
    let exchanged = exchanged.map_err(|error| {
        let refusal = Refusal::from(error);
        if let Details::Reason(reason) = refusal.details {
            token_refused("subject", reason);
        }
        refusal
    })?;
    is_of_user(exchanged.account_id);
    let (service, account_id) = (caller.service(), exchanged.account_id);
    tracing::info!(service, %account_id, target = %body.resource, "a token was exchanged");
    let data = TokenExchangedData {
        access_token: exchanged.issued.token.reveal().to_owned(),
        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
        token_type: "Bearer",
        expires_in: exchanged.issued.expires_in.as_secs(),
    };
    Ok(success(SuccessCode::TokenExchanged, data))
}
