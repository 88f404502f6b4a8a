//! Second factors, used steps, pending changes of credentials.

use std::time::Duration;

use auth_domain::account::{EmailAddress, PasswordHash};
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::ports::Change;
use auth_domain::retention::Expired;
use auth_domain::two_factor::{Method, RecoveryCodeHash, SealedSecret, TotpStep, TwoFactor};
use auth_domain::{Locale, SessionId};

use super::{AnyStore, conflict, insert_account, insert_session, open};
use crate::fixtures::{self, NOW};

const UNTIL: Duration = Duration::from_secs(600);

fn secret(byte: u8) -> SealedSecret {
    SealedSecret::new(vec![byte, 0, 255])
}

/// Returns all states, from the first setup to a repeated one, with recovery codes and another primary.
fn states() -> Vec<TwoFactor> {
    let (until, session_id) = (NOW + UNTIL, SessionId::generate(NOW, [7; 32]));
    let pending = TwoFactor::none().begin_app(NOW, until, secret(1), session_id).unwrap();
    let enabled = pending.clone().proved(Method::App, NOW).unwrap();
    let both_pending = enabled.clone().begin_email(until).unwrap();
    let both = both_pending.clone().proved(Method::Email, NOW).unwrap();
    let codes = ["0123abcd:x_-", "0123abcd:y"].map(|code| RecoveryCodeHash::new(code.to_owned()));
    let with_codes = both.clone().with_recovery_codes(codes.to_vec());
    let primary = with_codes.clone().make_primary(Method::Email).unwrap();
    let disabled = primary.clone().disable(Method::App).unwrap();
    let anew = disabled.clone().begin_app(NOW, until, secret(2), session_id).unwrap();
    let left = anew.clone().without_recovery_code(&codes[0]).unwrap();
    vec![pending, enabled, both_pending, both, with_codes, primary, disabled, anew, left]
}

/// In every state, by id and with a session; each write only after the one before.
pub async fn second_factors_round_trip(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    for two_factor in states() {
        let put = Change::PutTwoFactor { account_id: account.id, two_factor: two_factor.clone() };
        store.commit(vec![put.clone()]).await.unwrap();
        conflict(&store, put).await;
        assert_eq!(store.find_account(account.id).await.unwrap().unwrap().two_factor, two_factor);
        let (_, found) = store.find_session(account.id, session.id).await.unwrap().unwrap();
        assert_eq!(found.two_factor, two_factor);
    }
    // A login that was decided before does not go through.
    conflict(&store, open(&fixtures::session(&account), &account)).await;
    let now = store.find_account(account.id).await.unwrap().unwrap();
    store.commit(vec![open(&fixtures::session(&now), &now)]).await.unwrap();
}

/// By each account once, for whatever purpose.
pub async fn a_totp_step_is_used_once(store: AnyStore) {
    let (account, other) = (insert_account(&store).await, insert_account(&store).await);
    let step = TotpStep::from_number(60_000_000);
    let used = |account_id| Change::UseTotpStep { account_id, step, at: NOW };
    store.commit(vec![used(account.id)]).await.unwrap();
    conflict(&store, used(account.id)).await;
    store.commit(vec![used(other.id)]).await.unwrap();
    // Another secret has used up none; of one commit, the older ones are forgotten first.
    store.commit(vec![used(account.id), Change::ForgetTotpSteps(account.id)]).await.unwrap();
    conflict(&store, used(account.id)).await;
    conflict(&store, used(other.id)).await;
    let purge = async |used_before| store.purge(Expired::TotpSteps { used_before }, 10).await.unwrap();
    assert_eq!((purge(NOW).await, purge(NOW + UNTIL).await), (0, 2));
}

/// It goes with its challenge, and nothing else finds it.
pub async fn a_pending_change_of_credentials_goes_with_its_challenge(store: AnyStore) {
    let account = insert_account(&store).await;
    let session = insert_session(&store, &account).await;
    let locales = [None, Some(None), Some(Some(Locale::parse("pt-BR").unwrap()))];
    for ((email, hash), locale) in [(true, false), (false, true), (true, true)].into_iter().zip(locales) {
        let challenge = fixtures::challenge(Some(&account));
        let pending = PendingCredentials {
            challenge_id: challenge.id,
            session_id: session.id,
            method: Method::App,
            email: email.then(|| EmailAddress::parse("New@Example.net").unwrap()),
            password_hash: hash.then(|| PasswordHash::from_phc("$argon2id$new".to_owned())),
            locale,
        };
        conflict(&store, Change::KeepPendingCredentials(pending.clone())).await;
        let keep = Change::KeepPendingCredentials(pending.clone());
        store.commit(vec![Change::InsertChallenge(challenge.clone().not_sent()), keep]).await.unwrap();
        assert_eq!(store.find_pending_credentials(challenge.id).await.unwrap(), Some(pending));
        let purpose = challenge.purpose;
        store.commit(vec![Change::ForgetChallengesFor { account_id: account.id, purpose }]).await.unwrap();
        assert_eq!(store.find_pending_credentials(challenge.id).await.unwrap(), None);
    }
}
