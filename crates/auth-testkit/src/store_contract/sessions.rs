//! Sessions.

use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::account::{Account, Roles};
use auth_domain::ports::Change;
use auth_domain::session::{
    AuthenticationMethod, Client, Generation, Join, Joins, KeyId, LateRepeats, LeftBehind, Revocation,
    RevocationReason, Rotation, RotationVersion, Session,
};
use auth_domain::version::RowVersion;

use super::{AnyStore, conflict, insert_account, insert_session, open};
use crate::fixtures::{self, NOW, client};

const REVOCATION: Revocation = Revocation { at: NOW, reason: RevocationReason::TokenReused };

async fn find(store: &AnyStore, session: &Session) -> Session {
    store.find_session(session.account_id, session.id).await.unwrap().expect("the session").0
}

/// With their account.
pub async fn sessions_round_trip(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let found = Some((session.clone(), account.clone()));
    assert_eq!(store.find_session(account.id, session.id).await.unwrap(), found);
    assert_eq!(store.find_session_by_id(session.id).await.unwrap(), found);
    let another = insert_account(&store).await;
    assert_eq!(store.find_session(another.id, session.id).await.unwrap(), None, "whose it is counts");
    let unknown = fixtures::session(&account).id;
    assert_eq!(store.find_session(account.id, unknown).await.unwrap(), None);
    assert_eq!(store.find_session_by_id(unknown).await.unwrap(), None);
}

/// A login that was checked against other credentials opens nothing.
pub async fn a_session_needs_its_account_at_that_version(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = fixtures::session(&account);
    let stale = Change::InsertSession {
        session: session.clone(),
        credential_version: account.credential_version.next(),
        two_factor_version: RowVersion::NONE,
    };
    let other_factors = Change::InsertSession {
        session: session.clone(),
        credential_version: account.credential_version,
        two_factor_version: RowVersion::FIRST,
    };
    conflict(&store, other_factors).await;
    conflict(&store, stale).await;
    let nobody = fixtures::account();
    conflict(&store, open(&fixtures::session(&nobody), &nobody)).await;
    assert_eq!(store.find_session_by_id(session.id).await.unwrap(), None);
}

/// As many, with whatever a user agent may hold.
fn joins(count: u8) -> Joins {
    let join = |who: u8| Join {
        at: NOW + Duration::from_micros(who.into()),
        generation: Generation::from_number(who.into()),
        client: Client::new([192, 0, who, 1].into(), " Browser/1.0 (\"é\u{1f600}\") "),
    };
    Joins::from_stored((1..=count).map(join).collect()).expect("at most three")
}

fn advance(account: &Account, session: &Session, proved: bool) -> (Change, Rotation) {
    let rotation = Rotation {
        generation: session.rotation.generation.next(),
        parent: Some(session.rotation.generation),
        rotated_at: NOW + Duration::from_micros(4),
        served_at: NOW + Duration::from_micros(5),
        proved: false,
        client: client(2),
        left_behind: Some(LeftBehind { after: Generation::FIRST, before: Generation::from_number(7) }),
        joins: joins(2),
        late: Some(LateRepeats { generation: Generation::FIRST, running: 2 }),
        notes: session.rotation.notes,
    };
    let change = Change::AdvanceSession {
        account_id: account.id,
        revision: account.revision(),
        session_id: session.id,
        from: RotationVersion { proved, ..session.rotation.version() },
        rotation: rotation.clone(),
        key_id: KeyId::new("ffff0000".to_owned()),
        idle_expires_at: NOW + Duration::from_secs(150),
    };
    (change, rotation)
}

/// Generation and proof are compared; a revoked session never moves.
pub async fn a_refresh_moves_on_only_from_what_was_read(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    conflict(&store, advance(&account, &session, true).0).await;
    let (change, rotation) = advance(&account, &session, false);
    store.commit(vec![change.clone()]).await.unwrap();
    let moved = find(&store, &session).await;
    assert_eq!(moved.rotation, rotation);
    assert_eq!((moved.key_id.as_str(), moved.idle_expires_at), ("ffff0000", NOW + Duration::from_secs(150)));
    conflict(&store, change).await;

    store
        .commit(vec![Change::RevokeSession {
            account_id: session.account_id,
            session_id: session.id,
            revocation: REVOCATION,
        }])
        .await
        .unwrap();
    conflict(&store, advance(&account, &moved, false).0).await;
}

