//! Deletes expired rows, a bounded batch at a time. This is plain SQL, the same for both engines, because the DSL has
//! no row values.

use auth_domain::Timestamp;
use auth_domain::retention::Expired;
use diesel::sql_types::BigInt;

use crate::connection::{Connection, Done};

pub(crate) async fn purge(conn: &mut Connection, expired: Expired, limit: u32) -> Done<usize> {
    let (sql, first, second) = match expired {
        Expired::Sessions { ended_before } => (
            "DELETE FROM sessions WHERE (account_id, id) IN (SELECT account_id, id FROM sessions \
             WHERE absolute_expires_at < $1 OR idle_expires_at < $1 OR revoked_at < $2 LIMIT $3)",
            ended_before,
            ended_before,
        ),
        Expired::NetworkAttempts { missed_before, succeeded_before } => (
            "DELETE FROM password_network_attempts WHERE (subject, network) IN (SELECT subject, network \
             FROM password_network_attempts WHERE coalesce(last_miss_at, 0) < $1 \
             AND coalesce(last_success_at, 0) < $2 LIMIT $3)",
            missed_before,
            succeeded_before,
        ),
        Expired::DailyMisses { began_before } => (
            "DELETE FROM password_daily_misses WHERE subject IN (SELECT subject FROM password_daily_misses \
             WHERE coalesce(day_began_at, 0) < $1 AND coalesce(day_began_at, 0) < $2 LIMIT $3)",
            began_before,
            began_before,
        ),
        Expired::ParkedMails { parked_before } => (
            "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE parked_at < $1 AND parked_at < $2 LIMIT $3)",
            parked_before,
            parked_before,
        ),
        Expired::QuietNotices { quiet_until } => (
            "DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE next_attempt_at < $1 AND next_attempt_at < $2 \
             AND times = 0 LIMIT $3) AND times = 0",
            quiet_until,
            quiet_until,
        ),
        Expired::Challenges { expired_before } => (
            "DELETE FROM challenges WHERE id IN (SELECT id FROM challenges WHERE expires_at < $1 AND expires_at < $2 \
             LIMIT $3)",
            expired_before,
            expired_before,
        ),
        Expired::Invitations { expired_before } => (
            "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_at < $1 AND expires_at < $2 \
             LIMIT $3)",
            expired_before,
            expired_before,
        ),
        Expired::RateLimits { began_before } => (
            "DELETE FROM tallies WHERE (subject, kind, network) IN (SELECT subject, kind, network FROM tallies \
             WHERE began_at < $1 AND began_at < $2 LIMIT $3)",
            began_before,
            began_before,
        ),
        Expired::TotpSteps { used_before } => (
            "DELETE FROM totp_steps WHERE (account_id, step) IN (SELECT account_id, step FROM totp_steps \
             WHERE used_at < $1 AND used_at < $2 LIMIT $3)",
            used_before,
            used_before,
        ),
        Expired::UsedAuthorizations { expired_before } => (
            "DELETE FROM used_authorizations WHERE id IN (SELECT id FROM used_authorizations \
             WHERE expires_at < $1 AND expires_at < $2 LIMIT $3)",
            expired_before,
            expired_before,
        ),
        Expired::AuditRecords { occurred_before } => (
            "DELETE FROM audit_records WHERE id IN (SELECT id FROM audit_records WHERE occurred_at < $1 \
             AND occurred_at < $2 LIMIT $3)",
            occurred_before,
            occurred_before,
        ),
        Expired::Events { occurred_before } => (
            // The last one is kept: a service that has seen it continues from there.
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE occurred_at < $1 AND occurred_at < $2 \
             AND kind <> 'user.deleted' AND coalesce(position, -1) <> (SELECT last FROM event_positions) LIMIT $3)",
            occurred_before,
            occurred_before,
        ),
    };
    let micros = |at: Timestamp| at.as_micros();
    let delete = diesel::sql_query(sql)
        .bind::<BigInt, _>(micros(first))
        .bind::<BigInt, _>(micros(second))
        .bind::<BigInt, _>(i64::from(limit));
    conn.execute(delete).await
}
