//! Ready-made accounts and sessions, each different from the last.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth_domain::account::{Account, AccountState, CredentialVersion, EmailAddress, PasswordHash, Roles, Username};
use auth_domain::challenge::{Challenge, ChallengeLifetimes, ChallengePurpose, Challenged};
use auth_domain::mail::{MailContent, MailRequest, Notice, NoticeKind};
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::{AuthenticationMethod, Client, KeyId, Rotation, Session};
use auth_domain::two_factor::TwoFactor;
use auth_domain::{AccountId, ChallengeId, Locale, MailId, Randomness, SessionId, Timestamp};
use uuid::Uuid;

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Returns a number that no other fixture of this process has.
pub fn unique() -> u32 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns bytes that differ with `number`.
pub fn randomness(number: u32) -> Randomness {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes[28..].copy_from_slice(&std::process::id().to_be_bytes());
    bytes
}

/// A time with microseconds, which a store that rounds would change.
pub const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_123_457);

/// Creates an account with a username and a password.
pub fn account() -> Account {
    let number = unique();
    Account {
        id: AccountId::generate(NOW + Duration::from_millis(number.into()), randomness(number)),
        username: Some(Username::parse(&format!("User-{number}")).unwrap()),
        email: EmailAddress::parse(&format!("User.{number}@Example.org")).unwrap(),
        email_verified: number.is_multiple_of(2),
        ever_proved: number.is_multiple_of(2),
        email_told: number.is_multiple_of(3),
        pending_email: None,
        password_hash: Some(PasswordHash::from_phc(format!("$argon2id$hash-{number}"))),
        credential_version: CredentialVersion::FIRST,
        roles: Roles::parse(&["user".to_owned(), "admin".to_owned()]).unwrap(),
        two_factor: TwoFactor::none(),
        identities: Vec::new(),
        locale: [None, Some("pt-BR"), Some("de")][number as usize % 3].map(|tag| Locale::parse(tag).unwrap()),
        state: AccountState::Active,
        deletion: None,
        new_password_required: false,
        created_at: NOW,
        updated_at: NOW + Duration::from_micros(1),
    }
}

/// Returns a client in the network `192.0.<number>.0/24`.
pub fn client(number: u8) -> Client {
    Client::new([192, 0, number, 1].into(), "Fixture/1.0 (é)")
}

/// Creates a challenge whose first code is outstanding, for `account` or for nobody.
pub fn challenge(account: Option<&Account>) -> Challenge {
    let number = unique();
    let challenged = account.map_or(Challenged::Nobody, |account| Challenged::Account {
        account_id: account.id,
        email: account.email.clone(),
        credential_version: account.credential_version,
    });
    let nobody = || AttemptSubject::Address(Uuid::from_u128(number.into()));
    Challenge::new(
        ChallengeId::generate(NOW + Duration::from_millis(number.into()), randomness(number)),
        account.map_or_else(nobody, |account| AttemptSubject::Account(account.id)),
        challenged,
        ChallengePurpose::PasswordReset,
        KeyId::new("0123abcd".to_owned()),
        client(1).network().clone(),
        NOW,
        ChallengeLifetimes { temp: Duration::from_secs(600), code: Duration::from_secs(300) },
    )
}

/// Creates a session of `account`.
pub fn session(account: &Account) -> Session {
    let number = unique();
    Session {
        id: SessionId::generate(NOW + Duration::from_millis(number.into()), randomness(number)),
        account_id: account.id,
        rotation: Rotation::first(client(1), NOW),
        key_id: KeyId::new("0123abcd".to_owned()),
        method: AuthenticationMethod::Password,
        created_at: NOW,
        authenticated_at: NOW,
        idle_expires_at: NOW + Duration::from_secs(100),
        absolute_expires_at: NOW + Duration::from_secs(200),
        revocation: None,
    }
}

/// Creates a mail about an account, requested from the network of [`client`]`(7)`.
pub fn mail(to: EmailAddress, content: MailContent, at: Timestamp) -> MailRequest {
    let (id, account_id) = (MailId::generate(at, randomness(unique())), Some(account().id));
    MailRequest { id, account_id, to, at, client: client(7), language: None, content }
}

/// Creates a notice to a verified address.
pub fn notice(to: EmailAddress, kind: NoticeKind, at: Timestamp) -> MailRequest {
    mail(to, MailContent::Notice(Notice::new(kind, true)), at)
}
