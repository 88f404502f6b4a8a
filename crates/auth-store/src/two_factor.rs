//! Second factors, as stored with the account; used steps; pending changes of credentials.

use auth_domain::account::{EmailAddress, PasswordHash};
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::ports::CommitError;
use auth_domain::two_factor::{
    Enrolment, Method, MethodState, Pending, RecoveryCodeHash, SealedSecret, TotpStep, TwoFactor,
};
use auth_domain::version::RowVersion;
use auth_domain::{AccountId, ChallengeId, Locale, SessionId, Timestamp};
use diesel::prelude::*;

use crate::connection::{Connection, Done, columns};
use crate::corrupt;
use crate::schema::{accounts, pending_credentials, totp_steps};
use crate::types::DbUuid;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
pub(crate) struct TwoFactorRow {
    app_status: Option<String>,
    app_since: Option<i64>,
    app_secret: Option<Vec<u8>>,
    app_pending_until: Option<i64>,
    app_pending_secret: Option<Vec<u8>>,
    app_pending_session: Option<DbUuid>,
    email_factor_status: Option<String>,
    email_factor_since: Option<i64>,
    email_factor_pending_until: Option<i64>,
    preferred_factor: String,
    recovery_codes: String,
    two_factor_version: i64,
}

const ENABLED: &str = "enabled";
const DISABLED: &str = "disabled";

const fn stored_status<S>(state: &MethodState<S>) -> Option<&'static str> {
    match state {
        MethodState::Enabled(_) => Some(ENABLED),
        MethodState::Disabled(..) => Some(DISABLED),
        MethodState::NotSet | MethodState::Pending(_) => None,
    }
}

const fn stored_pending<S>(state: &MethodState<S>) -> Option<&Pending<S>> {
    match state {
        MethodState::Pending(pending) | MethodState::Disabled(_, Some(pending)) => Some(pending),
        MethodState::NotSet | MethodState::Enabled(_) | MethodState::Disabled(_, None) => None,
    }
}

impl From<&TwoFactor> for TwoFactorRow {
    fn from(two_factor: &TwoFactor) -> Self {
        let TwoFactor { app, email, preferred, recovery_codes, version } = two_factor;
        let codes: Vec<&str> = recovery_codes.iter().map(RecoveryCodeHash::as_str).collect();
        let bytes = |secret: &SealedSecret| secret.as_bytes().to_vec();
        Self {
            app_status: stored_status(app).map(str::to_owned),
            app_since: app.enrolment().map(|enrolment| enrolment.since.as_micros()),
            app_secret: app.enrolment().map(|enrolment| bytes(&enrolment.secret)),
            app_pending_until: stored_pending(app).map(|pending| pending.until.as_micros()),
            app_pending_secret: stored_pending(app).map(|pending| bytes(&pending.secret)),
            app_pending_session: stored_pending(app)
                .and_then(|pending| pending.session_id)
                .map(|id| DbUuid(id.as_uuid())),
            email_factor_status: stored_status(email).map(str::to_owned),
            email_factor_since: email.enrolment().map(|enrolment| enrolment.since.as_micros()),
            email_factor_pending_until: stored_pending(email).map(|pending| pending.until.as_micros()),
            preferred_factor: preferred.as_str().to_owned(),
            recovery_codes: codes.join(" "),
            two_factor_version: version.as_number(),
        }
    }
}

fn state<S>(
    status: Option<&str>,
    enrolled: Option<(i64, S)>,
    pending: Option<(i64, S)>,
    session_id: Option<SessionId>,
) -> Done<MethodState<S>> {
    let pending = pending.map(|(until, secret)| Pending { until: Timestamp::from_micros(until), secret, session_id });
    let enrolment = enrolled.map(|(since, secret)| Enrolment { since: Timestamp::from_micros(since), secret });
    match (status, enrolment, pending) {
        (None, _, None) => Ok(MethodState::NotSet),
        (None, _, Some(pending)) => Ok(MethodState::Pending(pending)),
        (Some(ENABLED), Some(enrolment), _) => Ok(MethodState::Enabled(enrolment)),
        (Some(DISABLED), Some(enrolment), pending) => Ok(MethodState::Disabled(enrolment, pending)),
        _ => Err(corrupt("accounts", "app_status or email_factor_status")),
    }
}

impl TryFrom<TwoFactorRow> for TwoFactor {
    type Error = CommitError;

