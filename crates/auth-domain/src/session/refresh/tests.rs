//! Tests the table of the architecture row by row. `tests/refresh_model` searches how the rows work together.

use super::*;
use crate::session::Joins;

const WINDOW: Duration = Duration::from_secs(10);
const SERVED: Timestamp = Timestamp::from_seconds(1_000);
const HOUR: u64 = 3_600;

fn client(last: u8) -> Client {
    Client::new([192, 0, last, 1].into(), "browser")
}

fn generation(number: u32) -> Generation {
    Generation::from_number(number)
}

fn later(seconds: u64) -> Timestamp {
    SERVED + Duration::from_secs(seconds)
}

fn rotation(proved: bool) -> Rotation {
    let first = Rotation::first(client(1), SERVED);
    Rotation { generation: generation(5), parent: Some(generation(4)), proved, ..first }
}

fn at(rotation: &Rotation, number: u32, who: u8, seconds_later: u64) -> Presented {
    present(rotation, generation(number), &client(who), later(seconds_later), WINDOW)
}

#[track_caller]
fn advanced(decision: Presented) -> Rotation {
    let Presented::Advanced(next) = decision else { panic!("{decision:?}") };
    next
}

#[track_caller]
fn served_again(decision: Presented) -> Rotation {
    let Presented::ServedAgain(same) = decision else { panic!("{decision:?}") };
    same
}

#[test]
fn the_table_of_the_architecture() {
    let (proved, unproved) = (rotation(true), rotation(false));
    let next = advanced(at(&proved, 5, 2, 3));
    let expected = Rotation::first(client(2), later(3));
    assert_eq!(next, Rotation { generation: generation(6), parent: Some(generation(5)), ..expected });

    let again = served_again(at(&unproved, 4, 1, HOUR));
    assert_eq!((again.generation, again.served_at, again.rotated_at), (generation(5), later(HOUR), SERVED));
    assert_eq!(at(&proved, 4, 1, 10), Presented::Repeated, "a second tab within the window");
    assert_eq!(at(&proved, 4, 1, 11), Presented::Reused, "past the window");

    let join = served_again(at(&unproved, 4, 2, 10));
    assert_eq!((join.generation, &join.client, join.served_at), (generation(5), &client(1), later(10)));
    let fork = advanced(at(&unproved, 4, 2, 11));
    assert_eq!((fork.generation, fork.parent, fork.client), (generation(6), Some(generation(4)), client(2)));

    assert_eq!(at(&proved, 4, 2, 10), Presented::Refused, "another client after proof");
    assert_eq!(at(&proved, 4, 2, 11), Presented::Reused, "and past the window");
    for (of, number) in [(&proved, 3), (&unproved, 3), (&unproved, 6)] {
        assert_eq!(at(of, number, 1, 1), Presented::Reused, "an older one, or one that never was");
    }
}

#[test]
fn a_session_has_three_joins_in_any_day() {
    let (mut rotation, mut joins) = (rotation(false), Vec::new());
    for (who, seconds) in [(2, 1), (3, 2), (4, 3)] {
        rotation = served_again(at(&rotation, 4, who, seconds));
        joins.push(Join { at: later(seconds), generation: generation(5), client: client(who) });
        assert_eq!((rotation.joins.as_slice(), rotation.notes.as_number()), (&joins[..], i64::from(who) - 1));
    }
    advanced(at(&rotation, 4, 5, 4));
    // An exit that joined, and the one that rotated, cost nothing more.
    for who in [1, 2, 3, 4] {
        let again = served_again(at(&rotation, 4, who, 5));
        assert_eq!(again, Rotation { served_at: later(5), ..rotation.clone() });
    }

    let day = 24 * HOUR;
    for (seconds, left) in [(day, 0), (day + 1, 1), (day + 2, 2), (day + 3, 3)] {
        let now = seconds - 5;
        // Nearly a day after the first join, each of the others a second younger.
        let mut next = advanced(at(&rotation, 5, 1, now));
        for who in [2, 3, 4, 5] {
            let decision = at(&next, 5, who, seconds);
            match u64::from(who) - 2 < left {
                true => next = served_again(decision),
                false => drop(advanced(decision)),
            }
        }
    }
    assert_eq!(Joins::MAX, 3);
}

#[test]
fn an_exit_costs_a_join_in_each_generation() {
    let joined = served_again(at(&rotation(false), 4, 2, 1));
    let next = advanced(at(&joined, 5, 1, 20));
    let again = served_again(at(&next, 5, 2, 21));
    let counted: Vec<_> = again.joins.as_slice().iter().map(|join| (join.generation, &join.client)).collect();
    assert_eq!(counted, [(generation(5), &client(2)), (generation(6), &client(2))]);
}

