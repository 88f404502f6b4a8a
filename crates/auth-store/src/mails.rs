//! The queue of mails: storing, leasing and finishing them.

use auth_domain::account::EmailAddress;
use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::{
    LEASE, LeasedMail, MailContent, MailRequest, Notice, NoticeDetails, NoticeKind, ParkedMail, WaitingMail,
};
use auth_domain::ports::CommitError;
use auth_domain::session::{Client, Network};
use auth_domain::{AccountId, ChallengeId, InvitationId, Language, MailId, Timestamp};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::upsert::excluded;

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
    /// Since when the wait for that has lasted. A time in the future was written before the clock was set back.
    stamped_at: i64,
    challenge_id: Option<DbUuid>,
    send_number: Option<i64>,
    account_id: Option<DbUuid>,
    /// Set for notices; two codes never become one mail.
    fold_key: Option<String>,
    /// 0 while a notice that was sent holds back similar ones.
    times: i64,
    address_proved: bool,
    details: String,
    invitation_id: Option<DbUuid>,
    language: Option<String>,
}

impl MailRow {
    /// Returns the content. The kind of a mail with a code is the purpose of its challenge.
    fn content(&self) -> Option<MailContent> {
        if let Some(id) = self.invitation_id {
            return Some(MailContent::Invitation(InvitationId::from(id.0)));
        }
        Some(match (self.challenge_id, self.send_number) {
            (Some(challenge_id), Some(send_number)) => MailContent::Code {
                challenge_id: ChallengeId::from(challenge_id.0),
                purpose: ChallengePurpose::parse(&self.kind)?,
                send_number: u32::try_from(send_number).ok()?,
            },
            _ => MailContent::Notice(Notice {
                kind: NoticeKind::parse(&self.kind)?,
                address_proved: self.address_proved,
                details: NoticeDetails::from_stored(&self.details),
            }),
        })
    }
}

impl TryFrom<MailRow> for LeasedMail {
    type Error = CommitError;

    fn try_from(row: MailRow) -> Done<Self> {
        let request = MailRequest {
            id: MailId::from(row.id.0),
            account_id: row.account_id.map(|id| AccountId::from(id.0)),
            to: EmailAddress::parse(&row.recipient).map_err(|_| corrupt("mails", "recipient"))?,
            at: Timestamp::from_micros(row.happened_at),
            content: row.content().ok_or_else(|| corrupt("mails", "kind"))?,
            // One that only a newer node speaks is none here.
            language: row.language.as_deref().and_then(Language::parse),
            client: Client::from_stored(Network::from_stored(row.network), row.user_agent),
        };
        let attempt = u32::try_from(row.attempt).map_err(|_| corrupt("mails", "attempt"))?;
        let times = u32::try_from(row.times).map_err(|_| corrupt("mails", "times"))?;
        Ok(Self { request, times, attempt })
    }
}

/// Tells whether a mail is due, with one statement that locks nothing, for callers that look repeatedly.
pub(crate) async fn is_due(conn: &mut Connection, now: Timestamp) -> Done<bool> {
    let one: Vec<DbUuid> = conn.load(due(now.as_micros()).select(mails::id).limit(1)).await?;
    Ok(!one.is_empty())
}

#[diesel::dsl::auto_type(no_type_alias)]
fn due(now: i64) -> _ {
    mails::table
        .filter(mails::parked_at.is_null())
        .filter(mails::times.gt(0_i64))
        .filter(mails::next_attempt_at.le(now))
}

/// Leases a mail. A row that cannot be read, for example because only a newer node knows its kind, is skipped: its
/// lease expires like any other, and it keeps no other mail from being sent.
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

/// Takes the mails that are due. A lease is a due time in the future and another attempt, so nothing has to clean up
/// after a worker that died.
async fn take_due(conn: &mut Connection, now: Timestamp, until: Timestamp, limit: u32) -> Done<Vec<MailRow>> {
    let due = due(now.as_micros()).order(mails::next_attempt_at).limit(limit.into()).select(mails::id);
    let ids: Vec<DbUuid> = conn.load_locked(due.for_update().skip_locked(), due).await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lease = (
        mails::next_attempt_at.eq(until.as_micros()),
        mails::stamped_at.eq(now.as_micros()),
        mails::attempt.eq(mails::attempt + 1),
    );
    let leased = diesel::update(mails::table.filter(mails::id.eq_any(ids))).set(lease);
    conn.load(leased.returning(columns::<MailRow, _>())).await
}

impl From<&MailRequest> for MailRow {
    fn from(request: &MailRequest) -> Self {
        let row = Self::without_content(request);
        match &request.content {
            MailContent::Notice(notice) => Self {
                kind: notice.kind.as_str().to_owned(),
                fold_key: Some(notice.fold_key(&request.to)),
                address_proved: notice.address_proved,
                details: notice.details.as_stored(),
                ..row
            },
            MailContent::Invitation(id) => {
                Self { kind: MailContent::INVITATION.to_owned(), invitation_id: Some(DbUuid(id.as_uuid())), ..row }
            }
            MailContent::Code { challenge_id, purpose, send_number } => Self {
                kind: purpose.as_str().to_owned(),
                challenge_id: Some(DbUuid(challenge_id.as_uuid())),
                send_number: Some((*send_number).into()),
                ..row
            },
        }
    }
}