fn serve_again(account: &Account, session: &Session, from: RotationVersion, rotation: Rotation) -> Change {
    let (account_id, revision, session_id) = (account.id, account.revision(), session.id);
    Change::NoteServedAgain { account_id, revision, session_id, from, rotation, suspicious: false }
}

/// So that no token says roles that were taken away before it was made.
pub async fn a_refresh_needs_the_account_that_was_read(store: AnyStore) {
    let (account, other) = (insert_account(&store).await, insert_account(&store).await);
    let session = insert_session(&store, &account).await;
    let at = account.updated_at + Duration::from_secs(1);
    let (account_id, revision, roles) = (account.id, account.revision(), Roles::of_new_account());
    store.commit(vec![Change::SetRoles { account_id, revision, roles, at }]).await.unwrap();
    let read = session.rotation.version();
    for stale in [&account, &other] {
        conflict(&store, advance(stale, &session, false).0).await;
        conflict(&store, serve_again(stale, &session, read, session.rotation.clone())).await;
    }
    let changed = Account { updated_at: at, ..account };
    store.commit(vec![serve_again(&changed, &session, read, session.rotation.clone())]).await.unwrap();
    store.commit(vec![advance(&changed, &session, false).0]).await.unwrap();
}

/// And happen once, or again, as they should.
pub async fn proving_and_serving_again_need_the_generation(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let (session_id, other) = (session.id, Generation::from_number(9));
    let (read, at) = (session.rotation.version(), Timestamp::from_micros(77));
    let serve = |from| serve_again(&account, &session, from, Rotation { served_at: at, ..session.rotation.clone() });
    let prove = |generation| Change::ProveSession { account_id: account.id, session_id, generation };

    conflict(&store, serve(RotationVersion { generation: other, ..read })).await;
    conflict(&store, prove(other)).await;
    for _ in 0..2 {
        store.commit(vec![serve(read)]).await.unwrap();
    }
    store.commit(vec![prove(Generation::FIRST)]).await.unwrap();
    conflict(&store, prove(Generation::FIRST)).await;
    conflict(&store, serve(read)).await;
    let found = find(&store, &session).await;
    assert_eq!(found.rotation, Rotation { proved: true, served_at: at, ..session.rotation });
}

/// Each is decided on those before. A refresh keeps them.
pub async fn joins_and_late_repeats_are_noted_one_after_the_other(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let mut read = session.rotation.clone();
    for count in [1, 3] {
        let late = Some(LateRepeats { generation: Generation::FIRST, running: count.into() });
        let noted = Rotation { joins: joins(count), late, notes: read.notes.next(), ..read.clone() };
        store.commit(vec![serve_again(&account, &session, read.version(), noted.clone())]).await.unwrap();
        assert_eq!(find(&store, &session).await.rotation, noted);
        conflict(&store, serve_again(&account, &session, read.version(), noted.clone())).await;
        conflict(&store, advance(&account, &Session { rotation: read, ..session.clone() }, false).0).await;
        read = noted;
    }
    let (change, moved) = advance(&account, &Session { rotation: read, ..session.clone() }, false);
    store.commit(vec![change]).await.unwrap();
    assert_eq!((find(&store, &session).await.rotation, moved.notes.as_number()), (moved, 2));
}

/// With the time and the reason of the first revocation.
pub async fn a_revoked_session_stays_revoked(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let revoke = |reason| Change::RevokeSession {
        account_id: session.account_id,
        session_id: session.id,
        revocation: Revocation { at: NOW, reason },
    };
    store.commit(vec![revoke(RevocationReason::TokenReused)]).await.unwrap();
    conflict(&store, revoke(RevocationReason::LoggedOut)).await;
    conflict(&store, serve_again(&account, &session, session.rotation.version(), session.rotation.clone())).await;
    assert_eq!(find(&store, &session).await.revocation, Some(REVOCATION));
}