    fn try_from(row: TwoFactorRow) -> Done<Self> {
        let secret = |bytes: Option<Vec<u8>>| bytes.map(SealedSecret::new);
        let app = state(
            row.app_status.as_deref(),
            row.app_since.zip(secret(row.app_secret)),
            row.app_pending_until.zip(secret(row.app_pending_secret)),
            row.app_pending_session.map(|id| SessionId::from(id.0)),
        )?;
        let email = state(
            row.email_factor_status.as_deref(),
            row.email_factor_since.map(|since| (since, ())),
            row.email_factor_pending_until.map(|until| (until, ())),
            None,
        )?;
        let codes = row.recovery_codes.split_whitespace().map(|code| RecoveryCodeHash::new(code.to_owned()));
        Ok(Self {
            app,
            email,
            preferred: Method::parse(&row.preferred_factor).ok_or_else(|| corrupt("accounts", "preferred_factor"))?,
            recovery_codes: codes.collect(),
            version: RowVersion::from_number(row.two_factor_version),
        })
    }
}

pub(crate) async fn put(conn: &mut Connection, id: AccountId, two_factor: &TwoFactor) -> Done<usize> {
    let before = accounts::table
        .filter(accounts::id.eq(DbUuid(id.as_uuid())))
        .filter(accounts::two_factor_version.eq(two_factor.version.previous().as_number()));
    // Voids whatever else was decided on the account as it was, such as a change of credentials without a second
    // factor.
    let set = (TwoFactorRow::from(two_factor), accounts::updated_at.eq(accounts::updated_at + 1));
    conn.execute(diesel::update(before).set(set)).await
}

pub(crate) async fn use_step(
    conn: &mut Connection,
    account_id: AccountId,
    step: TotpStep,
    at: Timestamp,
) -> Done<usize> {
    let row = (
        totp_steps::account_id.eq(DbUuid(account_id.as_uuid())),
        totp_steps::step.eq(step.as_number()),
        totp_steps::used_at.eq(at.as_micros()),
    );
    conn.execute(diesel::insert_into(totp_steps::table).values(row).on_conflict_do_nothing()).await
}

pub(crate) async fn forget_steps_of(conn: &mut Connection, account_id: AccountId) -> Done<usize> {
    let used = totp_steps::table.filter(totp_steps::account_id.eq(DbUuid(account_id.as_uuid())));
    conn.execute(diesel::delete(used)).await
}

pub(crate) async fn keep_pending(conn: &mut Connection, pending: &PendingCredentials) -> Done<usize> {
    let row = (
        pending_credentials::challenge_id.eq(DbUuid(pending.challenge_id.as_uuid())),
        pending_credentials::session_id.eq(DbUuid(pending.session_id.as_uuid())),
        pending_credentials::method.eq(pending.method.as_str()),
        pending_credentials::email.eq(pending.email.as_ref().map(EmailAddress::as_str)),
        pending_credentials::password_hash.eq(pending.password_hash.as_ref().map(PasswordHash::as_phc)),
        // No language is the empty text: null is no change.
        pending_credentials::locale.eq(pending.locale.as_ref().map(|to| to.as_ref().map_or("", Locale::as_str))),
    );
    conn.execute(diesel::insert_into(pending_credentials::table).values(row)).await
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = pending_credentials)]
struct PendingRow {
    session_id: DbUuid,
    method: String,
    email: Option<String>,
    password_hash: Option<String>,
    locale: Option<String>,
}

pub(crate) async fn find_pending(conn: &mut Connection, challenge_id: ChallengeId) -> Done<Option<PendingCredentials>> {
    let query = pending_credentials::table.find(DbUuid(challenge_id.as_uuid())).select(columns::<PendingRow, _>());
    let row: Option<PendingRow> = conn.find(query).await?;
    let pending = |row: PendingRow| {
        let email = row.email.as_deref().map(EmailAddress::parse).transpose();
        let locale = |tag: &str| if tag.is_empty() { Ok(None) } else { Locale::parse(tag).map(Some) };
        let locale = row.locale.as_deref().map(locale).transpose();
        Ok(PendingCredentials {
            challenge_id,
            session_id: SessionId::from(row.session_id.0),
            method: Method::parse(&row.method).ok_or_else(|| corrupt("pending_credentials", "method"))?,
            email: email.map_err(|_| corrupt("pending_credentials", "email"))?,
            password_hash: row.password_hash.map(PasswordHash::from_phc),
            locale: locale.map_err(|_| corrupt("pending_credentials", "locale"))?,
        })
    };
    row.map(pending).transpose()
}
