//! `Logout`.

use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::error_code::ErrorCode;
use auth_domain::ports::{Guard, StoreError};
use auth_domain::session::{Revocation, RevocationReason, Session};
use auth_domain::use_cases::{AuthenticateError, Authenticated, IssuedTokens, LoggedIn, LogoutError, RefreshError};
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::{MOMENT, code};

const ANN: &str = "ann@example.org";

/// Ann, logged in.
struct Ann {
    service: TestService,
    account: Account,
    caller: Authenticated,
    tokens: IssuedTokens,
}

impl Ann {
    async fn new() -> Self {
        let service = TestService::new();
        service.register(ANN).await;
        let logged_in = service.log_in(ANN).await;
        let caller = service.authenticated(&logged_in).await;
        let LoggedIn { account, tokens } = logged_in;
        Self { service, account, caller, tokens }
    }

    async fn prepared() -> (TestService, Self) {
        let ann = Self::new().await;
        (ann.service.clone(), ann)
    }

    async fn log_out(&self, refresh_token: &str) -> Result<(), LogoutError> {
        self.service.use_cases.logout.here(Some(&self.caller), refresh_token).await.map(drop)
    }

    async fn log_out_everywhere(&self) -> Result<(), LogoutError> {
        self.service.use_cases.logout.everywhere(&self.caller).await
    }

    fn session(&self) -> Session {
        self.service.store.session(self.caller.session().id).expect("a session")
    }

    fn logged_out_now(&self) -> Option<Revocation> {
        Some(Revocation { at: self.service.now(), reason: RevocationReason::LoggedOut })
    }

    /// How many sessions have not ended.
    fn live(&self) -> usize {
        self.service.store.sessions().iter().filter(|session| session.revocation.is_none()).count()
    }
}

#[tokio::test]
async fn logging_out_here_ends_this_session_alone() {
    let ann = Ann::new().await;
    ann.service.log_in(ANN).await;
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()));
    assert_eq!(ann.session().revocation, ann.logged_out_now());
    assert_eq!(ann.live(), 1);
    let records = ann.service.store.audit_records();
    let ended = records.iter().find(|record| record.action == "session.ended").expect("a record");
    assert_eq!(
        (ended.account_id, &ended.detail),
        (Some(ann.account.id), &Some(format!("logged_out {}", ann.session().id)))
    );
}

#[tokio::test]
async fn any_genuine_refresh_token_of_the_session_will_do() {
    let ann = Ann::new().await;
    let refreshed =
        ann.service.use_cases.refresh_session.execute(ann.tokens.refresh.reveal(), &Audience::Default, &client()).await;
    let second = refreshed.expect("tokens");
    ann.service
        .use_cases
        .refresh_session
        .execute(second.refresh.reveal(), &Audience::Default, &client())
        .await
        .expect("tokens");
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()), "however old");
    assert_eq!(ann.session().revocation, ann.logged_out_now());
    let reason = RevocationReason::LoggedOut;
    assert_eq!(ann.session().revocation.map(|revocation| revocation.reason), Some(reason), "not as a token reused");
}

#[tokio::test]
async fn a_token_that_is_not_of_this_session_ends_nothing() {
    let ann = Ann::new().await;
    let other = ann.service.log_in(ANN).await.tokens;
    ann.service.register("bob@example.org").await;
    let bobs = ann.service.log_in("bob@example.org").await.tokens;
    ann.service.store.fail_next(StoreError::Failed);
    for text in ["", "nonsense", ann.tokens.access.reveal(), other.refresh.reveal(), bobs.refresh.reveal()] {
        let error = ann.log_out(text).await.expect_err("a refusal");
        assert_eq!(error, LogoutError::ForeignToken);
        assert_eq!(code(error), ErrorCode::RefreshTokenInvalid);
    }
    assert!(ann.service.store.forgive(), "no call was made");
    assert_eq!(ann.live(), 3);
}

#[tokio::test]
async fn a_refresh_token_alone_ends_its_session() {
    let ann = Ann::new().await;
    let other = ann.service.log_in(ANN).await.tokens;
    let logout = &ann.service.use_cases.logout;
    for text in ["", "nonsense", ann.tokens.access.reveal()] {
        assert_eq!(logout.here(None, text).await, Err(LogoutError::ForeignToken), "{text}");
    }
    let session_id = ann.session().id;
    assert_eq!(logout.here(None, ann.tokens.refresh.reveal()).await, Ok(session_id));
    assert_eq!((ann.session().revocation, ann.live()), (ann.logged_out_now(), 1));
    let error = logout.here(None, ann.tokens.refresh.reveal()).await.expect_err("it has ended");
    assert_eq!((error, code(error)), (LogoutError::SessionGone, ErrorCode::Unauthorized));
    ann.service.delete(&ann.account);
    assert_eq!(logout.here(None, other.refresh.reveal()).await, Err(LogoutError::SessionGone));
}

