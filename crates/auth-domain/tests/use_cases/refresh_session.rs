//! `RefreshSession`: what is committed and told. Which case of the table a token is, `session::refresh` decides, and
//! `tests/refresh_model` searches.

use std::time::Duration;

use auth_domain::access_token::BearerToken;
use auth_domain::account::Account;
use auth_domain::audience::Audience;
use auth_domain::audit::Outcome;
use auth_domain::error_code::ErrorCode;
use auth_domain::event::{EventKind, EventName, Subscription};
use auth_domain::mail::NoticeKind;
use auth_domain::ports::{Change, NoSigningKey, StoreError};
use auth_domain::session::{Client, Generation, Revocation, RevocationReason, Session, SessionLifetimes};
use auth_domain::use_cases::{AuthenticateError, IssuedTokens, LoggedIn, Policy, RefreshError};
use auth_testkit::fixtures;
use auth_testkit::test_service::{TestService, client, with_each_call_failing};

use crate::{MOMENT, code};

mod joins;
mod late;

const ANN: &str = "ann@example.org";
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Ann, logged in.
struct Ann {
    service: TestService,
    account: Account,
    /// Of her login.
    tokens: IssuedTokens,
}

impl Ann {
    async fn new() -> Self {
        Self::with(SessionLifetimes { ..Policy::for_tests().session_lifetimes }).await
    }

    async fn with(session_lifetimes: SessionLifetimes) -> Self {
        let every_event = EventName::ALL.to_vec();
        let subscriptions = vec![Subscription { service: "users".to_owned(), events: every_event }];
        Self::under(Policy { session_lifetimes, subscriptions, ..Policy::for_tests() }).await
    }

    async fn under(policy: Policy) -> Self {
        let service = TestService::with_policy(policy);
        service.register(ANN).await;
        let LoggedIn { account, tokens } = service.log_in(ANN).await;
        service.deliver_mails().await;
        Self { service, account, tokens }
    }

    async fn refresh(&self, token: &BearerToken) -> IssuedTokens {
        refresh(&self.service, token, &client()).await.expect("tokens")
    }

    async fn refused(&self, token: &BearerToken) -> RefreshError {
        refresh(&self.service, token, &client()).await.expect_err("a refusal")
    }

    /// The tokens of her login and those that came for them, which she has used.
    async fn refreshed_and_proved(&self) -> IssuedTokens {
        let second = self.refresh(&self.tokens.refresh).await;
        assert!(self.accepts(&second).await);
        second
    }

    async fn accepts(&self, tokens: &IssuedTokens) -> bool {
        match self.service.use_cases.authenticate.execute(tokens.access.reveal()).await {
            Ok(_) => true,
            Err(AuthenticateError::SessionGone) => false,
            Err(other) => panic!("{other}"),
        }
    }

    fn window(&self) -> Duration {
        self.service.policy.session_lifetimes.retry_window
    }

    fn session(&self) -> Session {
        let [session] = &self.service.store.sessions()[..] else { panic!("one session") };
        session.clone()
    }

    fn reused(&self) -> RefreshError {
        RefreshError::Reused { session_id: self.session().id, account_id: self.account.id }
    }

    /// Once each: a revocation, an event, a notice, a record.
    fn assert_revoked_once(&self) {
        let (session, store) = (self.session(), &self.service.store);
        let revocation = Revocation { at: self.service.now(), reason: RevocationReason::TokenReused };
        assert_eq!(session.revocation, Some(revocation));
        let kinds: Vec<EventKind> = store.events().into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::UserRegistered, EventKind::SessionReuseDetected(session.id)]);
        assert_eq!(store.addressees(), ["users", "users"]);
        assert_eq!(store.notices_to(&self.account.email), [NoticeKind::SessionReuseDetected]);
        let ended = store.audit_records().into_iter().filter(|record| record.action == "session.ended");
        assert_eq!(ended.map(|record| record.outcome).collect::<Vec<_>>(), [Outcome::Refused]);
    }
}

