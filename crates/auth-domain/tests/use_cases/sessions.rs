//! `Sessions`.

use auth_domain::SessionId;
use auth_domain::account::Account;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::StoreError;
use auth_domain::session::{Revocation, RevocationReason};
use auth_domain::use_cases::{AuthenticateError, Authenticated, RevokeSessionError, Sessions};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, with_each_call_failing};

use crate::{MOMENT, code};

const ANN: &str = "ann@example.org";

/// Ann, and one of her sessions, which is calling.
struct Ann {
    service: TestService,
    account: Account,
    caller: Authenticated,
}

impl Ann {
    async fn new() -> Self {
        let service = TestService::new();
        let account = service.register(ANN).await;
        let caller = service.caller(&account).await;
        Self { service, account, caller }
    }

    async fn prepared() -> (TestService, Self) {
        let ann = Self::new().await;
        (ann.service.clone(), ann)
    }

    /// Another session of hers.
    async fn other(&self) -> SessionId {
        self.service.caller(&self.account).await.session().id
    }

    async fn listed(&self) -> Vec<SessionId> {
        let listed = self.service.use_cases.sessions.list(&self.caller).await.expect("the store");
        listed.into_iter().map(|session| session.id).collect()
    }

    async fn revoke(&self, id: SessionId) -> Result<(), RevokeSessionError> {
        self.service.use_cases.sessions.revoke(&self.caller, id).await
    }

    fn revocation(&self, id: SessionId) -> Option<Revocation> {
        self.service.store.session(id).expect("a session").revocation
    }

    /// Nobody's session ends, and nothing is written.
    async fn assert_not_found(&self, id: SessionId) {
        self.service.store.fail_after(1, StoreError::Failed);
        let error = self.revoke(id).await.expect_err("a refusal");
        assert_eq!(error, RevokeSessionError::NotFound);
        assert_eq!(code(error), ErrorCode::NotFound);
        assert!(self.service.store.forgive(), "a read is the only call");
    }
}

const fn logged_out(at: auth_domain::Timestamp) -> Option<Revocation> {
    Some(Revocation { at, reason: RevocationReason::LoggedOut })
}

#[tokio::test]
async fn the_callers_own_live_sessions_are_listed_the_newest_first() {
    let ann = Ann::new().await;
    let (ended, second) = (ann.other().await, ann.other().await);
    ann.revoke(ended).await.expect("an end");
    let bob = ann.service.register("bob@example.org").await;
    ann.service.caller(&bob).await;
    assert_eq!(ann.listed().await, [second, ann.caller.session().id]);
}

#[tokio::test]
async fn a_session_is_listed_until_it_expires() {
    let ann = Ann::new().await;
    ann.service.clock.advance(ann.service.policy.session_lifetimes.idle - MOMENT);
    assert_eq!(ann.listed().await, [ann.caller.session().id]);
    ann.service.clock.advance(MOMENT);
    assert_eq!(ann.listed().await, []);
}

#[tokio::test]
async fn no_more_than_the_newest_hundred_are_listed() {
    let ann = Ann::new().await;
    let mut newest = Vec::new();
    for _ in 0..Sessions::LISTED {
        newest.insert(0, ann.other().await);
    }
    assert_eq!(Sessions::LISTED, 100);
    assert_eq!(ann.listed().await, newest, "not the one that is calling");
}

#[tokio::test]
async fn a_session_that_is_ended_ends_alone() {
    let ann = Ann::new().await;
    let (other, third) = (ann.other().await, ann.other().await);
    assert_eq!(ann.revoke(other).await, Ok(()));
    assert_eq!(ann.revocation(other), logged_out(ann.service.now()));
    assert_eq!((ann.revocation(third), ann.revocation(ann.caller.session().id)), (None, None));
    let records = ann.service.store.audit_records();
    let ended = records.iter().find(|record| record.action == "session.ended").expect("a record");
    assert_eq!(ended.account_id, Some(ann.account.id));
    assert_eq!(ended.detail, Some(format!("logged_out {other}")));
}

#[tokio::test]
async fn the_session_that_is_calling_may_end_itself() {
    let service = TestService::new();
    service.register(ANN).await;
    let logged_in = service.log_in(ANN).await;
    let caller = service.authenticated(&logged_in).await;
    assert_eq!(service.use_cases.sessions.revoke(&caller, caller.session().id).await, Ok(()));
    let token = logged_in.tokens.access.reveal();
    assert_eq!(service.use_cases.authenticate.execute(token).await, Err(AuthenticateError::SessionGone));
}

#[tokio::test]
async fn what_is_not_a_live_session_of_the_caller_is_not_found() {
    let ann = Ann::new().await;
    let bob = ann.service.register("bob@example.org").await;
    let bobs = ann.service.caller(&bob).await.session().id;
    ann.assert_not_found(bobs).await;
    assert_eq!(ann.revocation(bobs), None);
    ann.assert_not_found(fixtures::session(&ann.account).id).await;

    let ended = ann.other().await;
    ann.revoke(ended).await.expect("an end");
    let first = ann.revocation(ended);
    ann.service.clock.advance(MOMENT);
    ann.assert_not_found(ended).await;
    assert_eq!(ann.revocation(ended), first, "it ended once");
}

#[tokio::test]
async fn a_session_can_be_ended_until_it_expires() {
    let ann = Ann::new().await;
    let (other, third) = (ann.other().await, ann.other().await);
    ann.service.clock.advance(ann.service.policy.session_lifetimes.idle - MOMENT);
    assert_eq!(ann.revoke(other).await, Ok(()));
    ann.service.clock.advance(MOMENT);
    ann.assert_not_found(third).await;
}

#[tokio::test]
async fn of_two_that_end_a_session_at_once_one_does() {
    let ann = Ann::new().await;
    let (other, caller) = (ann.other().await, ann.caller.clone());
    ann.service.before_next_commit(async move |service| {
        assert_eq!(service.use_cases.sessions.revoke(&caller, other).await, Ok(()));
    });
    assert_eq!(ann.revoke(other).await, Err(RevokeSessionError::NotFound));
    assert_eq!(ann.service.store.audit_actions().iter().filter(|action| *action == "session.ended").count(), 1);
}

#[tokio::test]
async fn a_session_whose_account_is_deleted_in_that_moment_is_not_found() {
    let ann = Ann::new().await;
    let (other, account) = (ann.other().await, ann.account.clone());
    ann.service.before_next_commit(async move |service| service.delete(&account));
    assert_eq!(ann.revoke(other).await, Err(RevokeSessionError::NotFound));
    assert_eq!(ann.service.store.sessions(), []);
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_no_session_ends() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        Ann::prepared,
        async |_, ann| ann.revoke(ann.caller.session().id).await,
        async |_, ann, answer| {
            let error = answer.expect_err("a failure");
            assert_eq!(error, RevokeSessionError::Store(StoreError::Unavailable));
            assert_eq!(code(error), ErrorCode::Unavailable);
            assert_eq!(ann.revocation(ann.caller.session().id), None);
        },
    );
    assert_eq!(tried.await, 2, "the session, the commit");
    let tried = with_each_call_failing(
        StoreError::Failed,
        Ann::prepared,
        async |service, ann| service.use_cases.sessions.list(&ann.caller).await,
        async |_, _, answer| assert_eq!(answer, Err(StoreError::Failed)),
    );
    assert_eq!(tried.await, 1);
}