/// And nobody else's.
pub async fn all_sessions_of_one_account_end(store: AnyStore) {
    let (account, neighbour) = (insert_account(&store).await, insert_account(&store).await);
    let mine = [insert_session(&store, &account).await, insert_session(&store, &account).await];
    let other = insert_session(&store, &neighbour).await;
    let revocation = Revocation { at: NOW, reason: RevocationReason::LoggedOut };
    let [first, kept] = &mine;
    let revoke = |except| Change::RevokeSessionsOf { account_id: account.id, except, revocation };
    for _ in 0..2 {
        store.commit(vec![revoke(Some(kept.id))]).await.unwrap();
    }
    assert_eq!(find(&store, first).await.revocation, Some(revocation));
    conflict(&store, Change::require(&first)).await;
    store.commit(vec![Change::require(&kept)]).await.unwrap();
    assert_eq!(find(&store, kept).await.revocation, None);
    store.commit(vec![revoke(None)]).await.unwrap();
    assert_eq!(find(&store, kept).await.revocation, Some(revocation));
    assert_eq!(find(&store, &other).await.revocation, None);
}

/// The newest first, up to the limit.
pub async fn only_live_sessions_are_listed(store: AnyStore) {
    let account = insert_account(&store).await;
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(insert_session(&store, &account).await);
    }
    store
        .commit(vec![Change::RevokeSession {
            account_id: sessions[1].account_id,
            session_id: sessions[1].id,
            revocation: REVOCATION,
        }])
        .await
        .unwrap();
    insert_session(&store, &insert_account(&store).await).await;

    let list = async |now, limit| store.list_sessions(account.id, now, limit).await.unwrap();
    let mut expected = vec![sessions[0].clone(), sessions[2].clone(), sessions[3].clone()];
    expected.sort_by_key(|session| std::cmp::Reverse(session.id));
    assert_eq!(list(NOW, 10).await, expected);
    assert_eq!(list(NOW, 2).await, expected[..2]);
    assert_eq!(list(NOW + Duration::from_secs(100), 10).await, [], "idle since then");
}

/// A live session, of an account with the credentials and second factors that were checked.
pub async fn a_reauthentication_needs_what_was_checked(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let authenticated_at = NOW + Duration::from_secs(50);
    let proved = Session { method: AuthenticationMethod::PasswordAndSecondFactor, authenticated_at, ..session.clone() };
    let mut older = account.clone();
    older.credential_version = older.credential_version.next();
    let mut other_factors = account.clone();
    other_factors.two_factor.version = RowVersion::FIRST;
    for changed in [&older, &other_factors, &fixtures::account()] {
        conflict(&store, Change::reauthenticate(&proved, changed)).await;
    }
    assert_eq!(find(&store, &session).await, session);
    store.commit(vec![Change::reauthenticate(&proved, &account)]).await.unwrap();
    assert_eq!(find(&store, &session).await, proved);
    let revoke = Change::RevokeSession { account_id: account.id, session_id: session.id, revocation: REVOCATION };
    store.commit(vec![revoke]).await.unwrap();
    conflict(&store, Change::reauthenticate(&proved, &account)).await;
}

/// But for one, and of one account.
pub async fn sessions_that_passed_no_second_factor_end(store: AnyStore) {
    let (account, other) = (insert_account(&store).await, insert_account(&store).await);
    let own = insert_session(&store, &account).await;
    let without = insert_session(&store, &account).await;
    let of_other = insert_session(&store, &other).await;
    let mut with = fixtures::session(&account);
    with.method = AuthenticationMethod::IdentityProviderAndSecondFactor;
    store.commit(vec![open(&with, &account)]).await.unwrap();
    let (account_id, except) = (account.id, own.id);
    let end = Change::RevokeSessionsWithoutSecondFactor { account_id, except, revocation: REVOCATION };
    for _ in 0..2 {
        store.commit(vec![end.clone()]).await.unwrap();
    }
    assert_eq!(find(&store, &without).await.revocation, Some(REVOCATION));
    for spared in [&own, &with, &of_other] {
        assert_eq!(find(&store, spared).await.revocation, None);
    }
}
