//! Every single-use thing, claimed by many at once on a warm pool: one wins, in each of many rounds.

use std::sync::Arc;
use std::time::Duration;

use auth_domain::account::{Account, PasswordHash};
use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::password_limit::PasswordLimit;
use auth_domain::ports::{Change, CommitError};
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::session::{Join, Joins, KeyId, Network, Revocation, RevocationReason, Rotation};
use auth_domain::two_factor::{RecoveryCodeHash, TotpStep, TwoFactor};
use auth_domain::version::AccountRevision;
use tokio::sync::Barrier;
use uuid::Uuid;

use super::keys::key;
use super::{AnyStore, count, delete, insert_account, insert_session, open};
use crate::fixtures::{self, NOW, client, unique};

pub(super) const ROUNDS: usize = 20;
const RACERS: usize = 16;

/// Commits each of `racers` at the same moment, and returns how each ended.
pub(super) async fn race(store: &AnyStore, racers: Vec<Vec<Change>>) -> Vec<Result<(), CommitError>> {
    let start = Arc::new(Barrier::new(racers.len()));
    let tasks: Vec<_> = racers
        .into_iter()
        .map(|changes| {
            let (store, start) = (Arc::clone(store), Arc::clone(&start));
            tokio::spawn(async move {
                start.wait().await;
                store.commit(changes).await
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// Opens the pool's connections, so that the racers really meet.
pub(super) async fn warm(store: &AnyStore) {
    let pings = (0..RACERS).map(|_| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.ping().await })
    });
    for ping in pings.collect::<Vec<_>>() {
        ping.await.unwrap().unwrap();
    }
}

pub(super) async fn one_wins(store: &AnyStore, racers: Vec<Vec<Change>>) {
    let outcomes = race(store, racers).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Err(CommitError::Conflict(_) | CommitError::Duplicate(_))))
        .count();
    assert_eq!((won, lost), (1, RACERS - 1), "{outcomes:?}");
}

/// One generation after the other.
pub async fn of_many_refreshes_one_advances(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let mut generation = session.rotation.generation;
    for _ in 0..ROUNDS {
        let before = Rotation { generation, ..session.rotation.clone() };
        let rotation = Rotation { generation: generation.next(), parent: Some(generation), ..before.clone() };
        let advance = Change::AdvanceSession {
            account_id: account.id,
            revision: account.revision(),
            session_id: session.id,
            from: before.version(),
            rotation,
            key_id: KeyId::new("0123abcd".to_owned()),
            idle_expires_at: NOW + Duration::from_secs(100),
        };
        one_wins(&store, vec![vec![advance]; RACERS]).await;
        generation = generation.next();
    }
    let found = store.find_session(session.account_id, session.id).await.unwrap().unwrap().0;
    assert_eq!(found.rotation.generation, generation);
}

/// So that no join is forgotten, and none is by a refresh in the same moment.
pub async fn of_many_joins_and_refreshes_at_once_one_happens(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    for _ in 0..ROUNDS {
        let session = insert_session(&store, &account).await;
        let (session_id, before) = (session.id, session.rotation);
        let join = |who: u8| {
            let (generation, client) = (before.generation, client(who));
            let joins = Joins::from_stored(vec![Join { at: NOW, generation, client }]).expect("one");
            let rotation = Rotation { joins, notes: before.notes.next(), ..before.clone() };
            let (account_id, revision, from) = (account.id, account.revision(), before.version());
            Change::NoteServedAgain { account_id, revision, session_id, from, rotation, suspicious: false }
        };
        let advance = Change::AdvanceSession {
            account_id: account.id,
            revision: account.revision(),
            session_id,
            from: before.version(),
            rotation: Rotation { generation: before.generation.next(), ..before.clone() },
            key_id: session.key_id,
            idle_expires_at: session.idle_expires_at,
        };
        let half = u8::try_from(RACERS / 2).expect("a few");
        let joins = (1..=half).map(join);
        one_wins(&store, joins.chain(std::iter::repeat_n(advance, RACERS / 2)).map(|change| vec![change]).collect())
            .await;
    }
}

