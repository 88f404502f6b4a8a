//! Registers an account, without opening a session.

use std::sync::Arc;

use crate::account::{
    Account, AccountState, CredentialVersion, EmailAddress, LoginName, Password, PasswordHash, PasswordPolicy,
    PasswordReason, Roles, Username,
};
use crate::challenge::{ChallengePurpose, Challenged};
use crate::disclosure::Disclosure;
use crate::error_code::{Details, ErrorCode, FieldError, Refusal};
use crate::event::EventKind;
use crate::invitation::GivenInvitation;
use crate::mail::NoticeKind;
use crate::ports::{Change, HashingError, PasswordHasher, StoreError, UniqueKey};
use crate::rate_limit::RateLimited;
use crate::registration::RegistrationRefused;
use crate::services::{Admission, Admitted, Announcements, Challenges, Decision, Environment, Lost, notice, salt};
use crate::session::Client;
use crate::temp_token::{IssuedTempToken, TempStep};
use crate::two_factor::TwoFactor;
use crate::{AccountId, ChallengeId, Language, Locale, Timestamp};

use super::all::{EmailVerification, Parts};

/// What the user entered, and who sent it.
#[derive(Clone, Debug)]
pub struct RegisterRequest {
    /// The username, if the user chose one.
    pub username: Option<String>,
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: Password,
    /// Compared with `password` if it is present.
    pub confirm_password: Option<Password>,
    /// The invitation, if the user has one.
    pub invitation: Option<String>,
    /// The language that the user prefers, as a language tag.
    pub locale: Option<String>,
    /// The language that the user's browser prefers, if it is known; it counts if the user names none.
    pub accepted: Option<Language>,
    /// Who is calling.
    pub client: Client,
}

/// The outcome of a registration, real or pretended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The new account.
    pub account: Account,
    /// The token with which to verify the address, if that is required before the first login.
    pub temp_token: Option<IssuedTempToken>,
}

/// Why nobody was registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// The e-mail address, the username or the language is malformed.
    #[error("malformed fields: {}", .0.len())]
    Malformed(Vec<FieldError>),
    /// The two passwords differ.
    #[error("the passwords do not match")]
    UnmatchedPasswords,
    /// The password is too weak.
    #[error("the password breaks the password policy")]
    WeakPassword(Vec<PasswordReason>),
    /// Nobody may register, or not this user.
    #[error(transparent)]
    Refused(#[from] RegistrationRefused),
    /// Another account has the e-mail address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Another account has the username, which cannot be concealed.
    #[error("the username is taken")]
    UsernameTaken(Disclosure),
    /// The limit for mails to the address is reached.
    #[error("too many mails: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RegisterError> for Refusal {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Malformed(fields) => Self::invalid(fields),
            RegisterError::UnmatchedPasswords => ErrorCode::UnmatchedPasswords.into(),
            RegisterError::WeakPassword(reasons) => {
                Self { code: ErrorCode::PasswordPolicy, details: Details::PasswordReasons(reasons) }
            }
            RegisterError::Refused(refused) => refused.into(),
            RegisterError::EmailTaken => Self::taken(ErrorCode::UserExists, "/email"),
            RegisterError::UsernameTaken(Disclosure::Explicit) => Self::taken(ErrorCode::UserExists, "/username"),
            RegisterError::UsernameTaken(Disclosure::Concealed) => ErrorCode::UserExists.into(),
            RegisterError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            RegisterError::Hashing(error) => error.into(),
            RegisterError::Store(error) => error.into(),
        }
    }
}

/// Registers accounts.
pub struct Register {
    env: Environment,
    admission: Arc<Admission>,
    hasher: Arc<dyn PasswordHasher>,
    challenges: Arc<Challenges>,
    announcements: Arc<Announcements>,
    policy: PasswordPolicy,
    disclosure: Disclosure,
    email_verification: EmailVerification,
}

