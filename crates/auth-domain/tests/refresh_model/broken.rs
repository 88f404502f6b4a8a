//! Each rule broken on purpose: the search must notice. A rule is broken by changing what the shipped function decides, in
//! the cases that the rule is about.

use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::session::{Client, Generation, LateRepeats, Rotation};
use refresh::Presented;
use stateright::HasDiscoveries;

use super::*;

/// Defines a transition function that changes a decision: `broken!(decision, rotation, client, now => …)`.
macro_rules! broken {
    ($decided:pat, $r:ident, $c:ident, $now:ident => $changed:expr) => {{
        fn decide($r: &Rotation, g: Generation, $c: &Client, $now: Timestamp, w: Duration) -> Presented {
            match refresh::present($r, g, $c, $now, w) {
                $decided => $changed,
                other => other,
            }
        }
        Refresh { decide, ..shipped() }
    }};
}

/// Searches until that property fails.
#[track_caller]
fn fails(model: Refresh, property: &'static str) {
    let finish = HasDiscoveries::AnyOf([property].into());
    let checker = model.checker().finish_when(finish).spawn_bfs().join();
    println!("{} states until it fails: {property}", checker.unique_state_count());
    assert!(checker.discovery(property).is_some(), "not noticed: {property}");
}

fn two_exits(model: Refresh) -> Refresh {
    Refresh { exits: 2, ..model }
}

fn with_thief_elsewhere(model: Refresh) -> Refresh {
    Refresh { thief: Thief::Elsewhere, window: 2, ..model }
}

/// That of a fork, whose current generation is another's.
fn forked(r: &Rotation, next: &Rotation) -> bool {
    next.parent != Some(r.generation)
}

#[test]
fn no_second_answer_after_proof() {
    fails(broken!(Presented::Repeated, _r, _c, _now => Presented::Reused), HONEST);
}

#[test]
fn a_window_counted_from_the_rotation_instead_of_the_last_answer() {
    let model = broken!(Presented::ServedAgain(same), r, _c, _now => {
        Presented::ServedAgain(Rotation { served_at: r.served_at, ..same })
    });
    fails(model, HONEST);
}

#[test]
fn a_join_that_does_not_count_as_an_answer() {
    let model = broken!(Presented::ServedAgain(same), r, c, _now => match r.client == *c {
        true => Presented::ServedAgain(same),
        false => Presented::ServedAgain(Rotation { served_at: r.served_at, ..same }),
    });
    fails(two_exits(model), HONEST);
}

#[test]
fn a_fork_for_the_same_client() {
    let model = broken!(Presented::ServedAgain(same), r, c, now => match r.client == *c {
        true => fork(r, c, now),
        false => Presented::ServedAgain(same),
    });
    fails(model, HONEST);
}

/// What the shipped function does for another client, when it is late.
fn fork(r: &Rotation, c: &Client, now: Timestamp) -> Presented {
    let elsewhere = Rotation { client: service::client(0), served_at: Timestamp::from_seconds(0), ..r.clone() };
    refresh::present(&elsewhere, r.parent.unwrap(), c, now, Duration::from_secs(1))
}

#[test]
fn a_fork_where_there_could_be_a_join() {
    let model = broken!(Presented::ServedAgain(same), r, c, now => match r.client == *c {
        true => Presented::ServedAgain(same),
        false => fork(r, c, now),
    });
    fails(two_exits(model), HONEST);
}

#[test]
fn a_refusal_that_revokes() {
    fails(two_exits(broken!(Presented::Refused, _r, _c, _now => Presented::Reused)), HONEST);
}

#[test]
fn a_repeat_that_costs_a_join_each_time() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        // Of an earlier generation, as far as the shipped function sees.
        let joins = r.joins.as_slice().iter().cloned();
        let joins = joins.map(|join| auth_domain::session::Join { generation: Generation::from_number(0), ..join });
        let joins = auth_domain::session::Joins::from_stored(joins.collect()).unwrap();
        refresh::present(&Rotation { joins, ..r.clone() }, g, c, now, w)
    }
    fails(Refresh { decide, exits: 2, ..shipped() }, HONEST);
}

