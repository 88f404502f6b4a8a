//! `GET /metrics`, for Prometheus.

use std::sync::atomic::Ordering;

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::ErrorCode;
use auth_domain::use_cases::UseCases;
use utoipa::ToSchema;

use crate::answer::{ApiError, no_store};
use crate::edge::Edge;
use crate::endpoint::{Answer, Endpoint, NamedSchema, Permission};
use crate::network_limits::Cost;
use crate::tag::Tag;

const MEDIA_TYPE: &str = "text/plain; version=0.0.4";

/// Lines of `name{label="value"} number`.
#[derive(ToSchema)]
#[schema(as = MetricsText)]
#[expect(dead_code, reason = "describes the answer")]
struct MetricsText(String);

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new(Method::GET, "/metrics", || web::to(from_loopback))
        .operation("getMetrics", Tag::Health, "Get the metrics of this node")
        .description("For callers on the same machine only; with `AUTH_METRICS_LISTEN` at that address instead.")
        .permission(Permission::Anyone(Cost::Nothing))
        .answers_plain(Answer::Plain {
            media_type: "text/plain",
            schema: NamedSchema::of::<MetricsText>(),
            description: "The text format of Prometheus.",
        })
        .errors(&[ErrorCode::NotFound])
}

/// *Permissions:* anyone who connects from this machine, not through a proxy on it.
async fn from_loopback(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    if edge.metrics_elsewhere || !is_of_this_machine(&request) {
        return Err(ErrorCode::NotFound.into());
    }
    metrics(use_cases, edge).await
}

/// Whether the caller is on this machine, and asks by itself rather than through a proxy on it.
pub(super) fn is_of_this_machine(request: &HttpRequest) -> bool {
    let proxied =
        ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| request.headers().contains_key(*name));
    let loopback = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    loopback && !proxied
}

/// *Permissions:* anyone who reaches the address of `AUTH_METRICS_LISTEN`.
pub(crate) async fn metrics(use_cases: Data<UseCases>, edge: Data<Edge>) -> Result<HttpResponse, ApiError> {
    let load = use_cases.measure_load.execute().await;
    let log_lines_dropped = edge.log_lines_dropped.load(Ordering::Relaxed);
    match edge.metrics.text(&load, &edge.connections, log_lines_dropped, &edge.workers.reports()) {
        Ok(text) => Ok(no_store(HttpResponse::Ok()).content_type(MEDIA_TYPE).body(text)),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be encoded");
            Err(ErrorCode::InternalServerError.into())
        }
    }
}
