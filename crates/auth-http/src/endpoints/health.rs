//! `GET /health/live` and `GET /health/ready`, for orchestrators and load balancers; `GET /health/client`, for whoever
//! sets up a proxy.

use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use auth_domain::error_code::{ErrorCode, Refusal};
use auth_domain::session::Network;
use auth_domain::use_cases::UseCases;
use serde::Serialize;
use supervisor::Report;
use utoipa::ToSchema;

use crate::answer::{ApiError, no_store};
use crate::client::{client_address, untrusted_proxy};
use crate::edge::Edge;
use crate::endpoint::{Answer, Endpoint, NamedSchema, Permission};
use crate::network_limits::Cost;
use crate::tag::Tag;

use super::metrics::is_of_this_machine;

/// How soon to ask again: another node answers at once; this one is about to stop.
const RETRY: Duration = Duration::from_secs(1);

#[derive(Serialize, ToSchema)]
struct Health {
    status: &'static str,
}

/// It is ready; and how what works in the background is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    status: &'static str,
    /// Whether a background worker of this node fails, for example the one for mail. Requests are still answered.
    workers_failing: bool,
    /// What works in the background, by name: listed only to callers on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<Vec<WorkerHealth>>,
}

/// How one of them is.
#[derive(Serialize, ToSchema)]
struct WorkerHealth {
    name: String,
    /// How often it panicked or failed since the start, and was started again.
    failures: u64,
    /// Whether it waits to be started again, or failed within the last minute.
    failing: bool,
}

/// How the caller looks from here.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SeenClient {
    /// The network that limits count for: a /24 or a /64.
    network: String,
    /// Whether a trusted proxy named it.
    told_by_proxy: bool,
    /// Whether a peer on a private network forwarded the request, and no proxy is trusted: all clients behind it then look
    /// the same.
    proxy_untrusted: bool,
}

fn ok() -> HttpResponse {
    no_store(HttpResponse::Ok()).json(Health { status: "ok" })
}

fn answer() -> Answer {
    Answer::Plain { media_type: "application/json", schema: NamedSchema::of::<Health>(), description: "It does." }
}

pub(super) fn live() -> Endpoint {
    Endpoint::new(Method::GET, "/health/live", || web::to(|| async { ok() }))
        .operation("getLiveness", Tag::Health, "Check that the process runs")
        .description("If it does not answer, restart it.")
        .permission(Permission::Anyone(Cost::Nothing))
        .answers_plain(answer())
}

pub(super) fn ready() -> Endpoint {
    Endpoint::new(Method::GET, "/health/ready", || web::to(readiness))
        .operation("getReadiness", Tag::Health, "Check that requests can be answered")
        .description(
            "The database can be read and written, and the node is not about to stop. Otherwise send it no requests.",
        )
        .permission(Permission::Anyone(Cost::Nothing))
        .answers_plain(Answer::Plain {
            media_type: "application/json",
            schema: NamedSchema::of::<Readiness>(),
            description: "They can.",
        })
        .errors(&[ErrorCode::Unavailable])
}

pub(super) fn client() -> Endpoint {
    Endpoint::new(Method::GET, "/health/client", || web::to(seen_client))
        .operation("getClientNetwork", Tag::Health, "See from which network you come")
        .description("Shows whether a proxy in front is set up right.")
        .permission(Permission::Anyone(Cost::Nothing))
        .answers_plain(Answer::Plain {
            media_type: "application/json",
            schema: NamedSchema::of::<SeenClient>(),
            description: "How the caller looks from here.",
        })
}

/// *Permissions:* anyone.
async fn seen_client(request: HttpRequest) -> HttpResponse {
    let address = client_address(&request);
    let peer = request.peer_addr().map(|peer| peer.ip());
    let network = Network::of(address).as_str().to_owned();
    let proxy_untrusted = untrusted_proxy(&request).is_some();
    no_store(HttpResponse::Ok()).json(SeenClient { network, told_by_proxy: peer != Some(address), proxy_untrusted })
}

/// *Permissions:* anyone.
async fn readiness(
    use_cases: Data<UseCases>,
    edge: Data<Edge>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    if edge.draining.has_begun() {
        return Err(Refusal::retry_after(ErrorCode::Unavailable, RETRY).into());
    }
    use_cases.check_readiness.execute().await?;
    let health = |Report { name, failures, failing }| WorkerHealth { name, failures, failing };
    let reports = edge.workers.reports();
    let workers_failing = reports.iter().any(|report| report.failing);
    let workers = is_of_this_machine(&request).then(|| reports.into_iter().map(health).collect());
    Ok(no_store(HttpResponse::Ok()).json(Readiness { status: "ok", workers_failing, workers }))
}