#[test]
fn a_window_that_does_not_look_at_the_client() {
    fn decide(r: &Rotation, g: Generation, _: &Client, now: Timestamp, w: Duration) -> Presented {
        refresh::present(r, g, &r.client, now, w)
    }
    for property in [JOINS, PROOF] {
        fails(with_thief_elsewhere(Refresh { decide, ..shipped() }), property);
    }
}

#[test]
fn joins_without_a_bound() {
    let model = broken!(Presented::Advanced(next), r, _c, now => {
        let out_of_joins = forked(r, &next) && now.since(r.served_at) <= Duration::from_secs(2);
        match out_of_joins {
            true => Presented::ServedAgain(Rotation { served_at: now, ..r.clone() }),
            false => Presented::Advanced(next),
        }
    });
    fails(with_thief_elsewhere(model), JOINS);
}

#[test]
fn joins_that_are_never_counted() {
    let model = broken!(Presented::ServedAgain(same), r, _c, _now => {
        Presented::ServedAgain(Rotation { joins: r.joins.clone(), ..same })
    });
    fails(with_thief_elsewhere(model), JOINS);
}

#[test]
fn joins_that_a_new_generation_forgets() {
    let model = broken!(Presented::Advanced(next), _r, _c, _now => {
        Presented::Advanced(Rotation { joins: auth_domain::session::Joins::default(), ..next })
    });
    fails(with_thief_elsewhere(model), JOINS);
}

#[test]
fn a_join_after_proof() {
    let model = broken!(Presented::Refused, _r, _c, _now => Presented::Repeated);
    fails(with_thief_elsewhere(model), PROOF);
}

#[test]
fn a_fork_after_proof() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        refresh::present(&Rotation { proved: false, ..r.clone() }, g, c, now, w)
    }
    fails(with_thief_elsewhere(Refresh { decide, ..shipped() }), PROOF);
}

#[test]
fn a_fork_that_forgets_whose_access_tokens_it_left_behind() {
    let model = broken!(Presented::Advanced(next), _r, _c, _now => {
        Presented::Advanced(Rotation { left_behind: None, ..next })
    });
    fails(with_thief_elsewhere(Refresh { forks: true, ..model }), FORKS);
}

#[test]
fn a_fork_that_keeps_the_branch_it_leaves() {
    let model = broken!(Presented::Advanced(next), r, _c, _now => {
        Presented::Advanced(Rotation { parent: Some(r.generation), ..next })
    });
    fails(with_thief_elsewhere(Refresh { forks: true, ..model }), FORKS);
}

#[test]
fn late_repeats_that_are_never_counted() {
    let model = broken!(Presented::ServedAgain(same), r, _c, _now => {
        Presented::ServedAgain(Rotation { late: r.late, ..same })
    });
    fails(on_the_same_client(model), TOLD);
}

fn on_the_same_client(model: Refresh) -> Refresh {
    Refresh { thief: Thief::SameClient, late: true, ..model }
}

#[test]
fn a_suspicion_that_nobody_is_told_of() {
    fails(on_the_same_client(broken!(Presented::Suspicious(same), _r, _c, _now => Presented::ServedAgain(same))), TOLD);
}

#[test]
fn late_repeats_that_need_not_be_running() {
    let model = broken!(Presented::Advanced(next), r, _c, _now => {
        let late = r.late.map(|late| LateRepeats { generation: next.generation, ..late });
        match forked(r, &next) {
            true => Presented::Advanced(next),
            // The next late repeat is taken for one that follows.
            false => Presented::Advanced(Rotation { late: late.map(|late| LateRepeats { generation: r.generation, ..late }), ..next }),
        }
    });
    fails(on_the_same_client(model), TOLD);
}

#[test]
fn a_repeat_that_is_late_only_after_the_last_answer() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        refresh::present(&Rotation { rotated_at: r.served_at, ..r.clone() }, g, c, now, w)
    }
    fails(on_the_same_client(Refresh { decide, ..shipped() }), TOLD);
}