async fn refresh(service: &TestService, token: &BearerToken, client: &Client) -> Result<IssuedTokens, RefreshError> {
    service.use_cases.refresh_session.execute(token.reveal(), &Audience::Default, client).await
}

fn elsewhere() -> Client {
    fixtures::client(2)
}

#[tokio::test]
async fn a_current_token_is_exchanged_for_the_next() {
    let ann = Ann::new().await;
    ann.service.clock.advance(DAY);
    ann.service.keys.rotate();
    let second = refresh(&ann.service, &ann.tokens.refresh, &elsewhere()).await.expect("tokens");
    assert_ne!(second.refresh, ann.tokens.refresh);
    let (session, lifetimes) = (ann.session(), ann.service.policy.session_lifetimes);
    assert_eq!(session.rotation.generation, Generation::FIRST.next());
    assert_eq!((session.rotation.parent, session.rotation.proved), (Some(Generation::FIRST), false));
    assert_eq!((&session.rotation.client, session.rotation.served_at), (&elsewhere(), ann.service.now()));
    assert_eq!(session.key_id, ann.service.keys.newest());
    assert_eq!(session.idle_expires_at, ann.service.now() + lifetimes.idle);
    assert_eq!((second.access_expires_in, second.refresh_expires_in), (lifetimes.access, lifetimes.idle));
    assert!(ann.accepts(&second).await);
    ann.service.keys.forget_older();
    let third = ann.refresh(&second.refresh).await;
    assert!(ann.accepts(&third).await, "the second was of the newest master key");
}

#[tokio::test]
async fn a_forged_token_costs_no_call_to_the_database() {
    let ann = Ann::new().await;
    ann.service.store.fail_next(StoreError::Failed);
    let forged = ann.tokens.refresh.reveal().replace("refresh|00000001", "refresh|00000009");
    for text in ["", "nonsense", ann.tokens.access.reveal(), &forged] {
        let error = ann.refused(&BearerToken::new(text.to_owned())).await;
        assert_eq!(error, RefreshError::Invalid);
        assert_eq!(code(error), ErrorCode::RefreshTokenInvalid);
    }
    assert!(ann.service.store.forgive(), "no call was made");
}

#[tokio::test]
async fn the_token_of_a_session_that_is_gone_or_has_ended_is_invalid() {
    let logged_out = Ann::new().await;
    let caller = logged_out.service.use_cases.authenticate.execute(logged_out.tokens.access.reveal()).await;
    let caller = caller.expect("a live session");
    logged_out.service.use_cases.sessions.revoke(&caller, logged_out.session().id).await.expect("an end");
    let deleted = Ann::new().await;
    deleted.service.delete(&deleted.account);
    for ann in [logged_out, deleted] {
        let before = ann.service.store.commits().len();
        assert_eq!(ann.refused(&ann.tokens.refresh).await, RefreshError::Invalid);
        assert_eq!(ann.service.store.commits().len(), before);
    }
}

#[tokio::test]
async fn a_session_that_is_not_refreshed_expires() {
    let ann = Ann::new().await;
    ann.service.clock.advance(ann.tokens.refresh_expires_in - MOMENT);
    let second = ann.refresh(&ann.tokens.refresh).await;
    ann.service.clock.advance(second.refresh_expires_in);
    let error = ann.refused(&second.refresh).await;
    assert_eq!(error, RefreshError::Expired);
    assert_eq!(code(error), ErrorCode::RefreshTokenExpired);
    assert_eq!(ann.session().revocation, None);
}

#[tokio::test]
async fn a_session_expires_in_the_end_however_often_it_is_refreshed() {
    let lifetimes = SessionLifetimes { absolute: 40 * DAY, ..Policy::for_tests().session_lifetimes };
    let ann = Ann::with(lifetimes).await;
    ann.service.clock.advance(20 * DAY);
    let second = ann.refresh(&ann.tokens.refresh).await;
    assert_eq!(second.refresh_expires_in, 20 * DAY, "not the thirty of a session that is idle");
    ann.service.clock.advance(20 * DAY - MOMENT);
    let third = ann.refresh(&second.refresh).await;
    assert_eq!(third.refresh_expires_in, MOMENT);
    ann.service.clock.advance(MOMENT);
    assert_eq!(ann.refused(&third.refresh).await, RefreshError::Expired);
}

