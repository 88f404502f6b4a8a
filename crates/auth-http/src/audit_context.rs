//! Which request is being answered, for the audit trail: told here once, read when something is committed.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use auth_domain::audit::{Actor, AuditContext};
use auth_domain::ports::AuditContextSource;
use auth_domain::session::Network;

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

struct Request {
    id: String,
    address: IpAddr,
    service: OnceLock<String>,
}

/// The request of the task that asks; the service itself where there is none.
#[derive(Clone, Copy, Debug)]
pub struct HttpAuditContext;

impl AuditContextSource for HttpAuditContext {
    fn current(&self) -> AuditContext {
        let of_request = REQUEST.try_with(|request| AuditContext {
            actor: request.service.get().map_or(Actor::Client, |name| Actor::Service(name.clone())),
            network: Some(Network::of(request.address)),
            request_id: Some(request.id.clone()),
        });
        of_request.unwrap_or(AuditContext { actor: Actor::Itself, network: None, request_id: None })
    }
}

/// Runs `answering` as that request.
pub(crate) async fn answer<T>(id: &str, address: IpAddr, answering: impl Future<Output = T>) -> T {
    let request = Request { id: id.to_owned(), address, service: OnceLock::new() };
    REQUEST.scope(Arc::new(request), answering).await
}

/// The request proved to come from that service.
pub(crate) fn is_service(name: &str) {
    // Said twice, it is the same name: a request has one token. Outside of a request nobody asks.
    let _ = REQUEST.try_with(|request| request.service.set(name.to_owned()));
}
