//! Each rule broken on purpose: the search must notice.

use super::*;

fn fails(decide: Decide, thief: bool, generations: u32) -> Vec<&'static str> {
    search(Refresh { decide, thief, generations }).1
}

#[test]
fn no_second_answer_after_proof() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        match refresh::present(r, g, c, now, w) {
            Presented::Repeated => Presented::Reused,
            other => other,
        }
    }
    assert_eq!(fails(decide, false, 4), ["an honest client alone is never logged out"]);
}

#[test]
fn a_window_counted_from_the_rotation_instead_of_the_last_answer() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        match refresh::present(r, g, c, now, w) {
            Presented::ServedAgain { .. } => Presented::Repeated,
            other => other,
        }
    }
    assert_eq!(fails(decide, false, 4), ["an honest client alone is never logged out"]);
}

#[test]
fn a_window_that_does_not_look_at_the_client() {
    fn decide(r: &Rotation, g: Generation, _: &Client, now: Timestamp, w: Duration) -> Presented {
        refresh::present(r, g, &r.client, now, w)
    }
    assert_eq!(fails(decide, true, 5), ["once the owner is back, the thief never succeeds"]);
}

#[test]
fn a_fork_after_proof() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        refresh::present(&Rotation { proved: false, ..r.clone() }, g, c, now, w)
    }
    assert_eq!(fails(decide, true, 5), ["once the owner is back, the thief never succeeds"]);
}

#[test]
fn a_fork_that_forgets_whose_access_tokens_it_left_behind() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        match refresh::present(r, g, c, now, w) {
            Presented::Advanced(next) => Presented::Advanced(Rotation { left_behind: None, ..next }),
            other => other,
        }
    }
    assert_eq!(fails(decide, true, 5), ["what a fork left behind never lives again"]);
}

#[test]
fn a_fork_that_keeps_the_branch_it_leaves() {
    fn decide(r: &Rotation, g: Generation, c: &Client, now: Timestamp, w: Duration) -> Presented {
        match refresh::present(r, g, c, now, w) {
            Presented::Advanced(next) => Presented::Advanced(Rotation { parent: Some(r.generation), ..next }),
            other => other,
        }
    }
    let failures = fails(decide, true, 5);
    assert!(failures.contains(&"what a fork left behind never lives again"), "{failures:?}");
}