#[tokio::test]
async fn whoever_lost_the_answer_gets_the_same_successor_however_late() {
    let ann = Ann::new().await;
    let second = ann.refresh(&ann.tokens.refresh).await;
    ann.service.clock.advance(DAY);
    let again = ann.refresh(&ann.tokens.refresh).await;
    assert_eq!(again.refresh, second.refresh);
    assert_eq!(ann.session().rotation.served_at, ann.service.now());
    assert_eq!(ann.session().rotation.generation, Generation::FIRST.next());
    assert!(ann.accepts(&again).await);
}

#[tokio::test]
async fn a_second_tab_gets_the_same_successor_within_the_window_and_nothing_is_written() {
    let ann = Ann::new().await;
    let second = ann.refreshed_and_proved().await;
    let (before, window) = (ann.service.store.commits().len(), ann.service.policy.session_lifetimes.retry_window);
    ann.service.clock.advance(window);
    assert_eq!(ann.refresh(&ann.tokens.refresh).await.refresh, second.refresh);
    assert_eq!(ann.service.store.commits().len(), before);

    ann.service.clock.advance(MOMENT);
    let error = ann.refused(&ann.tokens.refresh).await;
    assert_eq!(error, ann.reused());
    assert_eq!(code(error), ErrorCode::RefreshTokenInvalid);
    ann.assert_revoked_once();
}

#[tokio::test]
async fn a_token_that_was_used_comes_back_and_its_session_ends() {
    let ann = Ann::new().await;
    let second = ann.refreshed_and_proved().await;
    let third = ann.refresh(&second.refresh).await;
    assert_eq!(refresh(&ann.service, &ann.tokens.refresh, &elsewhere()).await, Err(ann.reused()));
    ann.assert_revoked_once();
    assert_eq!(ann.refused(&third.refresh).await, RefreshError::Invalid, "the current one is dead, too");
    assert!(!ann.accepts(&third).await);
    ann.assert_revoked_once();
}

#[tokio::test]
async fn another_client_forks_an_answer_that_nobody_used() {
    let ann = Ann::new().await;
    let lost = ann.refresh(&ann.tokens.refresh).await;
    ann.service.clock.advance(ann.window() + MOMENT);
    let forked = refresh(&ann.service, &ann.tokens.refresh, &elsewhere()).await.expect("tokens");
    assert_ne!(forked.refresh, lost.refresh);
    assert_eq!((ann.accepts(&lost).await, ann.accepts(&forked).await), (false, true));
    assert_eq!(ann.refused(&lost.refresh).await, ann.reused());
    ann.assert_revoked_once();
}

#[tokio::test]
async fn without_a_window_a_token_is_good_once() {
    let lifetimes = SessionLifetimes { retry_window: Duration::ZERO, ..Policy::for_tests().session_lifetimes };
    let ann = Ann::with(lifetimes).await;
    ann.refresh(&ann.tokens.refresh).await;
    assert_eq!(ann.refused(&ann.tokens.refresh).await, ann.reused());
    ann.assert_revoked_once();
}

#[tokio::test]
async fn without_a_signing_key_a_token_stays_good() {
    let ann = Ann::new().await;
    ann.service.access_tokens.set_signing_key(false);
    let error = ann.refused(&ann.tokens.refresh).await;
    assert_eq!(error, RefreshError::NoSigningKey(NoSigningKey));
    assert_eq!(code(error), ErrorCode::Unavailable);
    assert_eq!(ann.session().rotation.generation, Generation::FIRST);
    ann.service.access_tokens.set_signing_key(true);
    ann.refresh(&ann.tokens.refresh).await;
}

