//! The mails that are owed: how they are kept, leased and done with.

use auth_domain::account::EmailAddress;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::{LeasedMail, MailContent, MailRequest, NoticeKind, ParkedMail};
use auth_domain::ports::CommitError;
use auth_domain::session::{Client, Network};
use auth_domain::{ChallengeId, MailId, Timestamp};
use diesel::prelude::*;

use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::schema::mails;
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = mails)]
struct MailRow {
    id: DbUuid,
    recipient: String,
    kind: String,
    happened_at: i64,
    network: String,
    user_agent: String,
    attempt: i64,
    next_attempt_at: i64,
    challenge_id: Option<DbUuid>,
    send_number: Option<i64>,
}

impl MailRow {
    /// A mail with a code has the purpose of its challenge as its kind.
    fn content(&self) -> Option<MailContent> {
        Some(match (self.challenge_id, self.send_number) {
            (Some(challenge_id), Some(send_number)) => MailContent::Code {
                challenge_id: ChallengeId::from(challenge_id.0),
                purpose: ChallengePurpose::parse(&self.kind)?,
                send_number: u32::try_from(send_number).ok()?,
            },
            _ => MailContent::Notice(NoticeKind::parse(&self.kind)?),
        })
    }
}

impl TryFrom<MailRow> for LeasedMail {
    type Error = CommitError;

    fn try_from(row: MailRow) -> Done<Self> {
        let request = MailRequest {
            id: MailId::from(row.id.0),
            to: EmailAddress::parse(&row.recipient).map_err(|_| corrupt("mails", "recipient"))?,
            at: Timestamp::from_micros(row.happened_at),
            content: row.content().ok_or_else(|| corrupt("mails", "kind"))?,
            client: Client::from_stored(Network::from_stored(row.network), row.user_agent),
        };
        let attempt = u32::try_from(row.attempt).map_err(|_| corrupt("mails", "attempt"))?;
        Ok(Self { request, attempt })
    }
}

/// A row that cannot be read, a kind that only a newer node knows say, is passed over: its lease runs out
/// like any other, and it keeps no mail beside it from being sent.
pub(crate) async fn lease(
    conn: &mut Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Done<Vec<LeasedMail>> {
    let begun = conn.begin().await?;
    let done = take_due(conn, now, until, limit).await;
    let rows = conn.end(begun, done).await?;
    Ok(rows.into_iter().filter_map(|row| LeasedMail::try_from(row).ok()).collect())
}

/// A lease is a due time in the future and a further attempt: no clean-up after a worker that died.
async fn take_due(conn: &mut Connection, now: Timestamp, until: Timestamp, limit: u32) -> Done<Vec<MailRow>> {
    let due = mails::table
        .filter(mails::parked_at.is_null())
        .filter(mails::next_attempt_at.le(now.as_micros()))
        .order(mails::next_attempt_at)
        .limit(limit.into())
        .select(mails::id);
    let ids: Vec<DbUuid> = conn.load_locked(due.for_update().skip_locked(), due).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lease = (mails::next_attempt_at.eq(until.as_micros()), mails::attempt.eq(mails::attempt + 1));
    let leased = diesel::update(mails::table.filter(mails::id.eq_any(ids))).set(lease);
    conn.load(leased.returning(columns::<MailRow, _>())).await
}

pub(crate) async fn insert(conn: &mut Connection, request: &MailRequest) -> Done<usize> {
    let (kind, challenge_id, send_number) = match request.content {
        MailContent::Notice(kind) => (kind.as_str(), None, None),
        MailContent::Code { challenge_id, purpose, send_number } => {
            (purpose.as_str(), Some(DbUuid(challenge_id.as_uuid())), Some(i64::from(send_number)))
        }
    };
    let row = MailRow {
        id: DbUuid(request.id.as_uuid()),
        recipient: request.to.as_str().to_owned(),
        kind: kind.to_owned(),
        happened_at: request.at.as_micros(),
        network: request.client.network().as_str().to_owned(),
        user_agent: request.client.user_agent().to_owned(),
        attempt: 0,
        next_attempt_at: request.at.as_micros(),
        challenge_id,
        send_number,
    };
    conn.execute(diesel::insert_into(mails::table).values(row)).await
}

pub(crate) async fn delete(conn: &mut Connection, id: MailId, attempt: u32) -> Done<usize> {
    let row = mails::table.filter(mails::id.eq(DbUuid(id.as_uuid()))).filter(mails::attempt.eq(i64::from(attempt)));
    conn.execute(diesel::delete(row)).await
}

/// Puts a mail off until `retry_at`, or parks it at `parked_at`.
pub(crate) async fn fail(
    conn: &mut Connection,
    (id, attempt): (MailId, u32),
    retry_at: Option<Timestamp>,
    parked_at: Option<Timestamp>,
    error: &str,
) -> Done<usize> {
    let row = mails::table.filter(mails::id.eq(DbUuid(id.as_uuid()))).filter(mails::attempt.eq(i64::from(attempt)));
    let set = (
        retry_at.map(|at| mails::next_attempt_at.eq(at.as_micros())),
        parked_at.map(|at| mails::parked_at.eq(at.as_micros())),
        mails::last_error.eq(error),
    );
    conn.execute(diesel::update(row).set(set)).await
}

pub(crate) async fn delete_all_to(conn: &mut Connection, address: &EmailAddress) -> Done<usize> {
    conn.execute(diesel::delete(mails::table.filter(mails::recipient.eq(address.as_str())))).await
}

/// Puts every parked mail back into the queue.
pub(crate) async fn unpark(conn: &mut Connection, at: Timestamp) -> Done<usize> {
    let parked = mails::table.filter(mails::parked_at.is_not_null());
    let due = (mails::parked_at.eq(None::<i64>), mails::attempt.eq(0), mails::next_attempt_at.eq(at.as_micros()));
    conn.execute(diesel::update(parked).set(due)).await
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = mails)]
struct ParkedRow {
    id: DbUuid,
    recipient: String,
    kind: String,
    parked_at: Option<i64>,
    last_error: Option<String>,
}

pub(crate) async fn list_parked(conn: &mut Connection, limit: u32) -> Done<Vec<ParkedMail>> {
    let query = mails::table
        .filter(mails::parked_at.is_not_null())
        .order(mails::parked_at.desc())
        .limit(limit.into())
        .select(columns::<ParkedRow, _>());
    let rows: Vec<ParkedRow> = conn.load(query).await?;
    let parked = |row: ParkedRow| ParkedMail {
        id: MailId::from(row.id.0),
        recipient: row.recipient,
        kind: row.kind,
        parked_at: Timestamp::from_micros(row.parked_at.unwrap_or_default()),
        error: row.last_error.unwrap_or_default(),
    };
    Ok(rows.into_iter().map(parked).collect())
}
