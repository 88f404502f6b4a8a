//! Identities of providers, and the authorization requests that were used.

use std::time::Duration;

use auth_domain::AuthorizationId;
use auth_domain::account::{Account, LoginName};
use auth_domain::identity::{LinkedIdentity, ProviderName, Subject};
use auth_domain::ports::{Change, CommitError, UniqueKey};
use auth_domain::retention::Expired;
use auth_domain::session::{Revocation, RevocationReason};

use super::races::{ROUNDS, one_wins, race, warm};
use super::{AnyStore, conflict, insert_account, insert_session, open};
use crate::fixtures::{self, NOW, challenge, randomness, unique};

fn identity(provider: &str) -> LinkedIdentity {
    LinkedIdentity {
        provider: ProviderName::parse(provider).unwrap(),
        subject: Subject::parse(&format!("subject-{}", unique())).unwrap(),
        linked_at: NOW,
    }
}

fn link(account: &Account, identity: &LinkedIdentity) -> Change {
    Change::LinkIdentity { account_id: account.id, identity: identity.clone() }
}

fn touch(account: &Account) -> Change {
    let at = account.updated_at + Duration::from_secs(1);
    Change::TouchAccount { account_id: account.id, revision: account.revision(), at }
}

fn require(account: &Account, identity: &LinkedIdentity) -> Change {
    let LinkedIdentity { provider, subject, .. } = identity.clone();
    Change::RequireIdentity { account_id: account.id, provider, subject }
}

/// Whichever way the account is read, and however many other accounts have some.
pub async fn identities_round_trip_with_their_account(store: AnyStore) {
    let (plain, linked) = (insert_account(&store).await, insert_account(&store).await);
    let (google, fortytwo) = (identity("google"), identity("42"));
    store.commit(vec![link(&linked, &google), link(&linked, &fortytwo)]).await.unwrap();
    let linked = Account { identities: vec![fortytwo.clone(), google.clone()], ..linked };
    for account in [&plain, &linked] {
        assert_eq!(store.find_account(account.id).await.unwrap().as_ref(), Some(account));
        let name = LoginName::Email(account.email.clone());
        assert_eq!(store.find_account_by_name(&name).await.unwrap().as_ref(), Some(account));
        let session = insert_session(&store, account).await;
        assert_eq!(store.find_session(account.id, session.id).await.unwrap(), Some((session, account.clone())));
        let challenge = challenge(Some(account));
        store.commit(vec![Change::InsertChallenge(challenge.clone())]).await.unwrap();
        assert_eq!(store.find_challenge(challenge.id).await.unwrap(), Some((challenge, Some(account.clone()))));
    }
    assert_eq!(store.list_accounts(None, 10).await.unwrap(), [plain.clone(), linked.clone()]);
    assert_eq!(store.list_accounts(None, 0).await.unwrap(), []);
    assert_eq!(store.list_accounts(None, 1).await.unwrap(), std::slice::from_ref(&plain));
    assert_eq!(store.list_accounts(Some(plain.id), 1).await.unwrap(), std::slice::from_ref(&linked));
    let mut snapshot = store.snapshot_accounts(None).await.unwrap();
    assert_eq!(snapshot.next_page().await.unwrap(), [plain, linked.clone()]);

    for own in [&google, &fortytwo] {
        let found = store.find_account_by_identity(&own.provider, &own.subject).await.unwrap();
        assert_eq!(found.as_ref(), Some(&linked));
    }
    assert_eq!(store.find_account_by_identity(&google.provider, &fortytwo.subject).await.unwrap(), None);
}

