//! `GET /health/live` and `GET /health/ready`, for orchestrators and load balancers.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::web::{self, Data};
use auth_domain::error_code::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{ApiError, no_store};
use crate::app::App;
use crate::endpoint::{Answer, Endpoint, NamedSchema};

#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

fn ok() -> HttpResponse {
    no_store(HttpResponse::Ok()).json(Health { status: "ok" })
}

fn answer() -> Answer {
    Answer::Plain { media_type: "application/json", schema: NamedSchema::of::<Health>(), description: "It does." }
}

pub(super) fn live() -> Endpoint {
    Endpoint::new(Method::GET, "/health/live", || web::to(|| async { ok() }))
        .summary("health", "Whether the process runs. If not: restart it.")
        .answers_plain(answer())
}

pub(super) fn ready() -> Endpoint {
    Endpoint::new(Method::GET, "/health/ready", || web::to(readiness))
        .summary("health", "Whether requests can be answered: the database answers. If not: send none.")
        .answers_plain(answer())
        .errors(&[ErrorCode::Unavailable])
}

/// *Permissions:* anyone.
async fn readiness(app: Data<App>) -> Result<HttpResponse, ApiError> {
    app.store.ping().await?;
    Ok(ok())
}
