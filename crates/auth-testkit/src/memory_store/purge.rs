//! Removes expired rows, a bounded batch at a time.

use std::collections::BTreeMap;

use auth_domain::Timestamp;
use auth_domain::event::EventKind;
use auth_domain::retention::Expired;

use super::tables::{EventRow, Tables};

/// Removes up to `limit` expired rows and returns how many there were.
fn remove<K: Ord, V>(rows: &mut BTreeMap<K, V>, limit: usize, is_expired: impl Fn(&V) -> bool) -> usize {
    let before = rows.len();
    let mut left = limit;
    rows.retain(|_, row| {
        let goes = left > 0 && is_expired(row);
        left -= usize::from(goes);
        !goes
    });
    before - rows.len()
}

/// Tells whether something happened before the limit, or never.
fn before(at: Option<Timestamp>, limit: Timestamp) -> bool {
    at.is_none_or(|at| at < limit)
}

impl Tables {
    pub(super) fn purge(&mut self, expired: Expired, limit: usize) -> usize {
        match expired {
            Expired::Sessions { ended_before } => remove(&mut self.sessions, limit, |session| {
                let revoked_before = session.revocation.is_some_and(|revocation| revocation.at < ended_before);
                session.refresh_expires_at() < ended_before || revoked_before
            }),
            Expired::NetworkAttempts { missed_before, succeeded_before } => {
                remove(&mut self.network_attempts, limit, |row| {
                    before(row.last_miss_at, missed_before) && before(row.last_success_at, succeeded_before)
                })
            }
            Expired::DailyMisses { began_before } => {
                remove(&mut self.daily_misses, limit, |row| before(row.day_began_at, began_before))
            }
            Expired::ParkedMails { parked_before } => {
                remove(&mut self.mails, limit, |row| row.parked_at.is_some_and(|at| at < parked_before))
            }
            Expired::QuietNotices { quiet_until } => {
                remove(&mut self.mails, limit, |row| row.times == 0 && row.next_attempt_at < quiet_until)
            }
            Expired::Challenges { expired_before } => {
                let removed = remove(&mut self.challenges, limit, |challenge| challenge.expires_at < expired_before);
                self.delete_challenges(|_| false);
                removed
            }
            Expired::Invitations { expired_before } => {
                remove(&mut self.invitations, limit, |invitation| invitation.expires_at < expired_before)
            }
            Expired::RateLimits { began_before } => {
                remove(&mut self.rate_limits, limit, |row| row.began_at < began_before)
            }
            Expired::TotpSteps { used_before } => remove(&mut self.totp_steps, limit, |at| *at < used_before),
            Expired::UsedAuthorizations { expired_before } => {
                remove(&mut self.used_authorizations, limit, |at| *at < expired_before)
            }
            Expired::AuditRecords { occurred_before } => {
                remove(&mut self.audit_records, limit, |record| record.occurred_at < occurred_before)
            }
            Expired::Events { occurred_before } => self.purge_events(occurred_before, limit),
        }
    }

    /// Keeps those of deletions, and the last one: a service that has seen it continues from there.
    fn purge_events(&mut self, occurred_before: Timestamp, limit: usize) -> usize {
        let is_expired = |row: &&EventRow| {
            row.event.occurred_at < occurred_before
                && !matches!(row.event.kind, EventKind::UserDeleted(_))
                && row.position.is_none_or(|position| position != self.last_position)
        };
        let ids: Vec<_> = self.events.values().filter(is_expired).map(|row| row.event.id).take(limit).collect();
        for id in &ids {
            self.delete_event(*id);
        }
        ids.len()
    }
}
