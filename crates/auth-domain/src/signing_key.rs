//! When signing keys are created and removed. The keys themselves are made and used behind
//! [`crate::ports::SigningKeyMaker`] and [`crate::ports::AccessTokens`].

use std::time::Duration;

use crate::{SigningKeyId, Timestamp};

/// How long a key signs before the next one replaces it.
const SIGNING_PERIOD: Duration = Duration::from_secs(30 * 24 * 3_600);
/// How long a key is published before it signs. Verifiers may cache the JWKS for ten minutes.
const PUBLISHED_AHEAD: Duration = Duration::from_secs(24 * 3_600);
/// The same for a key that an operator requests early: twice as long as verifiers may cache the JWKS.
const PUBLISHED_EARLY: Duration = Duration::from_secs(20 * 60);
/// How long a key stays published after it stopped signing: longer than any access token lives.
const PUBLISHED_AFTER: Duration = Duration::from_secs(2 * 24 * 3_600);

/// An Ed25519 key pair, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Its `kid`.
    pub id: SigningKeyId,
    /// Numbers the keys of a service from 1. It is unique, so that one of two nodes that rotate at once wins.
    pub sequence: i64,
    /// The time from which it signs.
    pub active_from: Timestamp,
    /// The public key (RFC 8032), 32 bytes.
    pub public_key: Vec<u8>,
    /// The private key, sealed with the master key and the id.
    pub sealed_private_key: Vec<u8>,
}

/// What to do about the keys now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationPlan {
    /// Create a key with this sequence that signs from this time on.
    pub create: Option<(i64, Timestamp)>,
    /// Remove these keys: none of their tokens is valid any more.
    pub remove: Vec<SigningKeyId>,
}

/// Returns the key that signs at `now`, given sequence and start of each: the newest active one. If none is active,
/// because this clock is behind the one that made the first key, returns the oldest: it is published anyway.
pub fn signing_at<K>(keys: &[K], now: Timestamp, sequence_and_start: impl Fn(&K) -> (i64, Timestamp)) -> Option<&K> {
    let active = keys.iter().filter(|key| sequence_and_start(key).1 <= now);
    let newest = active.max_by_key(|key| sequence_and_start(key).0);
    newest.or_else(|| keys.iter().min_by_key(|key| sequence_and_start(key).0))
}

/// What a published key is for at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKeyState {
    /// It signed; its tokens may still be valid.
    Previous,
    /// It signs.
    Current,
    /// It will sign, and is published so that verifiers know it by then.
    Next,
}

impl SigningKeyState {
    /// Returns its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::Current => "current",
            Self::Next => "next",
        }
    }
}

/// Returns the keys with what each is for at `now`.
pub fn states_at(keys: &[SigningKey], now: Timestamp) -> impl Iterator<Item = (&SigningKey, SigningKeyState)> {
    let signing = signing_at(keys, now, sequence_and_start).map(|key| key.id);
    keys.iter().map(move |key| match key {
        key if Some(key.id) == signing => (key, SigningKeyState::Current),
        key if key.active_from > now => (key, SigningKeyState::Next),
        _ => (key, SigningKeyState::Previous),
    })
}

/// Plans the rotation: the first key signs at once, each next key is published ahead, and each previous key is removed
/// when its tokens have expired.
pub fn plan_rotation(keys: &[SigningKey], now: Timestamp) -> RotationPlan {
    let Some(newest) = keys.iter().max_by_key(|key| key.sequence) else {
        return RotationPlan { create: Some((1, now)), remove: Vec::new() };
    };
    let signing = signing_at(keys, now, sequence_and_start);
    let followed_from = followed_from(newest, signing, now);
    let next_from = followed_from.map_or(now, |from| from + SIGNING_PERIOD).max(now + PUBLISHED_AHEAD);
    let due = followed_from.is_none_or(|from| now >= from + SIGNING_PERIOD - PUBLISHED_AHEAD);
    let remove = signing.map_or_else(Vec::new, |signing| {
        let retired =
            |key: &&SigningKey| key.sequence < signing.sequence && now >= signing.active_from + PUBLISHED_AFTER;
        keys.iter().filter(retired).map(|key| key.id).collect()
    });
    RotationPlan { create: due.then_some((newest.sequence + 1, next_from)), remove }
}

/// Returns since when the key that the next one follows has signed, or when it will. This is the newest key, unless
/// that is to sign later than any plan allows: then it was planned before the clock was set back, and the key that
/// signs now is followed. `None` if that key was planned so, too.
fn followed_from(newest: &SigningKey, signing: Option<&SigningKey>, now: Timestamp) -> Option<Timestamp> {
    let planned = |key: &&SigningKey| key.active_from <= now.latest_believed() + PUBLISHED_AHEAD;
    Some(newest).filter(planned).or(signing.filter(planned)).map(|key| key.active_from)
}

