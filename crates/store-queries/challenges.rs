//! Challenges, as they are kept.

use auth_domain::account::{Account, CredentialVersion, EmailAddress};
use auth_domain::budget::AttemptSubject;
use auth_domain::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use auth_domain::ports::StoreUnavailable;
use auth_domain::session::{KeyId, Network};
use auth_domain::{AccountId, ChallengeId, Timestamp};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::identities::{IdentityRow, accounts_of};
use super::reads::unavailable;
use super::rows::{AccountRow, unreadable};
use super::schema::{accounts, challenges, identities};
use crate::dialect::{Connection, DbUuid};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = challenges, treat_none_as_null = true)]
struct ChallengeRow {
    id: DbUuid,
    subject: DbUuid,
    account_id: Option<DbUuid>,
    email: Option<String>,
    credential_version: Option<i64>,
    purpose: String,
    key_id: String,
    network: String,
    send_number: Option<i64>,
    code_expires_at: Option<i64>,
    misses: Option<i64>,
    expires_at: i64,
    version: i64,
}

impl From<&Challenge> for ChallengeRow {
    fn from(challenge: &Challenge) -> Self {
        let (account_id, email, version) = match &challenge.challenged {
            Challenged::Account { account_id, email, credential_version } => {
                (Some(account_id.as_uuid()), Some(email.as_str().to_owned()), Some(credential_version.as_number()))
            }
            Challenged::Nobody => (None, None, None),
        };
        let sent = match challenge.state {
            ChallengeState::CodeSent { send_number, code_expires_at, misses } => {
                Some((i64::from(send_number), code_expires_at.as_micros(), i64::from(misses)))
            }
            ChallengeState::NotSent => Some((0, 0, 0)),
            ChallengeState::CodeGiven => None,
        };
        Self {
            id: DbUuid(challenge.id.as_uuid()),
            subject: DbUuid(challenge.subject.as_uuid()),
            account_id: account_id.map(DbUuid),
            email,
            credential_version: version,
            purpose: challenge.purpose.as_str().to_owned(),
            key_id: challenge.key_id.as_str().to_owned(),
            network: challenge.network.as_str().to_owned(),
            send_number: sent.map(|(send_number, _, _)| send_number),
            code_expires_at: sent.map(|(_, code_expires_at, _)| code_expires_at),
            misses: sent.map(|(_, _, misses)| misses),
            expires_at: challenge.expires_at.as_micros(),
            version: challenge.version,
        }
    }
}

impl TryFrom<ChallengeRow> for Challenge {
    type Error = StoreUnavailable;

    fn try_from(row: ChallengeRow) -> Result<Self, StoreUnavailable> {
        let number = |number: i64| u32::try_from(number).map_err(|_| unreadable("challenges", "send_number"));
        let state = match (row.send_number, row.code_expires_at, row.misses) {
            (Some(0), _, _) => ChallengeState::NotSent,
            (Some(send_number), Some(code_expires_at), Some(misses)) => ChallengeState::CodeSent {
                send_number: number(send_number)?,
                code_expires_at: Timestamp::from_micros(code_expires_at),
                misses: number(misses)?,
            },
            _ => ChallengeState::CodeGiven,
        };
        let challenged = match (row.account_id, row.email, row.credential_version) {
            (Some(account_id), Some(email), Some(version)) => Challenged::Account {
                account_id: AccountId::from(account_id.0),
                email: EmailAddress::parse(&email).map_err(|_| unreadable("challenges", "email"))?,
                credential_version: CredentialVersion::from_number(version),
            },
            _ => Challenged::Nobody,
        };
        Ok(Self {
            id: ChallengeId::from(row.id.0),
            subject: AttemptSubject::from_stored(row.subject.0),
            challenged,
            purpose: ChallengePurpose::parse(&row.purpose).ok_or_else(|| unreadable("challenges", "purpose"))?,
            key_id: KeyId::new(row.key_id),
            network: Network::from_stored(row.network),
            state,
            expires_at: Timestamp::from_micros(row.expires_at),
            version: row.version,
        })
    }
}

