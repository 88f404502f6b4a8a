//! How challenges are stored.

use auth_domain::account::{Account, CredentialVersion, EmailAddress};
use auth_domain::challenge::{Challenge, ChallengePurpose, ChallengeState, Challenged};
use auth_domain::ports::CommitError;
use auth_domain::rate_limit::AttemptSubject;
use auth_domain::session::{KeyId, Network};
use auth_domain::version::RowVersion;
use auth_domain::{AccountId, ChallengeId, Timestamp};
use diesel::prelude::*;

use crate::accounts::{self, AccountRow};
use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::identities::{IdentityRow, accounts_of};
use crate::schema::{accounts as accounts_table, challenges, identities};
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = challenges, primary_key(id, subject, account_id), treat_none_as_null = true)]
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
            version: challenge.version.as_number(),
        }
    }
}

impl TryFrom<ChallengeRow> for Challenge {
    type Error = CommitError;

    fn try_from(row: ChallengeRow) -> Done<Self> {
        // What is counted for an account is stored under its id, everything else under the digest of an address.
        let subject = match row.account_id {
            Some(id) if id == row.subject => AttemptSubject::Account(AccountId::from(id.0)),
            _ => AttemptSubject::Address(row.subject.0),
        };
        let number = |number: i64| u32::try_from(number).map_err(|_| corrupt("challenges", "send_number"));
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
                email: EmailAddress::parse(&email).map_err(|_| corrupt("challenges", "email"))?,
                credential_version: CredentialVersion::from_number(version),
            },
            _ => Challenged::Nobody,
        };
        Ok(Self {
            id: ChallengeId::from(row.id.0),
            subject,
            challenged,
            purpose: ChallengePurpose::parse(&row.purpose).ok_or_else(|| corrupt("challenges", "purpose"))?,
            key_id: KeyId::new(row.key_id),
            network: Network::from_stored(row.network),
            state,
            expires_at: Timestamp::from_micros(row.expires_at),
            version: RowVersion::from_number(row.version),
        })
    }
}

pub(crate) async fn find(conn: &mut Connection, id: ChallengeId) -> Done<Option<(Challenge, Option<Account>)>> {
    if conn.is_spread() {
        return find_beside(conn, id).await;
    }
    let query = challenges::table
        .left_join(accounts_table::table.left_join(identities::table))
        .filter(challenges::id.eq(key(id)))
        .select((
            columns::<ChallengeRow, _>(),
            columns::<AccountRow, _>().nullable(),
            columns::<IdentityRow, _>().nullable(),
        ));
    let rows: Vec<(ChallengeRow, Option<AccountRow>, Option<IdentityRow>)> = conn.load(query).await?;
    let (mut challenge, mut accounts) = (None, Vec::new());
    for (row, account, identity) in rows {
        challenge = Some(row);
        accounts.extend(account.map(|account| (account, identity)));
    }
    let challenge = challenge.map(Challenge::try_from).transpose()?;
    let account = accounts_of(accounts)?.pop();
    Ok(challenge.map(|challenge| (challenge, account)))
}

/// The same where accounts are on other servers, which a join would ask for all that they have.
async fn find_beside(conn: &mut Connection, id: ChallengeId) -> Done<Option<(Challenge, Option<Account>)>> {
    let row = challenges::table.filter(challenges::id.eq(key(id))).select(columns::<ChallengeRow, _>());
    let row: Option<ChallengeRow> = conn.find(row).await?;
    let Some(challenge) = row.map(Challenge::try_from).transpose()? else { return Ok(None) };
    let account = match challenge.challenged.account_id() {
        Some(account_id) => accounts::find(conn, account_id).await?,
        None => None,
    };
    Ok(Some((challenge, account)))
}

pub(crate) async fn find_newest_of(
    conn: &mut Connection,
    account_id: AccountId,
    purpose: ChallengePurpose,
) -> Done<Option<Challenge>> {
    let query = challenges::table
        .filter(challenges::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(challenges::purpose.eq(purpose.as_str()))
        .order(challenges::id.desc())
        .limit(1)
        .select(columns::<ChallengeRow, _>());
    let row: Option<ChallengeRow> = conn.find(query).await?;
    row.map(Challenge::try_from).transpose()
}

pub(crate) async fn insert(conn: &mut Connection, challenge: &Challenge) -> Done<usize> {
    conn.execute(diesel::insert_into(challenges::table).values(ChallengeRow::from(challenge))).await
}

pub(crate) async fn put(conn: &mut Connection, challenge: &Challenge) -> Done<usize> {
    let before = challenges::table
        .filter(challenges::id.eq(key(challenge.id)))
        .filter(challenges::version.eq(challenge.version.previous().as_number()));
    conn.execute(diesel::update(before).set(ChallengeRow::from(challenge))).await
}

pub(crate) async fn delete(conn: &mut Connection, id: ChallengeId, version: RowVersion) -> Done<usize> {
    let row = challenges::table.filter(challenges::id.eq(key(id)));
    let row = row.filter(challenges::version.eq(version.as_number()));
    conn.execute(diesel::delete(row)).await
}

pub(crate) async fn replace(
    conn: &mut Connection,
    subject: AttemptSubject,
    purpose: ChallengePurpose,
    network: &Network,
    by: ChallengeId,
) -> Done<usize> {
    let replaced = challenges::table
        .filter(challenges::subject.eq(DbUuid(subject.as_uuid())))
        .filter(challenges::purpose.eq(purpose.as_str()))
        .filter(challenges::network.eq(network.as_str()))
        .filter(challenges::send_number.is_not_null())
        .filter(challenges::id.ne(key(by)));
    conn.execute(diesel::delete(replaced)).await
}

pub(crate) async fn delete_all_of(conn: &mut Connection, account_id: AccountId) -> Done<usize> {
    let rows = challenges::table.filter(challenges::account_id.eq(DbUuid(account_id.as_uuid())));
    conn.execute(diesel::delete(rows)).await
}

pub(crate) async fn delete_all_for(
    conn: &mut Connection,
    account_id: AccountId,
    purpose: ChallengePurpose,
) -> Done<usize> {
    let rows = challenges::table
        .filter(challenges::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(challenges::purpose.eq(purpose.as_str()));
    conn.execute(diesel::delete(rows)).await
}

fn key(id: ChallengeId) -> DbUuid {
    DbUuid(id.as_uuid())
}
