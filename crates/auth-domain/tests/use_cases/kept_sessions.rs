//! A node that keeps sessions in memory beside one that does not, on the same store. What the other one does is not told,
//! so what is kept is as old as it can be.

use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_domain::Timestamp;
use auth_domain::access_token::BearerToken;
use auth_domain::account::{Password, Roles};
use auth_domain::audience::Audience;
use auth_domain::ports::{Change, Clock as _, SessionNews as _, Store as _, StoreError};
use auth_domain::session::{AuthenticationMethod, Client, Generation, Revocation, RevocationReason};
use auth_domain::use_cases::{Authenticated, IssuedTokens, Ports, ReauthenticationOutcome, RefreshError, UseCases};
use auth_session_cache::{CachedStore, SessionCache};
use auth_testkit::fixtures;
use auth_testkit::test_service::{PASSWORD, client};

use crate::ann::Ann;

/// The node that keeps, and Ann, who is served by the other one unless somebody says otherwise.
struct Here {
    ann: Ann,
    use_cases: UseCases,
    store: Arc<CachedStore>,
    cache: Arc<SessionCache>,
}

impl Here {
    /// Ann's session is kept as it was after her login.
    async fn new() -> Self {
        let (ann, cache) = (Ann::logged_in().await, Arc::new(SessionCache::new()));
        cache.in_step(Instant::now() + Duration::from_secs(3_600));
        let store = Arc::new(CachedStore::new(Arc::new(ann.service.store.clone()), cache.clone()));
        let ports = Ports { store: store.clone(), kept_sessions: Some(cache.clone()), ..ann.service.ports() };
        let use_cases = UseCases::new(ports, ann.service.policy.clone());
        let here = Self { ann, use_cases, store, cache };
        here.keep().await;
        here
    }

    async fn keep(&self) {
        self.store.find_session(self.ann.account.id, self.ann.session().id).await.expect("an answer");
    }

    async fn refresh(&self, token: &BearerToken, client: &Client) -> Result<IssuedTokens, RefreshError> {
        self.use_cases.refresh_session.execute(token.reveal(), &Audience::Default, client).await
    }

    async fn recent(&self, token: &BearerToken) -> Option<Authenticated> {
        self.use_cases.authenticate.recent(token.reveal()).await.ok()
    }

    /// What `call` gives when the store answers `calls` times and fails then.
    async fn within<T>(&self, calls: usize, call: impl Future<Output = T>) -> T {
        self.ann.service.store.fail_after(calls, StoreError::Failed);
        let answer = call.await;
        assert!(self.ann.service.store.forgive(), "it asked more than {calls} times");
        answer
    }

    fn change_roles(&self) {
        let account = self.ann.service.store.account(self.ann.account.id).expect("her account");
        let (account_id, revision, at) = (account.id, account.revision(), account.next_change_at(self.now()));
        let roles = Roles::parse(&["demoted".to_owned()]).expect("a role");
        self.ann
            .service
            .store
            .commit_now(vec![Change::SetRoles { account_id, revision, roles, at }])
            .expect("a change");
    }

    fn end_elsewhere(&self) {
        let (account_id, session_id) = (self.ann.account.id, self.ann.session().id);
        let revocation = Revocation { at: self.now(), reason: RevocationReason::LoggedOut };
        let end = Change::RevokeSession { account_id, session_id, revocation };
        self.ann.service.store.commit_now(vec![end]).expect("an end");
    }

    fn now(&self) -> Timestamp {
        self.ann.service.clock.now()
    }
}

#[tokio::test]
async fn a_caller_who_is_kept_costs_the_database_nothing_once_the_session_is_proved() {
    let here = Here::new().await;
    let access = here.ann.tokens.access.clone();
    // The first use proves the session: one guarded write.
    here.within(1, here.recent(&access)).await.expect("a live session");
    let caller = here.within(0, here.recent(&access)).await.expect("a live session");
    assert!(caller.session().rotation.proved && here.ann.session().rotation.proved);
    here.ann.service.store.fail_next(StoreError::Failed);
    assert!(here.use_cases.authenticate.execute(access.reveal()).await.is_err(), "whoever writes is read anew");
}

#[tokio::test]
async fn a_refresh_of_what_is_kept_is_one_call_and_so_is_the_next() {
    let here = Here::new().await;
    let mut tokens = here.ann.tokens.clone();
    for generation in 2..5 {
        tokens = here.within(1, here.refresh(&tokens.refresh, &client())).await.expect("tokens");
        assert_eq!(here.ann.session().rotation.generation, Generation::from_number(generation));
    }
    let caller = here.within(1, here.recent(&tokens.access)).await.expect("a live session");
    assert_eq!(caller.claims().generation, Generation::from_number(4));
}

#[tokio::test]
async fn a_refresh_that_was_decided_on_an_older_state_is_decided_again() {
    let here = Here::new().await;
    // On the other node, whose answer is lost.
    let lost = here.ann.refresh(&here.ann.tokens.refresh, &client()).await;
    let again = here.refresh(&here.ann.tokens.refresh, &client()).await.expect("the same successor");
    assert_eq!(again.refresh, lost.refresh);
    assert_eq!(here.ann.session().revocation, None);
}