#[tokio::test]
async fn whichever_call_to_the_database_fails_the_token_stays_good() {
    let tried = with_each_call_failing(
        StoreError::Unavailable,
        async || {
            let ann = Ann::new().await;
            (ann.service.clone(), ann)
        },
        async |service, ann| refresh(service, &ann.tokens.refresh, &client()).await,
        async |_, ann, answer| {
            assert_eq!(answer, Err(RefreshError::Store(StoreError::Unavailable)));
            assert_eq!(ann.session().rotation.generation, Generation::FIRST);
            ann.refresh(&ann.tokens.refresh).await;
        },
    );
    assert_eq!((tried.await, code(RefreshError::Store(StoreError::Unavailable))), (2, ErrorCode::Unavailable));
}

#[tokio::test]
async fn of_two_refreshes_at_once_by_one_client_both_get_the_same() {
    let ann = Ann::new().await;
    let token = ann.tokens.refresh.clone();
    ann.service.before_next_commit(async move |service| {
        refresh(&service, &token, &client()).await.expect("tokens");
    });
    let second = ann.refresh(&ann.tokens.refresh).await;
    assert!(!ann.service.store.has_trouble_left());
    assert_eq!(ann.session().rotation.generation, Generation::FIRST.next(), "one advanced");
    assert!(ann.accepts(&second).await);
}

#[tokio::test]
async fn of_two_refreshes_at_once_by_two_clients_the_later_one_joins() {
    let ann = Ann::new().await;
    let token = ann.tokens.refresh.clone();
    ann.service.before_next_commit(async move |service| {
        refresh(&service, &token, &elsewhere()).await.expect("tokens");
    });
    let joined = ann.refresh(&ann.tokens.refresh).await;
    assert!(!ann.service.store.has_trouble_left());
    let rotation = ann.session().rotation;
    assert_eq!((rotation.generation, rotation.client), (Generation::FIRST.next(), elsewhere()));
    assert_eq!(rotation.joins.as_slice().iter().map(|join| &join.client).collect::<Vec<_>>(), [&client()]);
    assert!(ann.accepts(&joined).await);
}

#[tokio::test]
async fn a_refresh_goes_through_when_its_token_is_proved_in_that_moment() {
    let ann = Ann::new().await;
    let access = ann.tokens.access.clone();
    ann.service.before_commit_of(
        |change| matches!(change, Change::AdvanceSession { .. }),
        async move |service| {
            service.use_cases.authenticate.execute(access.reveal()).await.expect("a live session");
        },
    );
    let second = ann.refresh(&ann.tokens.refresh).await;
    assert!(!ann.service.store.has_trouble_left());
    assert!(ann.accepts(&second).await);
}

#[tokio::test]
async fn a_refresh_that_races_a_logout_gets_nothing() {
    let ann = Ann::new().await;
    let caller = ann.service.use_cases.authenticate.execute(ann.tokens.access.reveal()).await.expect("a live session");
    let session_id = ann.session().id;
    ann.service.before_next_commit(async move |service| {
        service.use_cases.sessions.revoke(&caller, session_id).await.expect("an end");
    });
    assert_eq!(ann.refused(&ann.tokens.refresh).await, RefreshError::Invalid);
    assert_eq!(ann.session().rotation.generation, Generation::FIRST);
}

#[tokio::test]
async fn of_two_that_bring_a_used_token_back_at_once_one_ends_the_session() {
    let ann = Ann::new().await;
    ann.refreshed_and_proved().await;
    ann.service.clock.advance(60 * SECOND);
    let (token, expected) = (ann.tokens.refresh.clone(), ann.reused());
    ann.service.before_next_commit(async move |service| {
        assert_eq!(refresh(&service, &token, &elsewhere()).await, Err(expected));
    });
    assert_eq!(ann.refused(&ann.tokens.refresh).await, RefreshError::Invalid, "it has ended by then");
    ann.assert_revoked_once();
}