/// Advances one generation, whose parent is then presented so many seconds after it was first issued.
fn moved_on(rotation: &Rotation, asked_after: &[u64]) -> (Rotation, Vec<Presented>) {
    let (current, begun) = (rotation.generation, rotation.served_at + Duration::from_secs(60));
    let ask = |of: &Rotation, at: Timestamp| present(of, current, &client(1), at, WINDOW);
    let mut next = advanced(ask(rotation, begun));
    let mut decisions = Vec::new();
    for seconds in asked_after {
        let decision = ask(&next, begun + Duration::from_secs(*seconds));
        if let Presented::ServedAgain(same) | Presented::Suspicious(same) = &decision {
            next = same.clone();
        }
        decisions.push(decision);
    }
    (next, decisions)
}

fn running(rotation: &Rotation) -> u32 {
    rotation.late.map_or(0, |late| late.running)
}

#[test]
fn the_third_generation_running_whose_parent_is_asked_for_late_is_suspicious() {
    let mut rotation = rotation(false);
    for (count, suspicious) in [(1, false), (2, false), (3, true), (4, true)] {
        let (next, decisions) = moved_on(&rotation, &[10, 11, 3_600]);
        let [Presented::ServedAgain(in_time), late, Presented::ServedAgain(_)] = &decisions[..] else {
            panic!("{decisions:?}")
        };
        assert_eq!(running(in_time), count - 1);
        assert_eq!((matches!(late, Presented::Suspicious(_)), running(&next)), (suspicious, count));
        assert_eq!(next.notes.as_number(), i64::from(count), "once a generation");
        rotation = next;
    }
    let (in_time, _) = moved_on(&rotation, &[10]);
    let (late, _) = moved_on(&in_time, &[11]);
    assert_eq!(running(&late), 1, "a generation in time begins the count anew");
    let (silent, _) = moved_on(&rotation, &[]);
    let (late, _) = moved_on(&silent, &[11]);
    assert_eq!(running(&late), 1, "as does one that was not asked for again");
}

#[test]
fn whoever_keeps_asking_is_late_all_the_same() {
    let (next, _) = moved_on(&rotation(false), &[6, 12]);
    assert_eq!(running(&next), 1, "six seconds after the last answer, twelve after the first");
}

#[test]
fn a_fork_takes_the_place_of_what_it_leaves_behind() {
    let (once, _) = moved_on(&rotation(false), &[11]);
    let forked = advanced(present(&once, generation(5), &client(2), later(1_000), WINDOW));
    assert_eq!(forked.late, Some(LateRepeats { generation: forked.generation, running: 1 }));
    let (next, _) = moved_on(&Rotation { client: client(1), ..forked }, &[11]);
    assert_eq!(running(&next), 2);
}

#[test]
fn access_tokens_of_what_forks_left_behind_stay_dead() {
    let accepted = |rotation: &Rotation| -> Vec<u32> {
        (1..=12).filter(|number| rotation.accepts_access_token_of(generation(*number))).collect()
    };
    let advance = |rotation: &Rotation, number: u32, who: u8| advanced(at(rotation, number, who, 11));
    let first = rotation(false);
    assert_eq!(accepted(&first), [1, 2, 3, 4, 5]);
    let forked = advance(&first, 4, 2);
    assert_eq!(accepted(&forked), [1, 2, 3, 4, 6]);
    let next = advance(&forked, 6, 2);
    assert_eq!(accepted(&next), [1, 2, 3, 4, 6, 7], "also when the parent has moved on");
    let again = advanced(at(&next, 6, 1, 22));
    assert_eq!(accepted(&again), [1, 2, 3, 4, 8], "the gaps are joined");
}

#[test]
fn no_window_means_single_use() {
    for proved in [false, true] {
        for who in [1, 2] {
            let decision = present(&rotation(proved), generation(4), &client(who), SERVED, Duration::ZERO);
            assert_eq!(decision, Presented::Reused);
        }
    }
}

#[test]
fn no_more_joins_are_read_back_than_a_session_may_have() {
    let join = |number| Join { at: SERVED, generation: generation(number), client: client(2) };
    let stored = |count| Joins::from_stored((1..=count).map(join).collect());
    assert_eq!(stored(3).map(|joins| joins.as_slice().len()), Some(Joins::MAX));
    assert_eq!(stored(4), None);
}
