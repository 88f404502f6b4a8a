//! The refresh state machine: how a session answers a refresh token.
//!
//! This code is pure: [`present`] decides, and the store commits the decision under a guard. `tests/refresh_model`
//! searches the state machine exhaustively, with messages lost, duplicated, reordered and delayed, with a client behind
//! one network exit or two, and with a thief.
//!
//! A client must start a *new* refresh only after the last one was answered and the retry window has passed. Tabs of
//! one browser share their tokens.

use std::time::Duration;

use super::{Client, Generation, Join, LateRepeats, LeftBehind, Rotation};
use crate::Timestamp;

/// What to do about a presented refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Issue a new generation; this is the new state of the session.
    Advanced(Rotation),
    /// Issue the current generation again, because its answer may have been lost or a second exit of the same client
    /// asks for it; this is the new state of the session.
    ServedAgain(Rotation),
    /// As [`Self::ServedAgain`], but the parent was presented late in at least [`LateRepeats::SUSPICIOUS`] generations
    /// in a row: two clients may share the session.
    Suspicious(Rotation),
    /// Issue the current generation again to a second tab, or because an answer arrived twice. Nothing needs to be
    /// stored.
    Repeated,
    /// Issue nothing: another client presented the parent after its successor was used. It may be a second exit that
    /// came too late, so nothing else happens.
    Refused,
    /// Revoke the session: the token was already replaced, so someone else may have a copy.
    Reused,
}

/// Tells whether `presented` is the current generation, in which case [`present`] advances for any client.
///
/// Only this may be decided on a rotation that was cached. A session at the same generation, proved and noted as often
/// ([`super::RotationVersion`]), differs at most in `served_at`, which the next generation replaces; any other session
/// makes the change a conflict.
pub fn is_current(rotation: &Rotation, presented: Generation) -> bool {
    presented == rotation.generation
}

/// Decides about generation `presented`, presented by `client` at `now`.
///
/// A `retry_window` of zero means strict single use.
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

/// Returns the next generation, issued for `parent`. If that is not the current one, this is a fork: the generations in
/// between are neither current nor parent any more. The gaps of several forks are merged.
fn successor(rotation: &Rotation, parent: Generation, client: &Client, now: Timestamp) -> Rotation {
    let generation = rotation.generation.next();
    let after = rotation.left_behind.map_or(parent, |gap| gap.after.min(parent));
    let forked = parent != rotation.generation;
    let left_behind = if forked { Some(LeftBehind { after, before: generation }) } else { rotation.left_behind };
    // A fork replaces the generation that it leaves behind, which may have been the last of several.
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

/// Adds `client` to those that received the current generation; `None` if the session has no joins left. Each client
/// costs one join per generation, however often it asks.
fn joined(rotation: &Rotation, client: &Client, now: Timestamp) -> Option<Rotation> {
    let generation = rotation.generation;
    if rotation.joins.include(generation, client) {
        return Some(rotation.clone());
    }
    let joins = rotation.joins.with(Join { at: now, generation, client: client.clone() })?;
    Some(Rotation { joins, notes: rotation.notes.next(), ..rotation.clone() })
}

/// Issues the same generation again. It is late if the window has passed since it was *first* issued: repeated requests
/// keep moving the last answer.
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