/// Of accounts with the same address.
pub async fn of_many_registrations_one_wins(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let email = fixtures::account().email;
        let racer = |_| vec![Change::InsertAccount(Account { email: email.clone(), ..fixtures::account() })];
        one_wins(&store, (0..RACERS).map(racer).collect()).await;
    }
}

/// Both as an insert and as an update; both parts in one commit.
pub async fn of_many_first_attempts_and_of_many_later_ones_one_counts(store: AnyStore) {
    warm(&store).await;
    let network = Network::from_stored("192.0.2.0/24".to_owned());
    let put = |limit: PasswordLimit| vec![Change::PutNetworkAttempts(limit.clone()), Change::PutDailyMisses(limit)];
    for _ in 0..ROUNDS {
        let subject = AttemptSubject::UnknownName(Uuid::from_u128(unique().into()));
        for misses in 1..=3 {
            let limit = store.find_password_limit(subject, &network).await.unwrap();
            one_wins(&store, vec![put(limit.after_miss(NOW)); RACERS]).await;
            let after = store.find_password_limit(subject, &network).await.unwrap();
            assert_eq!((after.attempts.misses, after.daily.misses), (misses, misses));
        }
    }
}

/// Of keys with the same sequence.
pub async fn of_many_key_rotations_one_wins(store: AnyStore) {
    warm(&store).await;
    for sequence in 1..=ROUNDS {
        let racer = |_| vec![Change::InsertSigningKey(key(i64::try_from(sequence).unwrap()))];
        one_wins(&store, (0..RACERS).map(racer).collect()).await;
    }
    assert_eq!(store.list_signing_keys().await.unwrap().len(), ROUNDS);
}

/// So that its owner gets one notice.
pub async fn of_many_revocations_one_happens(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    for _ in 0..ROUNDS {
        let session = insert_session(&store, &account).await;
        let revocation = Revocation { at: NOW, reason: RevocationReason::TokenReused };
        let revoke = Change::RevokeSession { account_id: session.account_id, session_id: session.id, revocation };
        one_wins(&store, vec![vec![revoke]; RACERS]).await;
    }
}

/// The code of a reset.
pub async fn of_many_given_codes_one_is_taken(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    let lifetimes = ChallengeLifetimes { temp: Duration::from_secs(60), code: Duration::from_secs(60) };
    for _ in 0..ROUNDS {
        let challenge = fixtures::challenge(Some(&account));
        store.commit(vec![Change::InsertChallenge(challenge.clone())]).await.unwrap();
        let given = Change::PutChallenge(challenge.after_code_given(NOW, lifetimes));
        one_wins(&store, vec![vec![given]; RACERS]).await;
    }
}

/// What a given code is good for.
pub async fn of_many_uses_of_a_challenge_one_happens(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    for _ in 0..ROUNDS {
        let challenge = fixtures::challenge(Some(&account));
        store.commit(vec![Change::InsertChallenge(challenge.clone())]).await.unwrap();
        let used = Change::UseChallenge { challenge_id: challenge.id, version: challenge.version };
        one_wins(&store, vec![vec![used]; RACERS]).await;
    }
}

/// Of an app's code.
pub async fn of_many_uses_of_a_totp_step_one_happens(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    for round in 0..ROUNDS {
        let step = TotpStep::from_number(i64::try_from(round).unwrap());
        let used = Change::UseTotpStep { account_id: account.id, step, at: NOW };
        one_wins(&store, vec![vec![used]; RACERS]).await;
    }
}

/// And of any other change of the second factors.
pub async fn of_many_uses_of_a_recovery_code_one_happens(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    let hash = |round: usize| RecoveryCodeHash::new(format!("0123abcd:{round}"));
    let mut two_factor = TwoFactor::none().with_recovery_codes((0..ROUNDS).map(hash).collect());
    let put = |two_factor: &TwoFactor| Change::PutTwoFactor { account_id: account.id, two_factor: two_factor.clone() };
    store.commit(vec![put(&two_factor)]).await.unwrap();
    for round in 0..ROUNDS {
        two_factor = two_factor.without_recovery_code(&hash(round)).unwrap();
        one_wins(&store, vec![vec![put(&two_factor)]; RACERS]).await;
    }
}

