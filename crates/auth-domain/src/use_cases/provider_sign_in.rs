//! Signing in with an identity that a provider vouches for: logs in, links or registers.

use std::sync::Arc;

use crate::account::{Account, CredentialVersion, EmailAddress, LoginName, Roles};
use crate::challenge::ChallengePurpose;
use crate::event::EventKind;
use crate::identity::{LinkedIdentity, ProviderIdentity};
use crate::ports::{Change, CommitError, StoreUnavailable, UniqueKey};
use crate::session::{AuthenticationMethod, Client};
use crate::temp_token::TempStep;
use crate::two_factor::TwoFactor;
use crate::{AccountId, Timestamp};

use super::announcements::Announcements;
use super::challenges::Challenges;
use super::finish_authorization::{AuthorizationOutcome, FinishAuthorizationError};
use super::link_identity;
use super::session_tokens::SessionTokens;
use super::verify_email;
use super::{MAX_ATTEMPTS, mail_budgets, second_factor};

/// What is decided, and what is to be committed before it is told.
type Decision = (Decided, Vec<Change>);

/// Whether an identity logs in to an account already, or from this sign-in on.
#[derive(Clone, Copy)]
enum Linked<'a> {
    Already(&'a ProviderIdentity),
    ByThis(&'a ProviderIdentity),
}

enum Decided {
    Outcome(AuthorizationOutcome),
    /// The address of this account is to be proved before there is a session.
    Unproved(Box<Account>),
}

/// The use case.
pub struct ProviderSignIn {
    /// Asks for codes; brings store, clock and entropy.
    pub challenges: Arc<Challenges>,
    /// Issues the tokens.
    pub session_tokens: Arc<SessionTokens>,
    /// Tells other services.
    pub announcements: Arc<Announcements>,
    /// Whether an address must be proved before its owner may log in.
    pub require_verified_email: bool,
}

impl ProviderSignIn {
    /// Logs in to the account that the identity is linked to. Where there is none, the address decides: one that both
    /// sides have proved links and logs in, one that is nobody's registers, any other is refused.
    pub(super) async fn execute(
        &self,
        identity: &ProviderIdentity,
        client: &Client,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        for _ in 0..MAX_ATTEMPTS {
            let (decided, changes) = self.decide(identity, client).await?;
            match self.challenges.store.commit(changes).await {
                Ok(()) => return self.answer(decided, client).await,
                // The same identity or address registered in this moment, or the account was changed.
                Err(CommitError::Conflict { .. } | CommitError::Duplicate(UniqueKey::Email | UniqueKey::Identity)) => {}
                Err(_) => break,
            }
        }
        Err(StoreUnavailable.into())
    }

    async fn answer(
        &self,
        decided: Decided,
        client: &Client,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        match decided {
            Decided::Outcome(outcome) => Ok(outcome),
            Decided::Unproved(account) => {
                let token = verify_email::require_verification(&self.challenges, &account, client).await;
                Ok(AuthorizationOutcome::EmailVerificationRequired(token?))
            }
        }
    }

    async fn decide(&self, identity: &ProviderIdentity, client: &Client) -> Result<Decision, FinishAuthorizationError> {
        let store = &*self.challenges.store;
        if let Some(account) = store.find_account_by_identity(&identity.provider, &identity.subject).await? {
            return self.log_in(account, Linked::Already(identity), client).await;
        }
        let email = identity.email.as_ref().ok_or(FinishAuthorizationError::NoEmail)?;
        match store.find_account_by_name(&LoginName::Email(email.address.clone())).await? {
            None => self.register(identity, &email.address, email.proved, client).await,
            Some(account) => match account.identity_at(&identity.provider) {
                // Linked since it was looked for: of two first sign-ins at once this is the second.
                Some(linked) if linked.subject == identity.subject => {
                    self.log_in(account, Linked::Already(identity), client).await
                }
                None if email.proved && account.email_verified => {
                    self.log_in(account, Linked::ByThis(identity), client).await
                }
                _ => Err(FinishAuthorizationError::EmailTaken),
            },
        }
    }

    /// A session, or what comes before it. What this links is linked with the session: not before a second factor is
    /// given, so whoever reads the mail of an account gains nothing lasting by it.
    async fn log_in(
        &self,
        account: Account,
        linked: Linked<'_>,
        client: &Client,
    ) -> Result<Decision, FinishAuthorizationError> {
        if self.require_verified_email && !account.email_verified {
            return Ok((Decided::Unproved(Box::new(account)), Vec::new()));
        }
        let (challenges, now) = (&self.challenges, self.challenges.clock.now());
        let step = TempStep::GiveSecondFactorAfterProvider;
        let pending = second_factor::begin_login(challenges, &account, step, client, now).await?;
        if let Some((required, changes)) = pending.map_err(FinishAuthorizationError::MailsSpent)? {
            return Ok((Decided::Outcome(AuthorizationOutcome::SecondFactorRequired(required)), changes));
        }
        let (account, mut changes) = match linked {
            Linked::ByThis(identity) => link_identity::link(&*challenges.entropy, account, identity, client, now),
            Linked::Already(_) => (account, Vec::new()),
        };
        let account_id = account.id;
        let (entropy, method) = (&*challenges.entropy, AuthenticationMethod::IdentityProvider);
        let (logged_in, open) = self.session_tokens.open(account, method, client, now, entropy)?;
        changes.push(open);
        if let Linked::Already(ProviderIdentity { provider, subject, .. }) = linked {
            let (provider, subject) = (provider.clone(), subject.clone());
            changes.push(Change::RequireIdentity { account_id, provider, subject });
        }
        Ok((Decided::Outcome(AuthorizationOutcome::LoggedIn(Box::new(logged_in))), changes))
    }

    /// A new account without a password. An address that the provider does not vouch for gets a code, as at any
    /// registration.
    async fn register(
        &self,
        identity: &ProviderIdentity,
        email: &EmailAddress,
        proved: bool,
        client: &Client,
    ) -> Result<Decision, FinishAuthorizationError> {
        let (challenges, now) = (&self.challenges, self.challenges.clock.now());
        let linked = LinkedIdentity::new(identity, now);
        let account = self.new_account(email, proved, linked.clone(), now);
        let account_id = account.id;
        let mut changes = vec![
            Change::InsertAccount(account.clone()),
            Change::LinkIdentity { account_id, identity: linked },
            self.announcements.announce(EventKind::UserRegistered, account_id, now),
        ];
        if self.require_verified_email && !proved {
            return Ok((Decided::Unproved(Box::new(account)), changes));
        }
        if !proved {
            let mails = mail_budgets::to_named_address(&*challenges.store, challenges.subject(email)).await?;
            mails.check(now).map_err(FinishAuthorizationError::MailsSpent)?;
            let (_, begun) = challenges.begin_for(&account, ChallengePurpose::VerifyEmail, client, now);
            changes.extend(begun);
            changes.push(Change::PutTally(mails.after_one(now)));
        }
        let (entropy, method) = (&*challenges.entropy, AuthenticationMethod::IdentityProvider);
        let (logged_in, open) = self.session_tokens.open(account, method, client, now, entropy)?;
        changes.push(open);
        Ok((Decided::Outcome(AuthorizationOutcome::Registered(Box::new(logged_in))), changes))
    }

    fn new_account(&self, email: &EmailAddress, proved: bool, identity: LinkedIdentity, now: Timestamp) -> Account {
        Account {
            id: AccountId::generate(now, self.challenges.entropy.bytes()),
            username: None,
            email: email.clone(),
            email_verified: proved,
            ever_proved: proved,
            password_hash: None,
            credential_version: CredentialVersion::FIRST,
            roles: Roles::of_new_account(),
            two_factor: TwoFactor::none(),
            identities: vec![identity],
            created_at: now,
            updated_at: now,
        }
    }
}