impl Register {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            env: parts.env.clone(),
            admission: parts.admission.clone(),
            hasher: parts.ports.password_hasher.clone(),
            challenges: parts.challenges.clone(),
            announcements: parts.announcements.clone(),
            policy: parts.policy.password,
            disclosure: parts.policy.disclosure,
            email_verification: parts.policy.email_verification,
        }
    }

    /// Returns what is wrong with the names and the language; nothing if they are well-formed.
    pub fn malformed_names(email: &str, username: Option<&str>, locale: Option<&str>) -> Vec<FieldError> {
        let username = username.map(Username::parse).transpose();
        let errors = [
            EmailAddress::parse(email).err().map(FieldError::from),
            username.err().map(FieldError::from),
            locale.and_then(|locale| Locale::parse(locale).err()).map(FieldError::from),
        ];
        errors.into_iter().flatten().collect()
    }

    /// Registers an account. A taken name costs a hash too, so that it takes as long as a free one. If accounts are
    /// concealed, so does a registration that the rules refuse, which then looks like any other.
    pub async fn execute(&self, request: RegisterRequest) -> Result<Registered, RegisterError> {
        let Named { email, username, locale } = parse_names(&request)?;
        let given = self.admission.read(request.invitation.as_deref());
        if self.disclosure == Disclosure::Explicit {
            self.admission.check_rules(&email, given)?;
        }
        if request.confirm_password.is_some_and(|confirm| confirm != request.password) {
            return Err(RegisterError::UnmatchedPasswords);
        }
        let reasons = self.policy.reasons_against(&request.password, &email, username.as_ref());
        if !reasons.is_empty() {
            return Err(RegisterError::WeakPassword(reasons));
        }
        let (salt, network) = (salt(self.env.random()), request.client.network());
        let password_hash = self.hasher.hash(request.password, salt, network).await?;
        let account = self.new_account(Named { email, username, locale }, password_hash);
        self.env.decide(async |lost| self.round(lost, &account, given, &request.client).await).await
    }

    async fn round(
        &self,
        lost: Option<Lost>,
        account: &Account,
        given: GivenInvitation,
        client: &Client,
    ) -> Result<Decision<Registered, RegisterError>, RegisterError> {
        let admitted = match (self.admission.admit(&account.email, given).await?, self.disclosure) {
            (Ok(admitted), _) => admitted,
            (Err(_), Disclosure::Concealed) => return self.pretend(account, client).await,
            (Err(refused), Disclosure::Explicit) => return Err(refused.into()),
        };
        let account = admitted.welcome(account.clone());
        match (lost, self.disclosure) {
            (Some(Lost::Duplicate(UniqueKey::Email)), Disclosure::Concealed) => self.pretend(&account, client).await,
            (Some(Lost::Duplicate(UniqueKey::Email)), Disclosure::Explicit) => Err(RegisterError::EmailTaken),
            (Some(Lost::Duplicate(UniqueKey::Username)), disclosure) => Err(RegisterError::UsernameTaken(disclosure)),
            _ => self.insert(&account, &admitted, client).await,
        }
    }

    fn new_account(&self, Named { email, username, locale }: Named, password_hash: PasswordHash) -> Account {
        let now = self.env.now();
        Account {
            id: AccountId::generate(now, self.env.random()),
            username,
            email,
            email_verified: false,
            ever_proved: false,
            email_told: false,
            pending_email: None,
            password_hash: Some(password_hash),
            new_password_required: false,
            credential_version: CredentialVersion::FIRST,
            roles: Roles::of_new_account(),
            two_factor: TwoFactor::none(),
            identities: Vec::new(),
            locale,
            state: AccountState::Active,
            deletion: None,
            created_at: now,
            updated_at: now,
        }
    }

    async fn insert(
        &self,
        account: &Account,
        admitted: &Admitted,
        client: &Client,
    ) -> Result<Decision<Registered, RegisterError>, RegisterError> {
        let now = self.env.now();
        let mut changes = vec![Change::InsertAccount(account.clone())];
        changes.extend(admitted.use_up(account.id, now));
        changes.push(self.announcements.announce(EventKind::UserRegistered, account.id, account.created_at));
        if account.email_verified {
            return Ok(Decision::commit(Registered { account: account.clone(), temp_token: None }, changes));
        }
        changes.push(self.count_mail(&account.email, now).await?);
        let (challenge, begun) = self.challenges.begin_for(account, ChallengePurpose::VerifyEmail, client, now);
        changes.extend(begun);
        Ok(Decision::commit(self.registered(account, challenge.id, now), changes))
    }

    async fn count_mail(&self, to: &EmailAddress, now: Timestamp) -> Result<Change, RegisterError> {
        let mails = self.challenges.mails_to_named_address(self.challenges.subject(to)).await?;
        mails.check(now).map_err(RegisterError::RateLimited)?;
        Ok(Change::count_mail(mails, now))
    }

    fn registered(&self, account: &Account, challenge_id: ChallengeId, now: Timestamp) -> Registered {
        let temp_token = match self.email_verification {
            _ if account.email_verified => None,
            EmailVerification::Optional => None,
            EmailVerification::BeforeLogin => {
                Some(self.challenges.temp_token(challenge_id, TempStep::GiveVerifyEmailCode, now))
            }
        };
        Registered { account: account.clone(), temp_token }
    }

    /// Pretends to register a taken address, or someone whom the rules refuse: the caller is not told, but the owner of the
    /// address, if there is one, gets a mail. A taken username cannot be concealed, since a new account could not have it
    /// either.
    async fn pretend(
        &self,
        account: &Account,
        client: &Client,
    ) -> Result<Decision<Registered, RegisterError>, RegisterError> {
        let (store, now) = (&*self.env.store, self.env.now());
        if let Some(username) = &account.username
            && store.find_account_by_name(&LoginName::Username(username.clone())).await?.is_some()
        {
            return Err(RegisterError::UsernameTaken(self.disclosure));
        }
        let counted = self.count_mail(&account.email, now).await?;
        let (subject, purpose) = (self.challenges.subject(&account.email), ChallengePurpose::VerifyEmail);
        let (challenge, [insert, _]) = self.challenges.begin(subject, Challenged::Nobody, purpose, client, now);
        let mut changes = vec![insert, counted];
        if let Some(owner) = store.find_account_by_name(&LoginName::Email(account.email.clone())).await? {
            let kind = NoticeKind::RegistrationAttempted;
            changes.push(notice(&*self.env.entropy, &owner, kind, client, now));
        }
        Ok(Decision::commit(self.registered(account, challenge.id, now), changes))
    }
}

/// What the user named, parsed.
struct Named {
    email: EmailAddress,
    username: Option<Username>,
    locale: Option<Locale>,
}

fn parse_names(request: &RegisterRequest) -> Result<Named, RegisterError> {
    let (username, locale) = (request.username.as_deref(), request.locale.as_deref());
    let parsed = (
        EmailAddress::parse(&request.email),
        username.map(Username::parse).transpose(),
        locale.map(Locale::parse).transpose(),
    );
    match parsed {
        (Ok(email), Ok(username), Ok(locale)) => {
            Ok(Named { email, username, locale: locale.or(request.accepted.map(Locale::from)) })
        }
        _ => Err(RegisterError::Malformed(Register::malformed_names(&request.email, username, locale))),
    }
}