impl MailRow {
    fn without_content(request: &MailRequest) -> Self {
        Self {
            id: DbUuid(request.id.as_uuid()),
            account_id: request.account_id.map(|id| DbUuid(id.as_uuid())),
            recipient: request.to.as_str().to_owned(),
            kind: String::new(),
            times: 1,
            fold_key: None,
            address_proved: true,
            details: String::new(),
            happened_at: request.at.as_micros(),
            network: request.client.network().as_str().to_owned(),
            user_agent: request.client.user_agent().to_owned(),
            attempt: 0,
            next_attempt_at: request.at.as_micros(),
            stamped_at: request.at.as_micros(),
            challenge_id: None,
            send_number: None,
            invitation_id: None,
            language: request.language.map(|language| language.as_str().to_owned()),
        }
    }
}

/// Queues a mail. A notice whose key is already queued becomes part of that one and is due with it, or at once if that
/// was given up.
pub(crate) async fn owe(conn: &mut Connection, request: &MailRequest) -> Done<usize> {
    // What was removed before the new one is still to be reported, unless it was.
    let both = mails::details.concat(" ").concat(excluded(mails::details));
    let is_new = mails::times.eq(0).or(mails::kind.ne(NoticeKind::PasswordReset.as_str()));
    let details = case_when(is_new, excluded(mails::details)).otherwise(both);
    let waits = case_when(mails::parked_at.is_null(), mails::next_attempt_at);
    let stamped = case_when(mails::parked_at.is_null(), mails::stamped_at);
    let folded = (
        mails::times.eq(mails::times + 1),
        mails::next_attempt_at.eq(waits.otherwise(excluded(mails::next_attempt_at))),
        mails::stamped_at.eq(stamped.otherwise(excluded(mails::stamped_at))),
        mails::parked_at.eq(None::<i64>),
        mails::account_id.eq(excluded(mails::account_id)),
        mails::recipient.eq(excluded(mails::recipient)),
        mails::kind.eq(excluded(mails::kind)),
        mails::happened_at.eq(excluded(mails::happened_at)),
        mails::network.eq(excluded(mails::network)),
        mails::user_agent.eq(excluded(mails::user_agent)),
        mails::details.eq(details),
        mails::language.eq(excluded(mails::language)),
    );
    let insert = diesel::insert_into(mails::table).values(MailRow::from(request));
    conn.execute(insert.on_conflict(mails::fold_key).do_update().set(folded)).await
}

/// Holds a notice back until then, without the `told` ones that the mail has reported.
pub(crate) async fn hold(
    conn: &mut Connection,
    (id, attempt): (MailId, u32),
    told: u32,
    next_id: MailId,
    until: Timestamp,
) -> Done<usize> {
    let row = mails::table.filter(mails::id.eq(DbUuid(id.as_uuid()))).filter(mails::attempt.eq(i64::from(attempt)));
    let held = (
        mails::id.eq(DbUuid(next_id.as_uuid())),
        mails::times.eq(mails::times - i64::from(told)),
        mails::attempt.eq(0),
        mails::next_attempt_at.eq(until.as_micros()),
        mails::last_error.eq(None::<String>),
    );
    conn.execute(diesel::update(row).set(held)).await
}

pub(crate) async fn delete(conn: &mut Connection, id: MailId, attempt: u32) -> Done<usize> {
    let row = mails::table.filter(mails::id.eq(DbUuid(id.as_uuid()))).filter(mails::attempt.eq(i64::from(attempt)));
    conn.execute(diesel::delete(row)).await
}

/// Postpones a mail until `retry_at`, or parks it at `parked_at`.
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

pub(crate) async fn delete_codes_of(conn: &mut Connection, account_id: AccountId) -> Done<usize> {
    let codes = mails::table
        .filter(mails::account_id.eq(DbUuid(account_id.as_uuid())))
        .filter(mails::challenge_id.is_not_null());
    conn.execute(diesel::delete(codes)).await
}

/// Puts every parked mail back into the queue, and retries those that were postponed for longer than any lease takes.
pub(crate) async fn unpark(conn: &mut Connection, at: Timestamp) -> Done<usize> {
    let (now, leased_until) = (at.as_micros(), (at + LEASE).as_micros());
    let put_off = mails::table
        .filter(mails::parked_at.is_null())
        .filter(mails::last_error.is_not_null())
        .filter(mails::next_attempt_at.gt(leased_until));
    let due = (mails::next_attempt_at.eq(now), mails::stamped_at.eq(now));
    let hurried = conn.execute(diesel::update(put_off).set(due)).await?;
    let parked = mails::table.filter(mails::parked_at.is_not_null());
    let due = (
        mails::parked_at.eq(None::<i64>),
        mails::attempt.eq(0),
        mails::next_attempt_at.eq(now),
        mails::stamped_at.eq(now),
    );
    Ok(hurried + conn.execute(diesel::update(parked).set(due)).await?)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = mails)]
struct WaitingRow {
    id: DbUuid,
    recipient: String,
    kind: String,
    attempt: i64,
    next_attempt_at: i64,
    last_error: Option<String>,
}

pub(crate) async fn list_waiting(conn: &mut Connection, limit: u32) -> Done<Vec<WaitingMail>> {
    let query = mails::table
        .filter(mails::parked_at.is_null())
        .filter(mails::times.gt(0_i64))
        .order((mails::next_attempt_at, mails::id))
        .limit(limit.into())
        .select(columns::<WaitingRow, _>());
    let rows: Vec<WaitingRow> = conn.load(query).await?;
    let waiting = |row: WaitingRow| WaitingMail {
        id: MailId::from(row.id.0),
        recipient: row.recipient,
        kind: row.kind,
        attempts: u32::try_from(row.attempt).unwrap_or_default(),
        next_attempt_at: Timestamp::from_micros(row.next_attempt_at),
        error: row.last_error,
    };
    Ok(rows.into_iter().map(waiting).collect())
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
