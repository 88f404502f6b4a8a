//! Tells the audit trail which request is being answered: recorded here once, read at each commit.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use auth_domain::AccountId;
use auth_domain::audit::{Actor, AuditContext, RequestId};
use auth_domain::ports::AuditContextSource;
use auth_domain::session::Network;

tokio::task_local! {
    static REQUEST: Arc<Request>;
}

/// A request that is being answered.
pub(crate) struct Request {
    id: RequestId,
    address: IpAddr,
    service: OnceLock<String>,
    admin: OnceLock<AccountId>,
    user: OnceLock<AccountId>,
    refused_token: OnceLock<RefusedToken>,
}

/// A token that was refused: of which kind, and why. Its bearer is not told all of it.
#[derive(Clone, Copy)]
pub(crate) struct RefusedToken {
    pub(crate) kind: &'static str,
    pub(crate) reason: &'static str,
}

/// The request of the current task; the service itself if there is none.
#[derive(Clone, Copy, Debug)]
pub struct HttpAuditContext;

impl AuditContextSource for HttpAuditContext {
    fn current(&self) -> AuditContext {
        let of_request = REQUEST.try_with(|request| AuditContext {
            actor: request.actor(),
            network: Some(Network::of(request.address)),
            request_id: Some(request.id.clone()),
        });
        of_request.unwrap_or(AuditContext { actor: Actor::Itself, network: None, request_id: None })
    }
}

impl Request {
    pub(crate) fn new(id: RequestId, address: IpAddr) -> Arc<Self> {
        let (service, admin) = (OnceLock::new(), OnceLock::new());
        let (user, refused_token) = (OnceLock::new(), OnceLock::new());
        Arc::new(Self { id, address, service, admin, user, refused_token })
    }

    fn actor(&self) -> Actor {
        match (self.service.get(), self.admin.get()) {
            (Some(name), _) => Actor::Service(name.clone()),
            (None, Some(id)) => Actor::Admin(*id),
            (None, None) => Actor::Client,
        }
    }

    /// Runs `answering` as this request.
    pub(crate) async fn answer<T>(self: Arc<Self>, answering: impl Future<Output = T>) -> T {
        REQUEST.scope(self, answering).await
    }

    /// Returns the network that it came from.
    pub(crate) fn network(&self) -> Network {
        Network::of(self.address)
    }

    /// Returns the service that it proved to come from.
    pub(crate) fn service(&self) -> Option<&str> {
        self.service.get().map(String::as_str)
    }

    /// Returns the user whom a token of it named.
    pub(crate) fn user(&self) -> Option<AccountId> {
        self.user.get().copied()
    }

    /// Returns the token of it that was refused.
    pub(crate) fn refused_token(&self) -> Option<RefusedToken> {
        self.refused_token.get().copied()
    }
}

/// Records that the request was proved to come from this service.
pub(crate) fn is_service(name: &str) {
    // Recorded twice, it is the same name: a request has one token. Outside of a request there is nothing to record.
    let _ = REQUEST.try_with(|request| request.service.set(name.to_owned()));
}

/// Records that the request was proved to come from this user, who administers the service.
pub(crate) fn is_admin(id: AccountId) {
    let _ = REQUEST.try_with(|request| request.admin.set(id));
}

/// The request has a token of that user.
pub(crate) fn is_of_user(id: AccountId) {
    let _ = REQUEST.try_with(|request| request.user.set(id));
}

/// A token of the request was refused.
pub(crate) fn token_refused(kind: &'static str, reason: &'static str) {
    let _ = REQUEST.try_with(|request| request.refused_token.set(RefusedToken { kind, reason }));
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_and_read_body, init_service};
    use actix_web::{App, web};

    use super::*;
    use crate::middleware;

    #[tokio::test]
    async fn an_act_is_that_of_whoever_proved_to_have_asked_for_it() {
        let id = AccountId::from(uuid::Uuid::from_u128(7));
        let told = async |proved: fn(AccountId)| {
            let request = Request::new(RequestId::Own("1".to_owned()), [127, 0, 0, 1].into());
            let asking = async {
                proved(id);
                HttpAuditContext.current().actor
            };
            request.answer(asking).await
        };
        assert_eq!(told(|_| {}).await, Actor::Client);
        assert_eq!(told(is_admin).await, Actor::Admin(id));
        assert_eq!(told(|_| is_service("users")).await, Actor::Service("users".to_owned()));
        assert_eq!(HttpAuditContext.current().actor, Actor::Itself);
        assert_eq!(Actor::parse(&Actor::Admin(id).to_string()), Some(Actor::Admin(id)));
    }

    #[tokio::test]
    async fn an_id_that_the_caller_made_up_is_told_from_our_own() {
        let told = || async { HttpAuditContext.current().request_id.map_or_else(String::new, |id| id.to_string()) };
        let app = App::new().route("/", web::get().to(told)).wrap(from_fn(middleware::exchange));
        let app = init_service(app).await;
        let noted = async |header: Option<&str>| {
            let request = TestRequest::get().uri("/").peer_addr(([127, 0, 0, 1], 1).into());
            let request = header.iter().fold(request, |request, id| request.insert_header(("X-Request-Id", *id)));
            String::from_utf8(call_and_read_body(&app, request.to_request()).await.to_vec()).unwrap()
        };
        assert_eq!(noted(Some("0123456789abcdef")).await, "caller:0123456789abcdef");
        let own = noted(None).await;
        assert!(!own.contains(':') && own.len() == 32, "{own}");
        for malformed in ["caller:0a", "a b", ""] {
            assert_eq!(noted(Some(malformed)).await.len(), 32, "{malformed:?}");
        }
    }
}
