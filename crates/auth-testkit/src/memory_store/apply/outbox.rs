//! Owed mails and events.

use auth_domain::account::EmailAddress;
use auth_domain::event::Event;
use auth_domain::mail::MailRequest;
use auth_domain::ports::UniqueKey;
use auth_domain::{EventId, MailId, Timestamp};

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
            acknowledged_at: None,
        };
        insert_row(&mut tables.deliveries, (event.id, service.clone()), row, UniqueKey::Id)?;
    }
    Ok(true)
}

/// What an attempt came to, if it still holds the lease.
pub(super) fn delivered(
    tables: &mut Tables,
    (event_id, service, attempt): (EventId, &str, u32),
    change: impl FnOnce(&mut DeliveryRow),
) -> Applied {
    let row = tables.deliveries.get_mut(&(event_id, service.to_owned()));
    Ok(update(row, |row| row.attempt == attempt && row.acknowledged_at.is_none(), change))
}

pub(super) fn owe(tables: &mut Tables, request: &MailRequest) -> Applied {
    let row = MailRow {
        request: request.clone(),
        attempt: 0,
        next_attempt_at: request.at,
        parked_at: None,
        last_error: None,
    };
    insert_row(&mut tables.mails, request.id, row, UniqueKey::Id)
}

pub(super) fn forget(tables: &mut Tables, id: MailId, attempt: u32) -> Applied {
    let held = tables.mails.get(&id).is_some_and(|row| row.attempt == attempt);
    if held {
        tables.mails.remove(&id);
    }
    Ok(held)
}

/// What a failed attempt came to, if it still holds the lease.
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

pub(super) fn forget_all_to(tables: &mut Tables, address: &EmailAddress) -> Applied {
    let before = tables.mails.len();
    tables.mails.retain(|_, row| row.request.to.as_str() != address.as_str());
    Ok(tables.mails.len() < before)
}

pub(super) fn unpark(tables: &mut Tables, at: Timestamp) -> Applied {
    let mut unparked = false;
    for row in tables.mails.values_mut().filter(|row| row.parked_at.is_some()) {
        (row.parked_at, row.attempt, row.next_attempt_at) = (None, 0, at);
        unparked = true;
    }
    Ok(unparked)
}