/// Both as an insert and as an update.
pub async fn of_many_counts_one_is_taken(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let mut rate_limit = RateLimit::empty(fixtures::challenge(None).subject, RateLimitKind::MailedCodeMisses);
        for _ in 0..3 {
            rate_limit = rate_limit.after_one(NOW);
            one_wins(&store, vec![vec![count(&rate_limit)]; RACERS]).await;
        }
    }
}

/// All start from one version.
pub async fn of_many_changes_of_password_one_happens(store: AnyStore) {
    warm(&store).await;
    let account = insert_account(&store).await;
    let (mut from_version, mut revision) = (account.credential_version, account.revision());
    for _ in 0..ROUNDS {
        let racer = |number: usize| {
            let password_hash = PasswordHash::from_phc(format!("$argon2id${number}"));
            vec![Change::ChangePassword { account_id: account.id, from_version, revision, password_hash, at: NOW }]
        };
        one_wins(&store, (0..RACERS).map(racer).collect()).await;
        (from_version, revision) = (from_version.next(), AccountRevision::changed_at(NOW));
    }
}

/// Whichever comes first: afterwards there is neither account nor session.
pub async fn a_login_that_races_a_deletion_leaves_nothing(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let account = insert_account(&store).await;
        let sessions: Vec<_> = (0..RACERS).map(|_| fixtures::session(&account)).collect();
        let mut racers: Vec<_> = sessions.iter().map(|session| vec![open(session, &account)]).collect();
        racers.push(vec![delete(&account)]);
        let outcomes = race(&store, racers).await;
        assert_eq!(outcomes.last(), Some(&Ok(())));
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Conflict(_)))),
            "{outcomes:?}"
        );
        for session in sessions {
            assert_eq!(store.find_session_by_id(session.id).await.unwrap(), None);
        }
    }
}

/// A rehash changes the account's row, not its credentials: a login at the same moment goes through.
pub async fn a_login_that_races_a_rehash_is_not_lost(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let account = insert_account(&store).await;
        let mut racers: Vec<_> = (0..RACERS).map(|_| vec![open(&fixtures::session(&account), &account)]).collect();
        racers.push(vec![Change::RehashPassword {
            account_id: account.id,
            credential_version: account.credential_version,
            password_hash: PasswordHash::from_phc("$argon2id$again".to_owned()),
        }]);
        let outcomes = race(&store, racers).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
}

/// Logins that renew the hash in their own commit, while the password is changed: those that were first have a session,
/// and the hash is that of the change.
pub async fn logins_that_renew_a_hash_never_undo_a_change_of_password(store: AnyStore) {
    warm(&store).await;
    for _ in 0..ROUNDS {
        let account = insert_account(&store).await;
        let hash = |text: &str| PasswordHash::from_phc(text.to_owned());
        let renewed = |number: usize| Change::RehashPassword {
            account_id: account.id,
            credential_version: account.credential_version,
            password_hash: hash(&format!("$argon2id$renewed{number}")),
        };
        let login = |number| vec![renewed(number), open(&fixtures::session(&account), &account)];
        let mut racers: Vec<_> = (1..RACERS).map(login).collect();
        racers.push(vec![Change::ChangePassword {
            account_id: account.id,
            from_version: account.credential_version,
            revision: account.revision(),
            password_hash: hash("$argon2id$changed"),
            at: NOW,
        }]);
        let outcomes = race(&store, racers).await;
        assert_eq!(outcomes.last(), Some(&Ok(())));
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Conflict(_)))),
            "{outcomes:?}"
        );
        let found = store.find_account(account.id).await.unwrap().unwrap();
        assert_eq!(found.password_hash, Some(hash("$argon2id$changed")));
        let opened = store.list_sessions(account.id, NOW, 100).await.unwrap().len();
        assert_eq!(opened, outcomes.iter().filter(|outcome| outcome.is_ok()).count() - 1, "one session a login");
    }
}
