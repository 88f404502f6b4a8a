//! A user ends a session of theirs, and two services set roles at once: only the domain, no database, no HTTP.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

use std::sync::Arc;
use std::time::Duration;

use auth_domain::access_token::AccessClaims;
use auth_domain::account::{Account, AccountState, CredentialVersion, EmailAddress, Roles};
use auth_domain::audience::Audience;
use auth_domain::internal::{InternalService, Scope};
use auth_domain::ports::{
    Change, CommitError, Guard, MockAccessTokens, MockClock, MockEntropy, MockInternalTokens, MockStore,
};
use auth_domain::session::{AuthenticationMethod, Client, KeyId, Revocation, RevocationReason, Rotation, Session};
use auth_domain::token_exchange::Actors;
use auth_domain::two_factor::TwoFactor;
use auth_domain::use_cases::{Authenticated, Policy, Ports, RevokeSessionError, UseCases};
use auth_domain::{AccountId, SessionId, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn clock() -> Arc<MockClock> {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(NOW);
    Arc::new(clock)
}

fn account(name: &str) -> Account {
    Account {
        id: AccountId::generate(NOW, [name.as_bytes()[0]; 32]),
        username: None,
        email: EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
        email_verified: true,
        ever_proved: true,
        email_told: false,
        pending_email: None,
        password_hash: None,
        credential_version: CredentialVersion::FIRST,
        roles: Roles::of_new_account(),
        two_factor: TwoFactor::none(),
        identities: Vec::new(),
        locale: None,
        state: AccountState::Active,
        deletion: None,
        new_password_required: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn session(account: &Account, number: u8) -> Session {
    let client = Client::new([192, 0, 2, 1].into(), "Browser/1.0");
    Session {
        id: SessionId::generate(NOW, [number; 32]),
        account_id: account.id,
        rotation: Rotation { proved: true, ..Rotation::first(client, NOW) },
        key_id: KeyId::new("0123abcd".to_owned()),
        method: AuthenticationMethod::Password,
        created_at: NOW,
        authenticated_at: NOW,
        idle_expires_at: NOW + Duration::from_secs(100),
        absolute_expires_at: NOW + Duration::from_secs(200),
        revocation: None,
    }
}

/// A store that finds this session. Any other call panics, so nothing can be written to it.
fn store_with(session: &Session, account: &Account) -> MockStore {
    let (key, found) = ((account.id, session.id), (session.clone(), account.clone()));
    let mut store = MockStore::new();
    store.expect_find_session().returning(move |whose, id| Ok(((whose, id) == key).then(|| found.clone())));
    store
}

/// The use cases with that store. Every other port, except the clock, is a mock that panics when it is called.
fn use_cases(store: MockStore) -> UseCases {
    UseCases::new(Ports { store: Arc::new(store), clock: clock(), ..Ports::mocked() }, Policy::for_tests())
}

/// Only `Authenticate` can create an `Authenticated`, so this calls it, with mocks of its own.
async fn caller(account: &Account) -> Authenticated {
    let session = session(account, 0);
    let claims = AccessClaims {
        audience: Audience::Default,
        account_id: account.id,
        session_id: session.id,
        generation: session.rotation.generation,
        nonce: [0; 12],
        roles: account.roles.clone(),
        method: session.method,
        authenticated_at: NOW,
        issued_at: NOW,
        expires_at: NOW + Duration::from_secs(600),
        actors: Actors::default(),
    };
    let mut access_tokens = MockAccessTokens::new();
    access_tokens.expect_verify().returning(move |_, _| Ok(claims.clone()));
    let store = Arc::new(store_with(&session, account));
    let ports = Ports { store, access_tokens: Arc::new(access_tokens), clock: clock(), ..Ports::mocked() };
    UseCases::new(ports, Policy::for_tests()).authenticate.execute("a token").await.unwrap()
}

#[tokio::test]
async fn a_user_ends_another_session_of_theirs() {
    let ann = account("ann");
    let other = session(&ann, 1);
    let mut store = store_with(&other, &ann);
    let revocation = Revocation { at: NOW, reason: RevocationReason::LoggedOut };
    let expected = vec![Change::RevokeSession { account_id: other.account_id, session_id: other.id, revocation }];
    store.expect_commit().withf(move |changes| *changes == expected).times(1).returning(|_| Ok(()));

    let use_cases = use_cases(store);
    assert_eq!(use_cases.sessions.revoke(&caller(&ann).await, other.id).await, Ok(()));
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let (ann, bob) = (account("ann"), account("bob"));
    let bobs = session(&bob, 1);
    let use_cases = use_cases(store_with(&bobs, &bob));
    assert_eq!(use_cases.sessions.revoke(&caller(&ann).await, bobs.id).await, Err(RevokeSessionError::NotFound));
}

#[tokio::test]
async fn whoever_loses_a_race_for_an_account_reads_it_again() {
    let ann = account("ann");
    let changed = Account { updated_at: NOW + Duration::from_secs(1), ..ann.clone() };
    let revision = changed.revision();
    let mut store = MockStore::new();
    // Mocks answer in the order of these lines: first the account as it was, then as someone else changed it.
    store.expect_find_account().times(1).return_once(|_| Ok(Some(ann)));
    store.expect_commit().times(1).return_const(Err(CommitError::Conflict(Guard::AccountUnchanged)));
    store.expect_find_account().times(1).return_once(|_| Ok(Some(changed)));
    // The same commit contains an event for other services and a mail to the owner.
    let on_what_is_there_now = move |changes: &Vec<Change>| matches!(changes[..], [Change::SetRoles { revision: read, .. }, Change::Announce { .. }, Change::Mail(_)] if read == revision);
    store.expect_commit().withf(on_what_is_there_now).times(1).return_const(Ok(()));

    // Only `AuthenticateService` can create an `InternalCaller`: here with a mock that accepts every token.
    let mut internal_tokens = MockInternalTokens::new();
    let games = InternalService { name: "games".to_owned(), scopes: [Scope::RolesWrite].into() };
    internal_tokens.expect_verify().return_const(Ok(games));
    let mut entropy = MockEntropy::new();
    entropy.expect_bytes().return_const([7; 32]);
    let ports = Ports {
        store: Arc::new(store),
        internal_tokens: Arc::new(internal_tokens),
        clock: clock(),
        entropy: Arc::new(entropy),
        ..Ports::mocked()
    };
    let use_cases = UseCases::new(ports, Policy::for_tests());
    let (caller, id) = (use_cases.authenticate_service.execute("a token").unwrap(), account("ann").id);
    let client = Client::new([192, 0, 2, 1].into(), "games/1.0");
    let account = use_cases.set_roles.by_service(&caller, id, &["admin".to_owned()], &client).await.unwrap();
    assert!(account.roles.contains("admin"));
}
