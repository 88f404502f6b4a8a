//! Imports accounts from another system, for the operator: checked as if they were typed here, sealed, and never twice.

use std::collections::HashSet;
use std::sync::Arc;

use crate::account::{
    Account, AccountState, CredentialVersion, EmailAddress, HashCost, LoginName, PasswordHash, Roles, Username,
};
use crate::identity::{LinkedIdentity, ProviderName, Subject};
use crate::import::{
    ImportCandidate, ImportPolicy, ImportRefusal, ImportedFactor, ImportedIdentity, ImportedPassword, ImportedProvider,
    ImportedSecret, ImportedState,
};
use crate::ports::{Change, CommitError, ImportSealing, StoreError, UniqueKey};
use crate::services::Environment;
use crate::two_factor::{Enrolment, Method, MethodState, RecoveryCodeHash, SealedSecret, TwoFactor};
use crate::{AccountId, Locale, Timestamp};

use super::Operator;

/// What became of one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is an account now; of a check, it would be.
    Imported(AccountId),
    /// There was an account with its id or address already, which was left as it is.
    AlreadyThere(AccountId),
    /// It was refused.
    Refused(ImportRefusal),
}

/// The names that a check has seen, so that it notices what one file contains twice.
#[derive(Debug, Default)]
pub struct SeenNames(HashSet<String>);

impl SeenNames {
    /// Adds the names of an account. Returns which was seen before, if any.
    fn add(&mut self, account: &Account) -> Option<UniqueKey> {
        let mut new = |name: String| self.0.insert(name);
        if !new(format!("e{}", account.email.key())) {
            return Some(UniqueKey::Email);
        }
        if account.username.as_ref().is_some_and(|name| !new(format!("u{}", name.key()))) {
            return Some(UniqueKey::Username);
        }
        let mut identities = account.identities.iter();
        identities
            .any(|identity| !new(format!("i{} {}", identity.provider, identity.subject.as_str())))
            .then_some(UniqueKey::Identity)
    }
}

/// Imports accounts.
pub struct ImportAccounts {
    env: Environment,
    sealing: Arc<dyn ImportSealing>,
}

impl ImportAccounts {
    /// How many candidates to pass at a time.
    pub const BATCH: usize = 250;

    pub(super) const fn new(env: Environment, sealing: Arc<dyn ImportSealing>) -> Self {
        Self { env, sealing }
    }

