//! Brings an account into a state without the use cases that lead there, for tests of what comes after. Each function
//! returns the account as it is then.

use std::time::Duration;

use auth_domain::account::{Account, AccountState, CredentialVersion, EmailAddress, Password, Roles};
use auth_domain::challenge::Challenge;
use auth_domain::identity::{LinkedIdentity, Subject};
use auth_domain::ports::{Change, Entropy as _, PasswordHasher as _, RecoveryCodes as _, Totp as _};
use auth_domain::rate_limit::{AttemptSubject, Counted, RateLimit, RateLimitKind};
use auth_domain::session::{Revocation, RevocationReason};
use auth_domain::two_factor::{Method, TwoFactor};
use auth_domain::use_cases::Authenticated;
use auth_domain::{AccountId, Locale, SessionId, Timestamp};

use super::{TestService, client};
use crate::doubles::{TestProvider, TestRecoveryCodes};

impl TestService {
    /// Creates an account that only signs in through `google`, where its subject is `subject`. Its address is verified.
    pub fn insert_linked(&self, email: &str, subject: &str) -> Account {
        let now = self.now();
        let account = Account {
            id: AccountId::generate(now, self.entropy.bytes()),
            username: None,
            email: EmailAddress::parse(email).expect("an address"),
            email_verified: true,
            ever_proved: true,
            email_told: true,
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
            created_at: now,
            updated_at: now,
        };
        self.store.commit_now(vec![Change::InsertAccount(account.clone())]).expect("an account");
        self.link(&account, &self.google, subject)
    }

    /// Links an identity of this provider.
    pub fn link(&self, account: &Account, provider: &TestProvider, subject: &str) -> Account {
        let subject = Subject::parse(subject).expect("a subject");
        let identity = LinkedIdentity { provider: provider.name().clone(), subject, linked_at: self.now() };
        self.prepare(account, |account_id, _| Change::LinkIdentity { account_id, identity })
    }

    /// Verifies the address.
    pub fn prove_email(&self, account: &Account) -> Account {
        self.prepare(account, |account_id, account| Change::ProveEmail {
            account_id,
            email: account.email.clone(),
            revision: account.revision(),
            at: account.next_change_at(account.updated_at),
        })
    }

    /// Sets the language that the user prefers.
    pub fn set_locale(&self, account: &Account, tag: &str) -> Account {
        let locale = Some(Locale::parse(tag).expect("a language tag"));
        self.prepare(account, |account_id, account| Change::SetLocale {
            account_id,
            revision: account.revision(),
            locale,
            at: account.next_change_at(account.updated_at),
        })
    }

    /// Enables an app as a second factor.
    pub fn enable_app(&self, account: &Account) -> Account {
        let secret = self.totp.make(account.id, self.entropy.bytes(), self.entropy.bytes());
        let session_id = SessionId::generate(self.now(), self.entropy.bytes());
        self.put_two_factor(account, |two_factor, now| {
            two_factor.begin_app(now, now + Duration::from_secs(1), secret, session_id).expect("no app yet")
        });
        self.put_two_factor(account, |two_factor, now| two_factor.proved(Method::App, now).expect("a pending app"))
    }

    /// Enables codes by mail as a second factor.
    pub fn enable_email_factor(&self, account: &Account) -> Account {
        self.put_two_factor(account, |two_factor, now| {
            two_factor.begin_email(now + Duration::from_secs(1)).expect("no codes by mail yet")
        });
        self.put_two_factor(account, |two_factor, now| two_factor.proved(Method::Email, now).expect("pending codes"))
    }

    /// Gives the account ten recovery codes, and returns them.
    pub fn give_recovery_codes(&self, account: &Account) -> (Account, Vec<String>) {
        let port = TestRecoveryCodes(self.keys.clone());
        let made = (0..10).map(|_| port.make(account.id, self.entropy.bytes()));
        let (codes, hashes) = made.map(|(code, hash)| (code.reveal().to_owned(), hash)).unzip();
        (self.put_two_factor(account, |two_factor, _| two_factor.with_recovery_codes(hashes)), codes)
    }

    /// Sets another password, so that the old one no longer works; sessions stay.
    pub async fn set_password(&self, account: &Account, password: &str) -> Account {
        let hashed = self.passwords.hash(Password::new(password), [0; 16], client().network()).await;
        let password_hash = hashed.expect("a hash");
        self.prepare(account, |account_id, account| Change::ChangePassword {
            account_id,
            from_version: account.credential_version,
            revision: account.revision(),
            password_hash,
            at: account.next_change_at(account.updated_at),
        })
    }

    /// Replaces the address with an unverified one.
    pub fn change_email(&self, account: &Account, to: &str) -> Account {
        let to = EmailAddress::parse(to).expect("an address");
        self.prepare(account, |account_id, account| Change::ChangeEmail {
            account_id,
            from: account.email.clone(),
            revision: account.revision(),
            to,
            verified: false,
            at: account.next_change_at(account.updated_at),
        })
    }

    /// Ends the session of a caller.
    pub fn end_session(&self, caller: &Authenticated) {
        let (account_id, session_id) = (caller.account().id, caller.session().id);
        let revocation = Revocation { at: self.now(), reason: RevocationReason::LoggedOut };
        let end = Change::RevokeSession { account_id, session_id, revocation };
        self.store.commit_now(vec![end]).expect("a session that has not ended");
    }

    /// Deletes the account and what belongs to it. No event is announced.
    pub fn delete(&self, account: &Account) {
        let Account { id, .. } = *account;
        let revision = self.account(account).revision();
        self.store.commit_now(vec![Change::DeleteAccount { account_id: id, revision }]).expect("a deletion");
    }

    /// Writes what `change` returns for the second factors of an account.
    pub fn put_two_factor(&self, account: &Account, change: impl FnOnce(TwoFactor, Timestamp) -> TwoFactor) -> Account {
        let now = self.now();
        self.prepare(account, |account_id, account| Change::PutTwoFactor {
            account_id,
            two_factor: change(account.two_factor.clone(), now),
        })
    }

    /// Inserts a challenge, and returns it.
    pub fn insert_challenge(&self, challenge: Challenge) -> Challenge {
        self.store.commit_now(vec![Change::InsertChallenge(challenge.clone())]).expect("a challenge");
        challenge
    }

    /// Pretends that something was counted that often.
    pub fn set_count(&self, subject: AttemptSubject, kind: &RateLimitKind, count: u32) {
        let rate_limit = RateLimit { count, ..self.store.rate_limit(subject, kind).after_one(self.now()) };
        let change = Change::PutRateLimit { rate_limit, counted: Counted::Nothing };
        self.store.commit_now(vec![change]).expect("a rate limit");
    }

    /// Commits what `change` returns for the account as it is now.
    fn prepare(&self, account: &Account, change: impl FnOnce(AccountId, &Account) -> Change) -> Account {
        let now = self.account(account);
        self.store.commit_now(vec![change(now.id, &now)]).expect("a change of the account");
        self.account(account)
    }
}
