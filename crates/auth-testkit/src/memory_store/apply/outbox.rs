//! Queued mails and events.

use auth_domain::event::Event;
use auth_domain::mail::{LEASE, MailContent, MailRequest, NoticeDetails, NoticeKind};
use auth_domain::ports::UniqueKey;
use auth_domain::{AccountId, EventId, MailId, Timestamp};

use super::{Applied, insert_row, update};
use crate::memory_store::tables::{DeliveryRow, EventRow, MailRow, Tables};

pub(super) fn announce(tables: &mut Tables, event: &Event, services: &[String]) -> Applied {
    insert_row(&mut tables.events, event.id, EventRow { event: *event, position: None }, UniqueKey::Id)?;
    for service in services {
        let row = DeliveryRow {
            account_id: event.account_id,
            occurred_at: event.occurred_at,
            attempt: 0,
            next_attempt_at: event.occurred_at,
            stamped_at: event.occurred_at,
            acknowledged_at: None,
        };
        insert_row(&mut tables.deliveries, (event.id, service.clone()), row, UniqueKey::Id)?;
    }
    Ok(true)
}

/// Records the outcome of an attempt that still holds the lease.
pub(super) fn delivered(
    tables: &mut Tables,
    (event_id, service, attempt): (EventId, &str, u32),
    change: impl FnOnce(&mut DeliveryRow),
) -> Applied {
    let row = tables.deliveries.get_mut(&(event_id, service.to_owned()));
    Ok(update(row, |row| row.attempt == attempt && row.acknowledged_at.is_none(), change))
}

pub(super) fn owe(tables: &mut Tables, request: &MailRequest) -> Applied {
    let key = fold_key(request);
    let like = tables.mails.values_mut().find(|row| key.is_some() && fold_key(&row.request) == key);
    if let Some(row) = like {
        let id = row.request.id;
        let before = std::mem::replace(&mut row.request, MailRequest { id, ..request.clone() });
        if let (MailContent::Notice(before), MailContent::Notice(now)) = (&before.content, &mut row.request.content)
            && now.kind == NoticeKind::PasswordReset
            && row.times > 0
        {
            let both = format!("{} {}", before.details.as_stored(), now.details.as_stored());
            now.details = NoticeDetails::from_stored(&both);
        }
        row.times += 1;
        if row.parked_at.take().is_some() {
            (row.next_attempt_at, row.stamped_at) = (request.at, request.at);
        }
        return Ok(true);
    }
    let row = MailRow {
        request: request.clone(),
        times: 1,
        attempt: 0,
        next_attempt_at: request.at,
        stamped_at: request.at,
        parked_at: None,
        last_error: None,
    };
    insert_row(&mut tables.mails, request.id, row, UniqueKey::Id)
}

fn fold_key(request: &MailRequest) -> Option<String> {
    match &request.content {
        MailContent::Notice(notice) => Some(notice.fold_key(&request.to)),
        MailContent::Invitation(_) | MailContent::Code { .. } => None,
    }
}

pub(super) fn hold(
    tables: &mut Tables,
    (id, attempt): (MailId, u32),
    told: u32,
    (next_id, until): (MailId, Timestamp),
) -> Applied {
    let Some(mut row) = tables.mails.get(&id).filter(|row| row.attempt == attempt).cloned() else { return Ok(false) };
    tables.mails.remove(&id);
    row.request.id = next_id;
    row.times -= told;
    (row.attempt, row.next_attempt_at, row.last_error) = (0, until, None);
    tables.mails.insert(next_id, row);
    Ok(true)
}

pub(super) fn forget(tables: &mut Tables, id: MailId, attempt: u32) -> Applied {
    let held = tables.mails.get(&id).is_some_and(|row| row.attempt == attempt);
    if held {
        tables.mails.remove(&id);
    }
    Ok(held)
}

/// Records the failure of an attempt that still holds the lease.
pub(super) fn fail(
    tables: &mut Tables,
    (id, attempt): (MailId, u32),
    error: &str,
    change: impl FnOnce(&mut MailRow),
) -> Applied {
    let row = tables.mails.get_mut(&id);
    Ok(update(
        row,
        |row| row.attempt == attempt,
        |row| {
            row.last_error = Some(error.to_owned());
            change(row);
        },
    ))
}

pub(super) fn forget_codes_of(tables: &mut Tables, account_id: AccountId) -> Applied {
    let before = tables.mails.len();
    let is_code = |request: &MailRequest| matches!(request.content, MailContent::Code { .. });
    tables.mails.retain(|_, row| row.request.account_id != Some(account_id) || !is_code(&row.request));
    Ok(tables.mails.len() < before)
}

pub(super) fn unpark(tables: &mut Tables, at: Timestamp) -> Applied {
    let mut unparked = false;
    let is_put_off = |row: &MailRow| row.last_error.is_some() && row.next_attempt_at > at + LEASE;
    for row in tables.mails.values_mut().filter(|row| row.parked_at.is_some() || is_put_off(row)) {
        if row.parked_at.take().is_some() {
            row.attempt = 0;
        }
        (row.next_attempt_at, row.stamped_at) = (at, at);
        unparked = true;
    }
    Ok(unparked)
}