    /// Says what [`Self::execute`] would do, and writes nothing.
    pub async fn check(
        &self,
        _: &Operator,
        policy: &ImportPolicy,
        candidates: Vec<ImportCandidate>,
        seen: &mut SeenNames,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let mut outcomes = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let outcome = match self.account(candidate, policy) {
                Err(refusal) => ImportOutcome::Refused(refusal),
                Ok(account) => match (self.known(&account).await?, seen.add(&account)) {
                    (Some(outcome), _) => outcome,
                    (None, Some(UniqueKey::Email)) => ImportOutcome::AlreadyThere(account.id),
                    (None, Some(key)) => ImportOutcome::Refused(ImportRefusal::Taken(key)),
                    (None, None) => ImportOutcome::Imported(account.id),
                },
            };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Imports the candidates, at best in one commit. What was committed stays if a later call fails.
    pub async fn execute(
        &self,
        _: &Operator,
        policy: &ImportPolicy,
        candidates: Vec<ImportCandidate>,
    ) -> Result<Vec<ImportOutcome>, StoreError> {
        let judged: Vec<Result<Account, ImportRefusal>> =
            candidates.into_iter().map(|candidate| self.account(candidate, policy)).collect();
        let all: Vec<Change> = judged.iter().flatten().flat_map(changes).collect();
        let at_once = match self.env.store.commit(all).await {
            Ok(()) => true,
            // At least one is there already, or contains what another one has.
            Err(CommitError::Conflict(_) | CommitError::Duplicate(_)) => false,
            Err(CommitError::Store(error)) => return Err(error),
        };
        let mut outcomes = Vec::with_capacity(judged.len());
        for account in judged {
            outcomes.push(match account {
                Err(refusal) => ImportOutcome::Refused(refusal),
                Ok(account) if at_once => ImportOutcome::Imported(account.id),
                Ok(account) => self.insert(&account).await?,
            });
        }
        Ok(outcomes)
    }

    async fn insert(&self, account: &Account) -> Result<ImportOutcome, StoreError> {
        if let Some(outcome) = self.known(account).await? {
            return Ok(outcome);
        }
        match self.env.store.commit(changes(account).collect()).await {
            Ok(()) => Ok(ImportOutcome::Imported(account.id)),
            Err(CommitError::Duplicate(key)) => Ok(ImportOutcome::Refused(ImportRefusal::Taken(key))),
            Err(CommitError::Store(error)) => Err(error),
            // An insert has no guard: somebody else was in the way.
            Err(CommitError::Conflict(_)) => Err(StoreError::Unavailable),
        }
    }

    /// Returns the outcome of an account that cannot be inserted, because of one that is there.
    async fn known(&self, account: &Account) -> Result<Option<ImportOutcome>, StoreError> {
        let store = &*self.env.store;
        if let Some(there) = store.find_account_by_name(&LoginName::Email(account.email.clone())).await? {
            return Ok(Some(ImportOutcome::AlreadyThere(there.id)));
        }
        if store.find_account(account.id).await?.is_some() {
            return Ok(Some(ImportOutcome::AlreadyThere(account.id)));
        }
        let taken = |key| Ok(Some(ImportOutcome::Refused(ImportRefusal::Taken(key))));
        if let Some(username) = &account.username
            && store.find_account_by_name(&LoginName::Username(username.clone())).await?.is_some()
        {
            return taken(UniqueKey::Username);
        }
        for LinkedIdentity { provider, subject, .. } in &account.identities {
            if store.find_account_by_identity(provider, subject).await?.is_some() {
                return taken(UniqueKey::Identity);
            }
        }
        Ok(None)
    }

    /// Returns the account of a candidate, if somebody can log in to it.
    fn account(&self, candidate: ImportCandidate, policy: &ImportPolicy) -> Result<Account, ImportRefusal> {
        let now = self.env.now();
        let state = match candidate.state {
            ImportedState::Active => AccountState::Active,
            ImportedState::Disabled { since } => AccountState::Suspended { since: since.unwrap_or(now).min(now) },
            ImportedState::Deleted => return Err(ImportRefusal::Deleted),
        };
        let created_at = candidate.created_at.unwrap_or(now).min(now);
        let id = candidate.id.map_or_else(|| AccountId::generate(created_at, self.env.random()), AccountId::from);
        let email = EmailAddress::parse(candidate.email.as_deref().ok_or(ImportRefusal::NoEmail)?);
        let email = email.map_err(ImportRefusal::Email)?;
        let password_hash = candidate.password.map(|password| self.password(id, password, policy)).transpose()?;
        let new_password_required = candidate.new_password_required && password_hash.is_some();
        let identities = identities(candidate.identities, created_at, policy)?;
        let recovery_codes = candidate.recovery_codes.into_iter().map(RecoveryCodeHash::new).collect();
        let account = Account {
            id,
            username: username(candidate.username.as_deref(), policy)?,
            email_told: password_hash.is_none() && !identities.is_empty(),
            email,
            email_verified: candidate.email_verified,
            ever_proved: candidate.email_verified,
            pending_email: None,
            password_hash,
            credential_version: CredentialVersion::FIRST,
            locale: candidate.locale.and_then(|tag| Locale::parse(&tag.replace('_', "-")).ok()),
            state,
            deletion: None,
            new_password_required,
            roles: roles(candidate.roles.as_deref(), policy)?,
            two_factor: self.two_factor(id, candidate.factors, recovery_codes, created_at, policy)?,
            identities,
            created_at,
            updated_at: now,
        };
        require_a_way_in(&account, policy)?;
        Ok(account)
    }

    fn password(
        &self,
        id: AccountId,
        password: ImportedPassword,
        policy: &ImportPolicy,
    ) -> Result<PasswordHash, ImportRefusal> {
        match password {
            ImportedPassword::Foreign(hash) => {
                hash.check(policy.hash_cost)?;
                Ok(self.sealing.foreign_hash(id, &hash, self.env.random()))
            }
            ImportedPassword::Own(hash) if !self.sealing.can_compare(id, &hash) => {
                Err(ImportRefusal::MissingKey("the password hash"))
            }
            ImportedPassword::Own(hash) => match HashCost::of_phc(hash.as_phc()) {
                Some(cost) if !cost.is_bearable(policy.hash_cost) => Err(ImportRefusal::OwnHashTooDear),
                _ => Ok(hash),
            },
        }
    }

    fn two_factor(
        &self,
        id: AccountId,
        factors: Vec<ImportedFactor>,
        recovery_codes: Vec<RecoveryCodeHash>,
        created_at: Timestamp,
        policy: &ImportPolicy,
    ) -> Result<TwoFactor, ImportRefusal> {
        if !recovery_codes.iter().all(|code| self.sealing.recognises(code)) {
            return Err(ImportRefusal::MissingKey("a recovery code"));
        }
        let mut two_factor = TwoFactor { recovery_codes, ..TwoFactor::none() };
        for ImportedFactor { method, enabled, primary, secret, since } in factors {
            let since = since.unwrap_or(created_at);
            match (method, self.secret(id, secret)) {
                (_, Err(ImportRefusal::Factor(_))) if policy.drop_unusable_factors => continue,
                (_, Err(refusal)) => return Err(refusal),
                (Method::App, Ok(Some(secret))) => two_factor.app = enrolled(enabled, Enrolment { since, secret }),
                (Method::App, Ok(None)) => return Err(ImportRefusal::Factor("an app without a secret")),
                (Method::Email, Ok(_)) => two_factor.email = enrolled(enabled, Enrolment { since, secret: () }),
            }
            if primary {
                two_factor.preferred = method;
            }
        }
        Ok(two_factor)
    }

    fn secret(&self, id: AccountId, secret: ImportedSecret) -> Result<Option<SealedSecret>, ImportRefusal> {
        match secret {
            ImportedSecret::None => Ok(None),
            ImportedSecret::Key(key) if (10..=128).contains(&key.len()) => {
                Ok(Some(self.sealing.app_secret(id, &key, self.env.random())))
            }
            ImportedSecret::Key(_) => {
                Err(ImportRefusal::Factor("its secret has fewer than 80 or more than 1,024 bits"))
            }
            ImportedSecret::Sealed(secret) if self.sealing.opens(id, &secret) => Ok(Some(secret)),
            ImportedSecret::Sealed(_) => Err(ImportRefusal::MissingKey("the secret of its app")),
            ImportedSecret::Unusable(reason) => Err(ImportRefusal::Factor(reason)),
        }
    }
}

fn changes(account: &Account) -> impl Iterator<Item = Change> {
    let account_id = account.id;
    let link = move |identity: &LinkedIdentity| Change::LinkIdentity { account_id, identity: identity.clone() };
    std::iter::once(Change::InsertAccount(account.clone())).chain(account.identities.iter().map(link))
}

const fn enrolled<S>(enabled: bool, enrolment: Enrolment<S>) -> MethodState<S> {
    if enabled { MethodState::Enabled(enrolment) } else { MethodState::Disabled(enrolment, None) }
}

fn username(text: Option<&str>, policy: &ImportPolicy) -> Result<Option<Username>, ImportRefusal> {
    match text.map(Username::parse).transpose() {
        Err(_) if policy.drop_invalid_usernames => Ok(None),
        parsed => parsed.map_err(ImportRefusal::Username),
    }
}

fn roles(texts: Option<&[String]>, policy: &ImportPolicy) -> Result<Roles, ImportRefusal> {
    match texts.filter(|_| !policy.without_roles) {
        Some(texts) => Roles::parse(texts).map_err(ImportRefusal::Roles),
        None => Ok(Roles::of_new_account()),
    }
}

/// Reads identities, ordered by their provider.
fn identities(
    identities: Vec<ImportedIdentity>,
    linked_at: Timestamp,
    policy: &ImportPolicy,
) -> Result<Vec<LinkedIdentity>, ImportRefusal> {
    let link = |ImportedIdentity { provider, subject }: ImportedIdentity| {
        let (name, provider) = match provider {
            ImportedProvider::Known(name) => (name.clone(), ProviderName::parse(&name)),
            ImportedProvider::Alias(alias) => match policy.aliases.get(&alias) {
                Some(provider) => (alias, Some(provider.clone())),
                None => return Err(ImportRefusal::UnknownAlias(alias)),
            },
        };
        let linked = provider.zip(Subject::parse(&subject));
        let linked = linked.map(|(provider, subject)| LinkedIdentity { provider, subject, linked_at });
        linked.ok_or(ImportRefusal::Identity(name))
    };
    let mut linked: Vec<LinkedIdentity> = identities.into_iter().map(link).collect::<Result<_, _>>()?;
    linked.sort_by(|one, other| one.provider.cmp(&other.provider));
    match linked.windows(2).find(|pair| pair[0].provider == pair[1].provider) {
        Some(pair) => Err(ImportRefusal::TwoIdentities(pair[0].provider.clone())),
        None => Ok(linked),
    }
}

/// Refuses an account to which nobody could ever log in.
fn require_a_way_in(account: &Account, policy: &ImportPolicy) -> Result<(), ImportRefusal> {
    let by_provider = account.identities.iter().any(|identity| policy.providers.contains(&identity.provider));
    if account.password_hash.is_some() || by_provider {
        return Ok(());
    }
    match account.identities.first() {
        Some(identity) => Err(ImportRefusal::ProviderNotConfigured(identity.provider.clone())),
        // By a reset by mail.
        None if account.email_verified => Ok(()),
        None => Err(ImportRefusal::NoWayToLogIn),
    }
}
