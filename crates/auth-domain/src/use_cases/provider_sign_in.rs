//! Signs a user in with an identity that a provider confirmed: logs in, links or registers.

use std::sync::Arc;

use crate::account::{Account, AccountState, CredentialVersion, EmailAddress, LoginName, Roles};
use crate::audience::Audience;
use crate::challenge::ChallengePurpose;
use crate::disclosure::Disclosure;
use crate::event::EventKind;
use crate::identity::{LinkedIdentity, ProviderEmail, ProviderIdentity};
use crate::invitation::GivenInvitation;
use crate::ports::{Change, IdentifyError};
use crate::registration::RegistrationRefused;
use crate::services::{Admission, Announcements, Challenges, Decision, Environment, SessionTokens, Success, link};
use crate::session::{AuthenticationMethod, Client};
use crate::temp_token::TempStep;
use crate::two_factor::TwoFactor;
use crate::{AccountId, Language, Locale, Timestamp};

use super::all::{EmailVerification, Parts};
use super::finish_authorization::{AuthorizationOutcome, FinishAuthorizationError};

/// What one round decides.
type Signed = Decision<Decided, FinishAuthorizationError>;

/// Whether the identity is already linked to an account, or is linked by this sign-in.
#[derive(Clone, Copy)]
enum Linked<'a> {
    Already(&'a ProviderIdentity),
    ByThis(&'a ProviderIdentity),
}

/// Who signs in, and what for.
#[derive(Clone, Copy)]
pub(super) struct SignInFrom<'a> {
    pub(super) client: &'a Client,
    /// For whom the access token is.
    pub(super) audience: &'a Audience,
    /// The language that the user's browser prefers, which a new account gets.
    pub(super) accepted: Option<Language>,
}

enum Decided {
    Outcome(AuthorizationOutcome),
    /// The address of this account must be verified before there is a session.
    Unproved(Box<Account>),
}

/// Signs users in through identity providers.
pub(super) struct ProviderSignIn {
    env: Environment,
    admission: Arc<Admission>,
    challenges: Arc<Challenges>,
    session_tokens: Arc<SessionTokens>,
    announcements: Arc<Announcements>,
    email_verification: EmailVerification,
    disclosure: Disclosure,
}