/// Returns the next key before its time, by sequence and start; `None` if one is already waiting to sign.
pub fn plan_early_rotation(keys: &[SigningKey], now: Timestamp) -> Option<(i64, Timestamp)> {
    match keys.iter().max_by_key(|key| key.sequence) {
        None => Some((1, now)),
        Some(newest) if newest.active_from > now => None,
        Some(newest) => Some((newest.sequence + 1, now + PUBLISHED_EARLY)),
    }
}

/// Plans the withdrawal of one key, which neither signs nor verifies from `now` on. If it is the signing key, a new one
/// replaces it at once; the others stay. `None` if the key is not published.
pub fn plan_withdrawal(keys: &[SigningKey], id: SigningKeyId, now: Timestamp) -> Option<RotationPlan> {
    keys.iter().find(|key| key.id == id)?;
    let signs = signing_at(keys, now, sequence_and_start).is_some_and(|key| key.id == id);
    let newest = keys.iter().map(|key| key.sequence).max().unwrap_or_default();
    Some(RotationPlan { create: signs.then_some((newest + 1, now)), remove: vec![id] })
}

const fn sequence_and_start(key: &SigningKey) -> (i64, Timestamp) {
    (key.sequence, key.active_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3_600);

    fn key(sequence: i64, active_from: Timestamp) -> SigningKey {
        let id = SigningKeyId::generate(active_from, [sequence as u8; 32]);
        SigningKey { id, sequence, active_from, public_key: Vec::new(), sealed_private_key: Vec::new() }
    }

    #[test]
    fn a_year_of_hours_never_lacks_a_key_and_never_surprises_a_verifier() {
        let start = Timestamp::from_seconds(1_800_000_000);
        let mut keys: Vec<SigningKey> = Vec::new();
        let mut signed_last: Vec<(SigningKeyId, Timestamp)> = Vec::new();
        for hour in 0..(365 * 24) {
            let now = start + Duration::from_secs(hour * 3_600);
            let published_an_hour_ago: Vec<SigningKeyId> = keys.iter().map(|key| key.id).collect();
            let plan = plan_rotation(&keys, now);
            keys.retain(|key| !plan.remove.contains(&key.id));
            if let Some((sequence, active_from)) = plan.create {
                keys.push(key(sequence, active_from));
            }
            let signing = signing_at(&keys, now, sequence_and_start).expect("some key signs at any time").id;
            assert!(hour == 0 || published_an_hour_ago.contains(&signing), "published before use");
            signed_last.retain(|(id, _)| *id != signing);
            signed_last.push((signing, now));
            for (id, at) in &signed_last {
                let gone = !keys.iter().any(|key| key.id == *id);
                assert!(!gone || now.since(*at) >= DAY, "a key stays while its tokens live");
            }
            assert!(keys.len() <= 3);
        }
        assert_eq!(signed_last.len(), 13);
    }

    #[test]
    fn a_service_that_slept_for_a_year_publishes_before_it_rotates() {
        let start = Timestamp::from_seconds(1_800_000_000);
        let now = start + 365 * DAY;
        let plan = plan_rotation(&[key(1, start)], now);
        assert_eq!(plan.create, Some((2, now + PUBLISHED_AHEAD)));
        assert_eq!(plan.remove, []);
    }

    #[test]
    fn a_key_that_was_planned_by_a_clock_far_ahead_does_not_hold_the_next_one_up() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let ahead = now + 40 * DAY;
        // Each is found by a clock that was set back by 40 days after the last one was planned.
        let one_signs = [key(1, now - 10 * DAY), key(2, ahead + PUBLISHED_AHEAD)];
        assert_eq!(plan_rotation(&one_signs, now), RotationPlan::default(), "its month is not over");
        let later = now + 19 * DAY;
        assert_eq!(plan_rotation(&one_signs, later).create, Some((3, later + PUBLISHED_AHEAD)));
        let none_signs = [key(2, ahead)];
        assert_eq!(plan_rotation(&none_signs, now).create, Some((3, now + PUBLISHED_AHEAD)));
        // The new key takes over although another one's time comes, and that one is removed.
        let after = [key(2, ahead), key(3, now + DAY)];
        assert_eq!(plan_rotation(&after, now + DAY).create, None);
        assert_eq!(plan_rotation(&after, now + 3 * DAY).remove, [after[0].id]);
    }

    #[test]
    fn a_key_that_is_withdrawn_is_gone_and_a_new_one_signs_where_it_did() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let keys = [key(1, now - 40 * DAY), key(2, now - 10 * DAY), key(3, now + DAY)];
        let plan = |id| plan_withdrawal(&keys, id, now);
        for (index, create) in [(0, None), (1, Some((4, now))), (2, None)] {
            let id = keys[index].id;
            assert_eq!(plan(id), Some(RotationPlan { create, remove: vec![id] }));
        }
        assert_eq!(plan(key(9, now).id), None);
        // The new key signs although another one was waiting: that one was published longer, but has an earlier start.
        let after = [keys[0].clone(), keys[2].clone(), key(4, now)];
        for later in [now, now + 2 * DAY] {
            assert_eq!(signing_at(&after, later, sequence_and_start).map(|key| key.sequence), Some(4));
        }
    }
}
