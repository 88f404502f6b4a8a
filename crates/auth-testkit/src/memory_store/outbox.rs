//! How queued mails and events are leased, and in which order events are listed.

use auth_domain::event::{Event, LeasedEvent};
use auth_domain::mail::LeasedMail;
use auth_domain::{EventId, MailId, Timestamp};

use super::tables::Tables;

fn most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

impl Tables {
    /// Leases mails: a lease is a due time in the future and another attempt.
    pub(super) fn lease_mails(&mut self, now: Timestamp, until: Timestamp, limit: u32) -> Vec<LeasedMail> {
        let due =
            self.mails.values().filter(|row| row.parked_at.is_none() && row.times > 0 && row.next_attempt_at <= now);
        let mut due: Vec<(Timestamp, MailId)> = due.map(|row| (row.next_attempt_at, row.request.id)).collect();
        due.sort();
        let mut leased = Vec::new();
        for (_, id) in due.into_iter().take(most(limit)) {
            if let Some(row) = self.mails.get_mut(&id) {
                row.attempt += 1;
                (row.next_attempt_at, row.stamped_at) = (until, now);
                leased.push(LeasedMail { request: row.request.clone(), times: row.times, attempt: row.attempt });
            }
        }
        leased
    }

    /// Leases events; of each account none before the previous one is acknowledged.
    pub(super) fn lease_events(
        &mut self,
        service: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Vec<LeasedEvent> {
        let open = self.deliveries.iter().filter(|((_, to), row)| to == service && row.acknowledged_at.is_none());
        let open: Vec<_> = open.map(|((id, _), row)| (row.account_id, (row.occurred_at, *id), row)).collect();
        let is_first = |account, place| !open.iter().any(|(other, earlier, _)| *other == account && *earlier < place);
        let due = open.iter().filter(|(account, place, row)| row.next_attempt_at <= now && is_first(*account, *place));
        let mut due: Vec<(Timestamp, EventId)> = due.map(|(_, (_, id), row)| (row.next_attempt_at, *id)).collect();
        due.sort();
        let mut leased: Vec<LeasedEvent> = Vec::new();
        for (_, id) in due.into_iter().take(most(limit)) {
            let (row, event) = (self.deliveries.get_mut(&(id, service.to_owned())), self.events.get(&id));
            if let (Some(row), Some(event)) = (row, event) {
                row.attempt += 1;
                (row.next_attempt_at, row.stamped_at) = (until, now);
                leased.push(LeasedEvent { event: event.event, attempt: row.attempt });
            }
        }
        leased.sort_by_key(|leased| (leased.event.occurred_at, leased.event.id));
        leased
    }

    /// Restarts at `now` what has been waiting since the future.
    pub(super) fn restamp(&mut self, now: Timestamp) -> usize {
        let is_ahead = |stamped_at: Timestamp| stamped_at > now.latest_believed();
        let mails = self.mails.values_mut().filter(|row| row.parked_at.is_none());
        let mails = mails.map(|row| (&mut row.next_attempt_at, &mut row.stamped_at));
        let open = self.deliveries.values_mut().filter(|row| row.acknowledged_at.is_none());
        let open = open.map(|row| (&mut row.next_attempt_at, &mut row.stamped_at));
        let mut moved = 0;
        for (next_attempt_at, stamped_at) in mails.chain(open).filter(|(_, stamped_at)| is_ahead(**stamped_at)) {
            *next_attempt_at = now + next_attempt_at.since(*stamped_at);
            *stamped_at = now;
            moved += 1;
        }
        moved
    }

    /// Gives each event without a position the next one, then reads from that of `after` on.
    pub(super) fn events_after(&mut self, after: Option<EventId>, limit: u32) -> Option<Vec<Event>> {
        let unplaced = self.events.values().filter(|row| row.position.is_none());
        let mut unplaced: Vec<_> = unplaced.map(|row| (row.event.occurred_at, row.event.id)).collect();
        unplaced.sort();
        for (_, id) in unplaced {
            self.last_position += 1;
            if let Some(row) = self.events.get_mut(&id) {
                row.position = Some(self.last_position);
            }
        }
        let after = match after {
            None => Some(0),
            Some(id) => Some(self.events.get(&id)?.position?),
        };
        let mut listed: Vec<_> = self.events.values().filter(|row| row.position > after).collect();
        listed.sort_by_key(|row| row.position);
        Some(listed.into_iter().take(most(limit)).map(|row| row.event).collect())
    }
}