#[tokio::test]
async fn a_token_names_its_session_whatever_became_of_that() {
    let ann = Ann::new().await;
    let logout = &ann.service.use_cases.logout;
    let session_id = Some(ann.session().id);
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()));
    ann.service.store.fail_next(StoreError::Failed);
    assert_eq!(logout.session_of(ann.tokens.access.reveal()), session_id);
    assert_eq!(logout.session_of(ann.tokens.refresh.reveal()), session_id);
    assert_eq!((logout.session_of(""), logout.session_of("nonsense")), (None, None));
    assert!(ann.service.store.forgive(), "no call was made");
}

#[tokio::test]
async fn logging_out_everywhere_ends_every_session_of_the_account_and_of_no_other() {
    let ann = Ann::new().await;
    let bob = ann.service.register("bob@example.org").await;
    let bobs = ann.service.caller(&bob).await.session().id;
    ann.service.log_in(ANN).await;
    assert_eq!(ann.log_out_everywhere().await, Ok(()));
    let ended: Vec<_> = ann.service.store.sessions_of(ann.account.id).iter().map(|one| one.revocation).collect();
    assert_eq!(ended, [ann.logged_out_now(); 2]);
    assert_eq!(ann.service.store.session(bobs).expect("a session").revocation, None);
    assert!(ann.service.store.audit_actions().contains(&"sessions.ended".to_owned()));
}

#[tokio::test]
async fn a_session_that_ended_before_keeps_its_end() {
    let ann = Ann::new().await;
    let elsewhere = ann.service.caller(&ann.account).await;
    ann.service.use_cases.sessions.revoke(&elsewhere, ann.session().id).await.expect("an end");
    let first = ann.session().revocation;
    ann.service.clock.advance(MOMENT);
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()), "what was asked for is so");
    assert_eq!(ann.log_out_everywhere().await, Ok(()));
    assert_eq!(ann.session().revocation, first);
}

#[tokio::test]
async fn of_two_logouts_at_once_both_have_what_they_asked_for() {
    let ann = Ann::new().await;
    let (caller, token) = (ann.caller.clone(), ann.tokens.refresh.clone());
    ann.service.before_next_commit(async move |service| {
        assert_eq!(service.use_cases.logout.here(Some(&caller), token.reveal()).await.map(drop), Ok(()));
    });
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()));
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.service.store.audit_actions().iter().filter(|action| *action == "session.ended").count(), 1);
}

#[tokio::test]
async fn a_logout_that_races_the_deletion_of_the_account_has_nothing_left_to_do() {
    let ann = Ann::new().await;
    let account = ann.account.clone();
    ann.service.before_next_commit(async move |service| service.delete(&account));
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()));
    assert_eq!(ann.log_out_everywhere().await, Ok(()));
}

#[tokio::test]
async fn a_logout_is_tried_once() {
    let ann = Ann::new().await;
    ann.service.store.lose_next_commit(Guard::SessionAlive);
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()), "whoever was first ended it");
    assert!(!ann.service.store.has_trouble_left());
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_no_session_ends() {
    let check = async |_: &TestService, ann: &Ann, answer: Result<(), LogoutError>| {
        let error = answer.expect_err("a failure");
        assert_eq!(error, LogoutError::Store(StoreError::Unavailable));
        assert_eq!(code(error), ErrorCode::Unavailable);
        assert_eq!(ann.live(), 1);
    };
    let here = async |_: &TestService, ann: &Ann| ann.log_out(ann.tokens.refresh.reveal()).await;
    assert_eq!(with_each_call_failing(StoreError::Unavailable, Ann::prepared, here, check).await, 1);
    let alone = async |service: &TestService, ann: &Ann| {
        service.use_cases.logout.here(None, ann.tokens.refresh.reveal()).await.map(drop)
    };
    assert_eq!(with_each_call_failing(StoreError::Unavailable, Ann::prepared, alone, check).await, 2);
    let everywhere = async |_: &TestService, ann: &Ann| ann.log_out_everywhere().await;
    assert_eq!(with_each_call_failing(StoreError::Unavailable, Ann::prepared, everywhere, check).await, 1);
}

#[tokio::test]
async fn whoever_has_logged_out_is_not_known_any_more() {
    let ann = Ann::new().await;
    assert_eq!(ann.log_out(ann.tokens.refresh.reveal()).await, Ok(()));
    let use_cases = &ann.service.use_cases;
    let bearer = use_cases.authenticate.execute(ann.tokens.access.reveal()).await;
    assert_eq!(bearer, Err(AuthenticateError::SessionGone));
    let refreshed = use_cases.refresh_session.execute(ann.tokens.refresh.reveal(), &Audience::Default, &client()).await;
    assert_eq!(refreshed, Err(RefreshError::Invalid));
}