impl ProviderSignIn {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            admission: parts.admission.clone(),
            challenges: parts.challenges.clone(),
            session_tokens: parts.session_tokens.clone(),
            announcements: parts.announcements.clone(),
            email_verification: parts.policy.email_verification,
            disclosure: parts.policy.disclosure,
        }
    }

    /// Logs in to the account to which the identity is linked, with an access token for the audience. If there is none, the address decides: if both sides
    /// have verified it, the identity is linked and logs in; if no account has it, one is registered if the rules for
    /// registration and the invitation allow it; otherwise the sign-in is refused.
    pub(super) async fn execute(
        &self,
        identity: &ProviderIdentity,
        given: GivenInvitation,
        from: SignInFrom<'_>,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        // A lost round: the same identity or address was registered in this moment, or the account was changed.
        let decided = self.env.decide(async |_| self.decision(identity, given, from).await).await?;
        self.answer(decided, from.client).await
    }

    async fn answer(
        &self,
        decided: Decided,
        client: &Client,
    ) -> Result<AuthorizationOutcome, FinishAuthorizationError> {
        match decided {
            Decided::Outcome(outcome) => {
                if matches!(outcome, AuthorizationOutcome::LoggedIn(_) | AuthorizationOutcome::Registered(_)) {
                    self.session_tokens.opened(client, self.env.now());
                }
                Ok(outcome)
            }
            Decided::Unproved(account) => {
                let token = self.challenges.require_verification(&account, client).await;
                Ok(AuthorizationOutcome::EmailVerificationRequired(token?))
            }
        }
    }

    async fn decision(
        &self,
        identity: &ProviderIdentity,
        given: GivenInvitation,
        from: SignInFrom<'_>,
    ) -> Result<Signed, FinishAuthorizationError> {
        let store = &*self.env.store;
        if let Some(account) = store.find_account_by_identity(&identity.provider, &identity.subject).await? {
            return self.log_in(account, Linked::Already(identity), from).await;
        }
        let email = identity.email.as_ref().ok_or(FinishAuthorizationError::NoEmail)?;
        match store.find_account_by_name(&LoginName::Email(email.address.clone())).await? {
            None => self.register(identity, email, given, from).await,
            Some(account) => match account.identity_at(&identity.provider) {
                // Linked since it was looked up: this is the second of two simultaneous first sign-ins.
                Some(linked) if linked.subject == identity.subject => {
                    self.log_in(account, Linked::Already(identity), from).await
                }
                None if email.proved && account.email_verified => {
                    self.log_in(account, Linked::ByThis(identity), from).await
                }
                _ => Err(self.taken(email, given).await?),
            },
        }
    }

    /// Returns a session, or what must come first. A new link is made together with the session and not before a second
    /// factor is given, so that someone who only reads the account's mail gains nothing lasting.
    async fn log_in(
        &self,
        account: Account,
        linked: Linked<'_>,
        SignInFrom { client, audience, .. }: SignInFrom<'_>,
    ) -> Result<Signed, FinishAuthorizationError> {
        if let Some(blocked) = account.blocked() {
            return Err(match self.disclosure {
                Disclosure::Explicit => blocked.into(),
                Disclosure::Concealed => IdentifyError::CodeRefused.into(),
            });
        }
        if self.email_verification == EmailVerification::BeforeLogin && !account.email_verified {
            return Ok(Decision::nothing(Decided::Unproved(Box::new(account))));
        }
        let (challenges, now) = (&self.challenges, self.env.now());
        let step = match linked {
            Linked::Already(_) => TempStep::GiveSecondFactorAfterProvider,
            Linked::ByThis(_) => TempStep::GiveSecondFactorAfterAddress,
        };
        let pending = challenges.begin_login(&account, step, client, now).await?;
        if let Some((required, changes)) = pending {
            let required = AuthorizationOutcome::SecondFactorRequired(required);
            return Ok(Decision::commit(Decided::Outcome(required), changes));
        }
        let (account, mut changes) = match linked {
            Linked::ByThis(identity) => link(&*self.env.entropy, account, identity, client, now),
            Linked::Already(_) => (account, Vec::new()),
        };
        let account_id = account.id;
        let passwords = self.env.password_limit(account_id, client.network()).await?;
        let known = passwords.attempts.last_success_at.is_some();
        changes.extend(self.env.tell_of_login(&account, known, client, now).await?);
        changes.extend(Success::Login.changes(&passwords, now));
        let method = AuthenticationMethod::IdentityProvider;
        let (logged_in, open) = self.session_tokens.open(account, method, (client, audience), now)?;
        changes.push(open);
        if let Linked::Already(ProviderIdentity { provider, subject, .. }) = linked {
            let (provider, subject) = (provider.clone(), subject.clone());
            changes.push(Change::RequireIdentity { account_id, provider, subject });
        }
        Ok(Decision::commit(Decided::Outcome(AuthorizationOutcome::LoggedIn(Box::new(logged_in))), changes))
    }

    /// Returns why nobody is registered with an address that an account has. If accounts are concealed, someone who may not
    /// register does not learn that there is one.
    async fn taken(
        &self,
        email: &ProviderEmail,
        given: GivenInvitation,
    ) -> Result<FinishAuthorizationError, FinishAuthorizationError> {
        Ok(match self.admission.admit(&email.address, given).await? {
            Err(refused) => match self.admission.told(refused) {
                concealed @ RegistrationRefused::Concealed => concealed.into(),
                _ => FinishAuthorizationError::EmailTaken,
            },
            Ok(_) => FinishAuthorizationError::EmailTaken,
        })
    }

    /// Registers an account without a password. An address that neither the provider nor an invitation has verified gets a
    /// code, as at any registration.
    async fn register(
        &self,
        identity: &ProviderIdentity,
        ProviderEmail { address: email, proved }: &ProviderEmail,
        given: GivenInvitation,
        SignInFrom { client, audience, accepted }: SignInFrom<'_>,
    ) -> Result<Signed, FinishAuthorizationError> {
        let (challenges, now) = (&self.challenges, self.env.now());
        let admitted = self.admission.admit(email, given).await?.map_err(|refused| self.admission.told(refused))?;
        let linked = LinkedIdentity::new(identity, now);
        let locale = accepted.map(Locale::from);
        let new = Account { locale, ..self.new_account(email, *proved, linked.clone(), now) };
        let account = admitted.welcome(new);
        let (account_id, proved) = (account.id, account.email_verified);
        let mut changes = vec![
            Change::InsertAccount(account.clone()),
            Change::LinkIdentity { account_id, identity: linked },
            self.announcements.announce(EventKind::UserRegistered, account_id, now),
        ];
        changes.extend(admitted.use_up(account_id, now));
        if self.email_verification == EmailVerification::BeforeLogin && !proved {
            return Ok(Decision::commit(Decided::Unproved(Box::new(account)), changes));
        }
        if !proved {
            let mails = challenges.mails_to_named_address(challenges.subject(email)).await?;
            mails.check(now).map_err(FinishAuthorizationError::MailsLimited)?;
            let (_, begun) = challenges.begin_for(&account, ChallengePurpose::VerifyEmail, client, now);
            changes.extend(begun);
            changes.push(Change::count_mail(mails, now));
        }
        let method = AuthenticationMethod::IdentityProvider;
        let (logged_in, open) = self.session_tokens.open(account, method, (client, audience), now)?;
        changes.push(open);
        Ok(Decision::commit(Decided::Outcome(AuthorizationOutcome::Registered(Box::new(logged_in))), changes))
    }

    fn new_account(&self, email: &EmailAddress, proved: bool, identity: LinkedIdentity, now: Timestamp) -> Account {
        Account {
            id: AccountId::generate(now, self.env.random()),
            username: None,
            email: email.clone(),
            email_verified: proved,
            ever_proved: proved,
            email_told: true,
            pending_email: None,
            password_hash: None,
            new_password_required: false,
            credential_version: CredentialVersion::FIRST,
            roles: Roles::of_new_account(),
            two_factor: TwoFactor::none(),
            identities: vec![identity],
            locale: None,
            state: AccountState::Active,
            deletion: None,
            created_at: now,
            updated_at: now,
        }
    }
}
