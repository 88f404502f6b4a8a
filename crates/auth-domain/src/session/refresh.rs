//! The refresh state machine: what a session answers when a refresh token is presented.
//!
//! Pure: [`present`] decides, the store commits what it decided under a guard. `tests/refresh_model`
//! searches it exhaustively with messages lost, doubled, reordered and delayed and with a thief.
//!
//! A client must start a *new* refresh only after the last one was answered and the retry window
//! has passed; tabs of one browser share their tokens.

use std::time::Duration;

use super::{Client, Generation, LeftBehind, Rotation};
use crate::Timestamp;

/// What to do about a presented refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Hand out a new generation; this is where the session then stands.
    Advanced(Rotation),
    /// The answer was perhaps lost: hand out the current generation again and note the time.
    ServedAgain {
        /// When it is handed out.
        at: Timestamp,
    },
    /// A second tab, or an answer that arrived twice: hand out the current generation again.
    /// Nothing to store.
    Repeated,
    /// No current token any more: somebody else may hold a copy, so the session is to be revoked.
    Reused,
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
    if presented == rotation.generation {
        return Presented::Advanced(successor(rotation, presented, client, now));
    }
    if Some(presented) != rotation.parent || retry_window.is_zero() {
        return Presented::Reused;
    }
    match (rotation.client == *client, rotation.proved) {
        (true, false) => Presented::ServedAgain { at: now },
        (true, true) if now.since(rotation.served_at) <= retry_window => Presented::Repeated,
        (false, false) => Presented::Advanced(successor(rotation, presented, client, now)),
        (_, true) => Presented::Reused,
    }
}

/// The next generation, handed out for `parent`. When that is not the current one, this is a fork: the
/// generations in between are neither current nor parent any more. Of several forks the gaps are joined.
fn successor(rotation: &Rotation, parent: Generation, client: &Client, now: Timestamp) -> Rotation {
    let generation = rotation.generation.next();
    let after = rotation.left_behind.map_or(parent, |gap| gap.after.min(parent));
    let forked = parent != rotation.generation;
    let left_behind = if forked { Some(LeftBehind { after, before: generation }) } else { rotation.left_behind };
    Rotation { generation, parent: Some(parent), served_at: now, proved: false, client: client.clone(), left_behind }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);
    const SERVED: Timestamp = Timestamp::from_seconds(1_000);

    fn client(last: u8) -> Client {
        Client::new([192, 0, last, 1].into(), "browser")
    }

    fn rotation(proved: bool) -> Rotation {
        Rotation {
            generation: Generation::from_number(5),
            parent: Some(Generation::from_number(4)),
            served_at: SERVED,
            proved,
            client: client(1),
            left_behind: None,
        }
    }

    fn at(proved: bool, generation: u32, who: u8, seconds_later: u64) -> Presented {
        let now = SERVED + Duration::from_secs(seconds_later);
        present(&rotation(proved), Generation::from_number(generation), &client(who), now, WINDOW)
    }

    #[test]
    fn the_table_of_the_architecture() {
        let Presented::Advanced(next) = at(true, 5, 2, 3) else { panic!("the current token advances") };
        assert_eq!(
            (next.generation.as_number(), next.parent, next.proved),
            (6, Some(Generation::from_number(5)), false)
        );
        assert_eq!(next.client, client(2));

        let again = Presented::ServedAgain { at: SERVED + Duration::from_secs(3_600) };
        assert_eq!(at(false, 4, 1, 3_600), again, "a lost answer, however late");
        assert_eq!(at(true, 4, 1, 10), Presented::Repeated, "a second tab within the window");
        assert_eq!(at(true, 4, 1, 11), Presented::Reused, "past the window");

        let Presented::Advanced(fork) = at(false, 4, 2, 3) else { panic!("another client forks") };
        assert_eq!((fork.generation.as_number(), fork.parent), (6, Some(Generation::from_number(4))));

        assert_eq!(at(true, 4, 2, 1), Presented::Reused, "another client after proof");
        assert_eq!(at(false, 3, 1, 1), Presented::Reused, "an older one");
        assert_eq!(at(false, 6, 1, 1), Presented::Reused, "one that never was");
    }

    #[test]
    fn access_tokens_of_what_forks_left_behind_stay_dead() {
        let accepted = |rotation: &Rotation| -> Vec<u32> {
            (1..=12).filter(|number| rotation.accepts_access_token_of(Generation::from_number(*number))).collect()
        };
        let advance = |rotation: &Rotation, number: u32, who: u8| match present(
            rotation,
            Generation::from_number(number),
            &client(who),
            SERVED,
            WINDOW,
        ) {
            Presented::Advanced(next) => next,
            other => panic!("{other:?}"),
        };
        assert_eq!(accepted(&rotation(false)), [1, 2, 3, 4, 5]);
        let forked = advance(&rotation(false), 4, 2);
        assert_eq!(accepted(&forked), [1, 2, 3, 4, 6]);
        let later = advance(&forked, 6, 2);
        assert_eq!(accepted(&later), [1, 2, 3, 4, 6, 7], "also when the parent has moved on");
        let again = advance(&later, 6, 1);
        assert_eq!(accepted(&again), [1, 2, 3, 4, 8], "the gaps are joined");
    }

    #[test]
    fn no_window_means_single_use() {
        for proved in [false, true] {
            for who in [1, 2] {
                let decision =
                    present(&rotation(proved), Generation::from_number(4), &client(who), SERVED, Duration::ZERO);
                assert_eq!(decision, Presented::Reused);
            }
        }
    }
}
