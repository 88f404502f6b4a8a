//! Rows as they stand in the tables, and their way to and from the domain's types.

use auth_domain::account::{Account, CredentialVersion, EmailAddress, PasswordHash, Roles, Username};
use auth_domain::budget::{DailyMisses, NetworkAttempts, PasswordBudget};
use auth_domain::ports::StoreUnavailable;
use auth_domain::session::{
    AuthenticationMethod, Client, Generation, KeyId, LeftBehind, Network, Revocation, RevocationReason, Rotation,
    Session,
};
use auth_domain::signing_key::SigningKey;
use auth_domain::{AccountId, SessionId, SigningKeyId, Timestamp};
use diesel::prelude::*;

use super::schema::{accounts, password_daily_misses, password_network_attempts, sessions, signing_keys};
use super::two_factor::TwoFactorRow;
use crate::dialect::DbUuid;

/// A row holds what the domain could not have written: the database was changed by other hands.
pub(super) fn unreadable(table: &'static str, column: &'static str) -> StoreUnavailable {
    tracing::error!(table, column, "a stored value is not one that this service writes");
    StoreUnavailable
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn generation(number: i64) -> Result<Generation, StoreUnavailable> {
    u32::try_from(number).map(Generation::from_number).map_err(|_| unreadable("sessions", "generation"))
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = accounts)]
pub(super) struct AccountRow {
    pub(super) id: DbUuid,
    username: Option<String>,
    username_key: Option<String>,
    email: String,
    email_key: String,
    email_verified: bool,
    password_hash: Option<String>,
    credential_version: i64,
    roles: String,
    created_at: i64,
    updated_at: i64,
    ever_proved: bool,
    #[diesel(embed)]
    two_factor: TwoFactorRow,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        Self {
            id: DbUuid(account.id.as_uuid()),
            username: account.username.as_ref().map(|name| name.as_str().to_owned()),
            username_key: account.username.as_ref().map(|name| name.key().to_owned()),
            email: account.email.as_str().to_owned(),
            email_key: account.email.key().to_owned(),
            email_verified: account.email_verified,
            password_hash: account.password_hash.as_ref().map(|hash| hash.as_phc().to_owned()),
            credential_version: account.credential_version.as_number(),
            roles: account.roles.to_string(),
            created_at: account.created_at.as_micros(),
            updated_at: account.updated_at.as_micros(),
            ever_proved: account.ever_proved,
            two_factor: TwoFactorRow::from(&account.two_factor),
        }
    }
}

/// Without its identities, which are rows of their own.
impl TryFrom<AccountRow> for Account {
    type Error = StoreUnavailable;

