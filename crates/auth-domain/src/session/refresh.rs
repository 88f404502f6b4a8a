//! The refresh state machine: what a session answers when a refresh token is presented.
//!
//! Pure: [`present`] decides, the store commits what it decided under a guard. `tests/refresh_model`
//! searches it exhaustively with messages lost, doubled, reordered and delayed, with a client of one exit and of
//! two, and with a thief.
//!
//! A client must start a *new* refresh only after the last one was answered and the retry window
//! has passed; tabs of one browser share their tokens.

use std::time::Duration;

use super::{Client, Generation, Join, LateRepeats, LeftBehind, Rotation};
use crate::Timestamp;

/// What to do about a presented refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Hand out a new generation; this is where the session then stands.
    Advanced(Rotation),
    /// Hand out the current generation again, whose answer was perhaps lost, or which a second exit of the same client
    /// asks for; this is where the session then stands.
    ServedAgain(Rotation),
    /// As [`Self::ServedAgain`], but the parent was asked for late in [`LateRepeats::SUSPICIOUS`] generations running or
    /// more: perhaps two share the session.
    Suspicious(Rotation),
    /// A second tab, or an answer that arrived twice: hand out the current generation again.
    /// Nothing to store.
    Repeated,
    /// Another client, after the successor was used: hand out nothing. It may be a second exit that came too late, so
    /// nothing else happens.
    Refused,
    /// No current token any more: somebody else may hold a copy, so the session is to be revoked.
    Reused,
}

/// Whether `presented` is the current generation: then [`present`] advances, whoever presents it.
///
/// That alone may be decided on a rotation that was kept for a while. A session that stands at the same generation, as
/// often proved and noted ([`super::RotationVersion`]), is the same but for `served_at`, which the next generation
/// replaces; and one that does not makes the change a conflict.
pub fn is_current(rotation: &Rotation, presented: Generation) -> bool {
    presented == rotation.generation
}

/// Decides about generation `presented`, presented by `client` at `now`.
///
/// `retry_window` zero means strict single use.
pub fn present(
    rotation: &Rotation,
    presented: Generation,
    client: &Client,
    now: Timestamp,
    retry_window: Duration,
) -> Presented {
    if is_current(rotation, presented) {
        return Presented::Advanced(successor(rotation, presented, client, now));
    }
    if Some(presented) != rotation.parent || retry_window.is_zero() {
        return Presented::Reused;
    }
    let within_window = now.since(rotation.served_at) <= retry_window;
    match (rotation.client == *client, rotation.proved, within_window) {
        (true, false, _) => served_again(rotation.clone(), now, retry_window),
        (false, false, true) => match joined(rotation, client, now) {
            Some(rotation) => served_again(rotation, now, retry_window),
            None => Presented::Advanced(successor(rotation, presented, client, now)),
        },
        (false, false, false) => Presented::Advanced(successor(rotation, presented, client, now)),
        (true, true, true) => Presented::Repeated,
        (false, true, true) => Presented::Refused,
        (_, true, false) => Presented::Reused,
    }
}

/// The next generation, handed out for `parent`. When that is not the current one, this is a fork: the
/// generations in between are neither current nor parent any more. Of several forks the gaps are joined.
fn successor(rotation: &Rotation, parent: Generation, client: &Client, now: Timestamp) -> Rotation {
    let generation = rotation.generation.next();
    let after = rotation.left_behind.map_or(parent, |gap| gap.after.min(parent));
    let forked = parent != rotation.generation;
    let left_behind = if forked { Some(LeftBehind { after, before: generation }) } else { rotation.left_behind };
    // A fork takes the place of the generation that it leaves behind, which may have been the last of several.
    let late = rotation.late.map(|late| match forked && late.generation == rotation.generation {
        true => LateRepeats { generation, ..late },
        false => late,
    });
    Rotation {
        generation,
        parent: Some(parent),
        rotated_at: now,
        served_at: now,
        proved: false,
        client: client.clone(),
        left_behind,
        joins: rotation.joins.clone(),
        late,
        notes: rotation.notes,
    }
}

/// With `client` among those that were handed the current generation; `None` where the session has no joins left. Each
/// client costs one a generation, however often it asks.
fn joined(rotation: &Rotation, client: &Client, now: Timestamp) -> Option<Rotation> {
    let generation = rotation.generation;
    if rotation.joins.include(generation, client) {
        return Some(rotation.clone());
    }
    let joins = rotation.joins.with(Join { at: now, generation, client: client.clone() })?;
    Some(Rotation { joins, notes: rotation.notes.next(), ..rotation.clone() })
}

/// The same generation once more. It is late when the window has passed since that was *first* handed out: whoever keeps
/// asking keeps moving the last answer.
fn served_again(rotation: Rotation, now: Timestamp, retry_window: Duration) -> Presented {
    let rotation = Rotation { served_at: now, ..rotation };
    let noted = rotation.late.is_some_and(|late| late.generation == rotation.generation);
    if noted || now.since(rotation.rotated_at) <= retry_window {
        return Presented::ServedAgain(rotation);
    }
    let before = rotation.late.filter(|late| Some(late.generation) == rotation.parent);
    let running = before.map_or(0, |late| late.running).saturating_add(1);
    let late = Some(LateRepeats { generation: rotation.generation, running });
    let rotation = Rotation { late, notes: rotation.notes.next(), ..rotation };
    match running >= LateRepeats::SUSPICIOUS {
        true => Presented::Suspicious(rotation),
        false => Presented::ServedAgain(rotation),
    }
}

#[cfg(test)]
mod tests;