pub(crate) async fn find(
    conn: &mut Connection,
    id: ChallengeId,
) -> Result<Option<(Challenge, Option<Account>)>, StoreUnavailable> {
    let query = challenges::table
        .left_join(accounts::table.left_join(identities::table))
        .filter(challenges::id.eq(key(id)))
        .select((ChallengeRow::as_select(), Option::<AccountRow>::as_select(), Option::<IdentityRow>::as_select()));
    let rows: Vec<(ChallengeRow, Option<AccountRow>, Option<IdentityRow>)> =
        query.load(conn).await.map_err(unavailable)?;
    let (mut challenge, mut accounts) = (None, Vec::new());
    for (row, account, identity) in rows {
        challenge = Some(row);
        accounts.extend(account.map(|account| (account, identity)));
    }
    let challenge = challenge.map(Challenge::try_from).transpose()?;
    let account = accounts_of(accounts)?.pop();
    Ok(challenge.map(|challenge| (challenge, account)))
}

pub(crate) async fn find_newest_of(
    conn: &mut Connection,
    account_id: AccountId,
    purpose: ChallengePurpose,
) -> Result<Option<Challenge>, StoreUnavailable> {
    let query = challenges::table
        .filter(challenges::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(challenges::purpose.eq(purpose.as_str()))
        .order(challenges::id.desc())
        .select(ChallengeRow::as_select());
    let row: Option<ChallengeRow> = query.first(conn).await.optional().map_err(unavailable)?;
    row.map(Challenge::try_from).transpose()
}

pub(super) async fn insert(conn: &mut Connection, challenge: &Challenge) -> QueryResult<usize> {
    diesel::insert_into(challenges::table).values(ChallengeRow::from(challenge)).execute(conn).await
}

pub(super) async fn put(conn: &mut Connection, challenge: &Challenge) -> QueryResult<usize> {
    let before = challenges::table
        .filter(challenges::id.eq(key(challenge.id)))
        .filter(challenges::version.eq(challenge.version - 1));
    diesel::update(before).set(ChallengeRow::from(challenge)).execute(conn).await
}

pub(super) async fn delete(conn: &mut Connection, id: ChallengeId, version: i64) -> QueryResult<usize> {
    let row = challenges::table.filter(challenges::id.eq(key(id))).filter(challenges::version.eq(version));
    diesel::delete(row).execute(conn).await
}

pub(super) async fn replace(
    conn: &mut Connection,
    subject: AttemptSubject,
    purpose: ChallengePurpose,
    network: &Network,
    by: ChallengeId,
) -> QueryResult<usize> {
    let replaced = challenges::table
        .filter(challenges::subject.eq(DbUuid(subject.as_uuid())))
        .filter(challenges::purpose.eq(purpose.as_str()))
        .filter(challenges::network.eq(network.as_str()))
        .filter(challenges::send_number.is_not_null())
        .filter(challenges::id.ne(key(by)));
    diesel::delete(replaced).execute(conn).await
}

pub(super) async fn delete_all_of(conn: &mut Connection, account_id: AccountId) -> QueryResult<usize> {
    let rows = challenges::table.filter(challenges::account_id.eq(DbUuid(account_id.as_uuid())));
    diesel::delete(rows).execute(conn).await
}

pub(super) async fn delete_all_for(
    conn: &mut Connection,
    account_id: AccountId,
    purpose: ChallengePurpose,
) -> QueryResult<usize> {
    let rows = challenges::table
        .filter(challenges::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(challenges::purpose.eq(purpose.as_str()));
    diesel::delete(rows).execute(conn).await
}

fn key(id: ChallengeId) -> DbUuid {
    DbUuid(id.as_uuid())
}
