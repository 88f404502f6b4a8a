//! A year of signing keys on a real store, with the clock in our hands: what one node signs, a verifier
//! that looked at the keys a day ago verifies.

#![expect(clippy::unwrap_used, reason = "a test that meets the unexpected is to fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use auth_crypto::{AccessTokenSigner, KeyRing, MasterKey, SealedSigningKeys, SystemEntropy};
use auth_domain::access_token::AccessClaims;
use auth_domain::account::Roles;
use auth_domain::audience::{Audience, Audiences};
use auth_domain::ports::{AccessTokens, Clock};
use auth_domain::session::{AuthenticationMethod, Generation};
use auth_domain::signing_key::SigningKey;
use auth_domain::token_exchange::Actors;
use auth_domain::use_cases::{Policy, Ports, UseCases};
use auth_domain::{AccountId, SessionId, Timestamp};
use auth_sqlite::{migrate, open};

struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

fn signer(keys: &[SigningKey]) -> AccessTokenSigner {
    let audiences = Audiences::new("https://api.example.org".to_owned(), [].into());
    let signer = AccessTokenSigner::new(ring(), "https://auth.example.org".to_owned(), audiences);
    signer.load(keys).unwrap();
    signer
}

fn ring() -> KeyRing {
    KeyRing::new(&MasterKey::new([1; 32]), &[])
}

fn claims(now: Timestamp) -> AccessClaims {
    AccessClaims {
        audience: Audience::Default,
        account_id: AccountId::generate(now, [1; 32]),
        session_id: SessionId::generate(now, [2; 32]),
        generation: Generation::FIRST,
        nonce: [3; 12],
        roles: Roles::of_new_account(),
        method: AuthenticationMethod::Password,
        authenticated_at: now,
        issued_at: now,
        expires_at: now + Duration::from_secs(86_400),
        actors: Actors::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_verify_through_a_year_of_rotations_by_two_nodes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("auth.db");
    migrate(&path).await.unwrap();
    let store = Arc::new(open(&path, None).await.unwrap());
    let clock = Arc::new(HandClock(AtomicI64::new(1_800_000_000)));
    let node = || {
        let ports = Ports {
            store: store.clone(),
            signing_key_maker: Arc::new(SealedSigningKeys::new(ring())),
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
            ..Ports::mocked()
        };
        UseCases::new(ports, Policy::for_tests()).publish_signing_keys
    };
    let nodes = [node(), node()];
    let mut cached = Vec::new();
    let mut signed = std::collections::BTreeSet::new();
    let mut yesterdays: Option<String> = None;
    for day in 0..365 {
        // Both nodes look at the same moment: of two new keys one stays.
        let (first, second) = tokio::join!(nodes[0].rotate(), nodes[1].rotate());
        let (first, _) = (first.unwrap(), second.unwrap());
        assert!(first.len() <= 3);
        let now = clock.now();
        let token = signer(&first).issue(&claims(now)).unwrap();
        signed.insert(token.reveal().split('.').next().unwrap().to_owned());
        if day > 0 {
            signer(&cached).verify(token.reveal(), now).expect("a key that was published before it signs");
            let old = yesterdays.take().unwrap();
            signer(&first).verify(&old, now - Duration::from_secs(1)).expect("a key that stays while its tokens live");
        }
        yesterdays = Some(token.reveal().to_owned());
        cached = nodes[1].list().await.unwrap();
        clock.0.fetch_add(86_400, Ordering::Relaxed);
    }
    assert_eq!(signed.len(), 13, "a new key every thirty days");
}