/// One account an identity, one identity of a provider an account.
pub async fn an_identity_is_linked_once(store: AnyStore) {
    let (first, second) = (insert_account(&store).await, insert_account(&store).await);
    let google = identity("google");
    store.commit(vec![link(&first, &google)]).await.unwrap();
    for taken in [link(&second, &google), link(&first, &identity("google"))] {
        assert_eq!(store.commit(vec![taken]).await, Err(CommitError::Duplicate(UniqueKey::Identity)));
    }
    conflict(&store, link(&fixtures::account(), &identity("google"))).await;
    let same_subject = LinkedIdentity { provider: ProviderName::parse("42").unwrap(), ..google.clone() };
    store.commit(vec![link(&second, &same_subject)]).await.unwrap();

    let unlink = Change::UnlinkIdentity { account_id: first.id, provider: google.provider.clone() };
    store.commit(vec![unlink.clone()]).await.unwrap();
    conflict(&store, unlink).await;
    assert_eq!(store.find_account_by_identity(&google.provider, &google.subject).await.unwrap(), None);
    store.commit(vec![link(&first, &google), Change::UnlinkIdentitiesOf(first.id)]).await.unwrap();
    store.commit(vec![Change::UnlinkIdentitiesOf(first.id)]).await.unwrap();
    assert_eq!(store.find_account(first.id).await.unwrap().unwrap().identities, []);
    assert_eq!(store.find_account(second.id).await.unwrap().unwrap().identities, std::slice::from_ref(&same_subject));

    store.commit(vec![super::delete(&second)]).await.unwrap();
    assert_eq!(store.find_account_by_identity(&same_subject.provider, &same_subject.subject).await.unwrap(), None);
}

/// And nothing else of the account changes.
pub async fn an_account_is_touched_from_what_was_read(store: AnyStore) {
    let account = insert_account(&store).await;
    store.commit(vec![touch(&account)]).await.unwrap();
    conflict(&store, touch(&account)).await;
    let updated_at = account.updated_at + Duration::from_secs(1);
    assert_eq!(store.find_account(account.id).await.unwrap(), Some(Account { updated_at, ..account }));
}

/// Of a login through it and its end one comes first: a session is never left behind.
pub async fn a_login_that_races_an_unlinking_leaves_nothing(store: AnyStore) {
    warm(&store).await;
    let revocation = Revocation { at: NOW, reason: RevocationReason::IdentityUnlinked };
    for _ in 0..ROUNDS {
        let (account, google) = (insert_account(&store).await, identity("google"));
        store.commit(vec![link(&account, &google)]).await.unwrap();
        store.commit(vec![require(&account, &google)]).await.unwrap();
        conflict(&store, require(&account, &identity("google"))).await;
        let account_id = account.id;
        let unlink = vec![
            touch(&account),
            Change::UnlinkIdentity { account_id, provider: google.provider.clone() },
            Change::RevokeSessionsOf { account_id, except: None, revocation },
        ];
        let session = fixtures::session(&account);
        let log_in = vec![open(&session, &account), require(&account, &google)];
        let outcomes = race(&store, vec![unlink, log_in]).await;
        assert_eq!(outcomes[0], Ok(()));
        assert!(matches!(outcomes[1], Ok(()) | Err(CommitError::Conflict(_))), "{outcomes:?}");
        assert_eq!(store.list_sessions(account_id, NOW, 10).await.unwrap(), []);
    }
}

/// However many bring its `state` back.
pub async fn of_many_uses_of_an_authorization_one_happens(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let id = AuthorizationId::generate(NOW, randomness(unique()));
        let used = Change::UseAuthorization { id, expires_at: NOW };
        one_wins(&store, vec![vec![used.clone()]; 16]).await;
        conflict(&store, used).await;
    }
    let purge = async |at| store.purge(Expired::UsedAuthorizations { expired_before: at }, 1_000).await.unwrap();
    assert_eq!(purge(NOW).await, 0);
    assert_eq!(usize::try_from(purge(NOW + Duration::from_micros(1)).await).unwrap(), ROUNDS);
}

/// Of accounts that the same identity is to log in to: those that link it, and those that register with it.
pub async fn of_many_links_of_an_identity_one_happens(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let google = identity("google");
        let (mut racers, mut registered) = (Vec::new(), Vec::new());
        for _ in 0..8 {
            let account = insert_account(&store).await;
            racers.push(vec![touch(&account), link(&account, &google)]);
            let new = fixtures::account();
            racers.push(vec![Change::InsertAccount(new.clone()), link(&new, &google)]);
            registered.push(new.id);
        }
        one_wins(&store, racers).await;
        let owner = store.find_account_by_identity(&google.provider, &google.subject).await.unwrap().unwrap().id;
        for id in registered {
            assert_eq!(store.find_account(id).await.unwrap().is_some(), id == owner, "of the others nothing is left");
        }
    }
}