    fn try_from(row: AccountRow) -> Result<Self, StoreUnavailable> {
        let username = row.username.as_deref().map(Username::parse).transpose();
        let roles: Vec<String> = row.roles.split_whitespace().map(str::to_owned).collect();
        Ok(Self {
            id: AccountId::from(row.id.0),
            username: username.map_err(|_| unreadable("accounts", "username"))?,
            email: EmailAddress::parse(&row.email).map_err(|_| unreadable("accounts", "email"))?,
            email_verified: row.email_verified,
            password_hash: row.password_hash.map(PasswordHash::from_phc),
            credential_version: CredentialVersion::from_number(row.credential_version),
            roles: Roles::parse(&roles).map_err(|_| unreadable("accounts", "roles"))?,
            ever_proved: row.ever_proved,
            two_factor: row.two_factor.try_into()?,
            identities: Vec::new(),
            created_at: timestamp(row.created_at),
            updated_at: timestamp(row.updated_at),
        })
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(super) struct SessionRow {
    id: DbUuid,
    account_id: DbUuid,
    generation: i64,
    parent: Option<i64>,
    served_at: i64,
    proved: bool,
    network: String,
    user_agent: String,
    left_after: Option<i64>,
    left_before: Option<i64>,
    key_id: String,
    method: String,
    created_at: i64,
    idle_expires_at: i64,
    absolute_expires_at: i64,
    revoked_at: Option<i64>,
    revocation_reason: Option<String>,
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreUnavailable;

    fn try_from(row: SessionRow) -> Result<Self, StoreUnavailable> {
        let amr: Vec<&str> = row.method.split(' ').collect();
        let method = AuthenticationMethod::from_amr(&amr).ok_or_else(|| unreadable("sessions", "method"))?;
        let gap: Option<Result<LeftBehind, StoreUnavailable>> = row
            .left_after
            .zip(row.left_before)
            .map(|(after, before)| Ok(LeftBehind { after: generation(after)?, before: generation(before)? }));
        let reason = row.revocation_reason.as_deref().and_then(RevocationReason::parse);
        let revocation = match (row.revoked_at, reason) {
            (None, _) => None,
            (Some(at), Some(reason)) => Some(Revocation { at: timestamp(at), reason }),
            (Some(_), None) => return Err(unreadable("sessions", "revocation_reason")),
        };
        Ok(Self {
            id: SessionId::from(row.id.0),
            account_id: AccountId::from(row.account_id.0),
            rotation: Rotation {
                generation: generation(row.generation)?,
                parent: row.parent.map(generation).transpose()?,
                served_at: timestamp(row.served_at),
                proved: row.proved,
                client: Client::from_stored(Network::from_stored(row.network), row.user_agent),
                left_behind: gap.transpose()?,
            },
            key_id: KeyId::new(row.key_id),
            method,
            created_at: timestamp(row.created_at),
            idle_expires_at: timestamp(row.idle_expires_at),
            absolute_expires_at: timestamp(row.absolute_expires_at),
            revocation,
        })
    }
}

/// What a refresh changes.
#[derive(AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub(super) struct AdvancedRow<'a> {
    generation: i64,
    parent: Option<i64>,
    served_at: i64,
    proved: bool,
    network: &'a str,
    user_agent: &'a str,
    left_after: Option<i64>,
    left_before: Option<i64>,
    key_id: &'a str,
    idle_expires_at: i64,
}

impl<'a> AdvancedRow<'a> {
    pub(super) fn new(rotation: &'a Rotation, key_id: &'a KeyId, idle_expires_at: Timestamp) -> Self {
        let number = |generation: Generation| i64::from(generation.as_number());
        Self {
            generation: number(rotation.generation),
            parent: rotation.parent.map(number),
            served_at: rotation.served_at.as_micros(),
            proved: rotation.proved,
            network: rotation.client.network().as_str(),
            user_agent: rotation.client.user_agent(),
            left_after: rotation.left_behind.map(|gap| number(gap.after)),
            left_before: rotation.left_behind.map(|gap| number(gap.before)),
            key_id: key_id.as_str(),
            idle_expires_at: idle_expires_at.as_micros(),
        }
    }
}

/// What an end before its time changes.
#[derive(AsChangeset)]
#[diesel(table_name = sessions)]
pub(super) struct RevokedRow {
    revoked_at: i64,
    revocation_reason: &'static str,
}

impl From<&Revocation> for RevokedRow {
    fn from(revocation: &Revocation) -> Self {
        Self { revoked_at: revocation.at.as_micros(), revocation_reason: revocation.reason.as_str() }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = password_network_attempts, treat_none_as_null = true)]
pub(super) struct NetworkAttemptsRow {
    subject: DbUuid,
    network: String,
    misses: i64,
    last_miss_at: Option<i64>,
    last_success_at: Option<i64>,
    version: i64,
}

impl From<&PasswordBudget> for NetworkAttemptsRow {
    fn from(budget: &PasswordBudget) -> Self {
        Self {
            subject: DbUuid(budget.subject.as_uuid()),
            network: budget.network.as_str().to_owned(),
            misses: budget.attempts.misses.into(),
            last_miss_at: budget.attempts.last_miss_at.map(Timestamp::as_micros),
            last_success_at: budget.attempts.last_success_at.map(Timestamp::as_micros),
            version: budget.attempts.version,
        }
    }
}

impl From<NetworkAttemptsRow> for NetworkAttempts {
    fn from(row: NetworkAttemptsRow) -> Self {
        Self {
            misses: u32::try_from(row.misses).unwrap_or(u32::MAX),
            last_miss_at: row.last_miss_at.map(timestamp),
            last_success_at: row.last_success_at.map(timestamp),
            version: row.version,
        }
    }
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = password_daily_misses, treat_none_as_null = true)]
pub(super) struct DailyMissesRow {
    subject: DbUuid,
    misses: i64,
    day_began_at: Option<i64>,
    version: i64,
}

impl From<&PasswordBudget> for DailyMissesRow {
    fn from(budget: &PasswordBudget) -> Self {
        Self {
            subject: DbUuid(budget.subject.as_uuid()),
            misses: budget.daily.misses.into(),
            day_began_at: budget.daily.day_began_at.map(Timestamp::as_micros),
            version: budget.daily.version,
        }
    }
}

impl From<DailyMissesRow> for DailyMisses {
    fn from(row: DailyMissesRow) -> Self {
        Self {
            misses: u32::try_from(row.misses).unwrap_or(u32::MAX),
            day_began_at: row.day_began_at.map(timestamp),
            version: row.version,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
pub(super) struct SigningKeyRow {
    id: DbUuid,
    sequence: i64,
    active_from: i64,
    public_key: Vec<u8>,
    sealed_private_key: Vec<u8>,
}

impl From<&SigningKey> for SigningKeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            id: DbUuid(key.id.as_uuid()),
            sequence: key.sequence,
            active_from: key.active_from.as_micros(),
            public_key: key.public_key.clone(),
            sealed_private_key: key.sealed_private_key.clone(),
        }
    }
}

impl From<SigningKeyRow> for SigningKey {
    fn from(row: SigningKeyRow) -> Self {
        Self {
            id: SigningKeyId::from(row.id.0),
            sequence: row.sequence,
            active_from: timestamp(row.active_from),
            public_key: row.public_key,
            sealed_private_key: row.sealed_private_key,
        }
    }
}
