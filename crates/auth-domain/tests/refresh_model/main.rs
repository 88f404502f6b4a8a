//! Searches the refresh state machine exhaustively: an honest client with one exit or two, whose messages get lost, doubled,
//! reordered and delayed up to half the retry window, and a thief who copied one of its tokens, on another client or on
//! the same one. The model calls the shipped transition function, [`refresh::present`].
//!
//! Assumed of an honest client: it starts a new refresh only when the last one was answered and the
//! retry window has passed since; its exits share their tokens. Time goes in ticks: the window is four and a message lives
//! two, or two and one where there are more states. Only ages are kept, none beyond the window, and of a join whether it
//! is a day old, which it may become at any moment. Generations are numbered anew after each step. So a search is
//! exhaustive over all time and over any number of refreshes.

#![expect(clippy::unwrap_used, reason = "a model that leaves its bounds is to fail")]

mod broken;
mod kept;
mod model;
mod service;

use auth_domain::session::refresh;
use model::{Refresh, State, Thief};
use stateright::{Checker, Model, Property};

const HONEST: &str = "an honest client alone is never logged out while its session has joins left";
const FORKS: &str = "what a fork left behind never lives again";
const JOINS: &str = "another client is handed what the first one got three times a day at most";
const PROOF: &str = "once the owner has used what the thief did not get, the thief never succeeds";
const FINAL: &str = "revocation is final";
const TOLD: &str = "an owner is told when a token was asked for late in three generations running, and only then";

fn properties() -> Vec<Property<Refresh>> {
    vec![
        Property::always(HONEST, |model: &Refresh, state: &State| {
            let out = state.honest.logged_out || state.service.revoked && !state.service.told;
            model.thief != Thief::None || !out || state.seen.ran_out
        }),
        Property::always(FORKS, |_, state: &State| !state.seen.forked_off_accepted),
        Property::always(JOINS, |_, state: &State| state.seen.joins <= 3),
        Property::always(PROOF, |_, state: &State| !state.seen.thief_came_back),
        Property::always(FINAL, |model: &Refresh, state: &State| !state.service.revoked || state.is_dead(model)),
        Property::always(TOLD, |_, state: &State| state.seen.to_be_told == state.service.told),
        Property::sometimes("somebody is told", |model: &Refresh, state: &State| !model.late || state.service.told),
        Property::sometimes("two exits use all joins up, or there is one", |model: &Refresh, state: &State| {
            model.exits == 1 || state.seen.joins == 3
        }),
        Property::sometimes("a theft is found out, or there is no thief", |model: &Refresh, state: &State| {
            model.thief == Thief::None || (state.service.revoked && state.thief.succeeded)
        }),
    ]
}

/// Searches all there is, from what a struct update says of it.
#[track_caller]
fn holds(model: Refresh, at_least: usize) {
    let checker = model.checker().spawn_bfs().join();
    let states = checker.unique_state_count();
    println!("{states} states: {model:?}");
    assert!(states > at_least, "{states}: the search must not be trivial");
    checker.assert_properties();
}

/// One exit, no thief, and nothing looked at but who is answered.
fn shipped() -> Refresh {
    Refresh {
        decide: refresh::present,
        exits: 1,
        thief: Thief::None,
        window: 4,
        strict: false,
        late: false,
        forks: false,
    }
}

#[test]
fn one_exit() {
    holds(Refresh { late: true, forks: true, ..shipped() }, 1_000);
}

#[test]
fn two_exits() {
    holds(Refresh { exits: 2, ..shipped() }, 5_000);
}

#[test]
fn two_exits_whose_answers_get_lost() {
    holds(Refresh { exits: 2, late: true, window: 2, ..shipped() }, 20_000);
}

#[test]
fn one_exit_and_a_thief_elsewhere() {
    holds(Refresh { thief: Thief::Elsewhere, ..shipped() }, 10_000);
}

#[test]
fn one_exit_and_a_thief_elsewhere_and_what_forks_leave_behind() {
    holds(Refresh { thief: Thief::Elsewhere, window: 2, forks: true, ..shipped() }, 60_000);
}

#[test]
fn two_exits_and_a_thief_elsewhere() {
    holds(Refresh { exits: 2, thief: Thief::Elsewhere, window: 2, ..shipped() }, 100_000);
}

#[test]
fn one_exit_and_a_thief_on_the_same_client() {
    for strict in [false, true] {
        holds(Refresh { thief: Thief::SameClient, strict, late: true, forks: true, ..shipped() }, 30_000);
    }
}

#[test]
fn two_exits_and_a_thief_on_the_same_client() {
    holds(Refresh { exits: 2, thief: Thief::SameClient, window: 2, late: true, ..shipped() }, 200_000);
}