#[tokio::test]
async fn nobody_is_logged_out_since_their_session_moved_on_elsewhere() {
    let here = Here::new().await;
    let second = here.ann.refresh(&here.ann.tokens.refresh, &client()).await;
    let third = here.ann.refresh(&second.refresh, &client()).await;
    assert!(here.recent(&third.access).await.is_some(), "of a generation that this node has not seen");
    here.keep().await;
    let fourth = here.ann.refresh(&third.refresh, &client()).await;
    here.refresh(&fourth.refresh, &client()).await.expect("tokens");
    assert_eq!(here.ann.session().revocation, None);
}

#[tokio::test]
async fn a_session_that_was_refreshed_elsewhere_has_not_run_out_here() {
    let here = Here::new().await;
    let lifetimes = here.ann.service.policy.session_lifetimes;
    here.ann.service.clock.advance(lifetimes.idle - Duration::from_secs(1));
    let second = here.ann.refresh(&here.ann.tokens.refresh, &client()).await;
    here.ann.service.clock.advance(Duration::from_secs(2));
    assert!(here.recent(&second.access).await.is_some());
    here.refresh(&second.refresh, &client()).await.expect("tokens");
}

#[tokio::test]
async fn reuse_is_found_on_what_the_database_says() {
    let here = Here::new().await;
    let second = here.ann.refresh(&here.ann.tokens.refresh, &client()).await;
    assert!(here.recent(&second.access).await.is_some(), "which proves it");
    let third = here.ann.refresh(&second.refresh, &client()).await;
    assert!(here.recent(&third.access).await.is_some());
    let reused = here.refresh(&here.ann.tokens.refresh, &client()).await;
    assert!(matches!(reused, Err(RefreshError::Reused { .. })), "{reused:?}");
    assert!(here.ann.session().revocation.is_some());
    assert!(here.recent(&third.access).await.is_none(), "at once, on the node that ended it");
}

#[tokio::test]
async fn no_token_says_roles_that_were_taken_away_before() {
    let here = Here::new().await;
    here.change_roles();
    let tokens = here.refresh(&here.ann.tokens.refresh, &client()).await.expect("tokens");
    let claims = here.recent(&tokens.access).await.expect("a live session").claims().clone();
    assert_eq!(claims.roles, Roles::parse(&["demoted".to_owned()]).expect("a role"));
    // The same for an answer that is given again.
    here.keep().await;
    here.ann.service.clock.advance(Duration::from_secs(1));
    let again = here.refresh(&here.ann.tokens.refresh, &client()).await;
    assert!(again.is_ok(), "{again:?}");
}

#[tokio::test]
async fn a_refresh_of_a_session_that_ended_elsewhere_gets_nothing() {
    let ends: [fn(&Here); 2] =
        [Here::end_elsewhere, |here| here.ann.service.delete(&here.ann.service.account(&here.ann.account))];
    for end in ends {
        let here = Here::new().await;
        end(&here);
        assert_eq!(here.refresh(&here.ann.tokens.refresh, &client()).await, Err(RefreshError::Invalid));
        assert!(here.recent(&here.ann.tokens.access).await.is_none(), "the lost round told");
    }
}

#[tokio::test]
async fn what_another_node_tells_is_obeyed() {
    let here = Here::new().await;
    assert!(here.recent(&here.ann.tokens.access).await.is_some());
    here.end_elsewhere();
    assert!(here.recent(&here.ann.tokens.access).await.is_some(), "it cannot know");
    assert!(here.use_cases.authenticate.execute(here.ann.tokens.access.reveal()).await.is_err(), "whoever writes asks");
    here.keep().await;
    here.cache.account_changed(here.ann.account.id);
    assert!(here.recent(&here.ann.tokens.access).await.is_none());
}

#[tokio::test]
async fn a_token_of_a_reauthentication_elsewhere_is_taken_as_it_says() {
    let here = Here::new().await;
    assert!(here.recent(&here.ann.tokens.access).await.is_some());
    here.ann.service.clock.advance(Duration::from_secs(100));
    let authenticated = here.ann.service.use_cases.authenticate.execute(here.ann.tokens.access.reveal()).await;
    let caller = authenticated.expect("a live session");
    let password = Some(Password::new(PASSWORD));
    let outcome = here.ann.service.use_cases.reauthenticate.execute(&caller, password, &client()).await;
    let Ok(ReauthenticationOutcome::Reauthenticated(token)) = outcome else { panic!("{outcome:?}") };
    let recent = here.recent(&token.token).await.expect("a live session");
    assert_eq!(recent.session().authenticated_at, here.now());
    assert_eq!(recent.session().method, AuthenticationMethod::Password);
}

#[tokio::test]
async fn a_fork_here_ends_what_it_leaves_behind_at_once() {
    let here = Here::new().await;
    let thief = here.refresh(&here.ann.tokens.refresh, &fixtures::client(2)).await.expect("tokens");
    here.ann.service.clock.advance(Duration::from_secs(60));
    let owner = here.refresh(&here.ann.tokens.refresh, &client()).await.expect("tokens of a fork");
    assert!(here.recent(&thief.access).await.is_none());
    assert!(here.recent(&owner.access).await.is_some());
}
