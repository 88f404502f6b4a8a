//! Searches the refresh state machine exhaustively: an honest client whose messages get lost, doubled,
//! reordered and delayed up to half the retry window, and a thief on another client who copied one of
//! its tokens. The model calls the shipped transition function, [`refresh::present`].
//!
//! Assumed of an honest client: it starts a new refresh only when the last one was answered and the
//! retry window has passed since. Time goes in ticks: the window is four, a message lives two. Only ages
//! are kept, and none beyond the window, so that the search is exhaustive over all time; it is bounded by
//! the number of generations.

#![expect(clippy::unwrap_used, reason = "a model that leaves its bounds is to fail")]

mod broken;

use std::collections::BTreeSet;
use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::session::refresh::{self, Presented};
use auth_domain::session::{Client, Generation, Rotation};
use stateright::{Checker, Model, Property};

const WINDOW: u8 = 4;
const LONGEST_DELAY: u8 = WINDOW / 2;
/// The time that it always is; everything else moves into the past.
const NOW: u8 = 100;
/// Past the window, older is not different.
const OLDEST: u8 = NOW - WINDOW - 1;

type Decide = fn(&Rotation, Generation, &Client, Timestamp, Duration) -> Presented;

#[derive(Clone, Copy)]
struct Refresh {
    decide: Decide,
    thief: bool,
    generations: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    rotation: Rotation,
    revoked: bool,
    honest: Honest,
    requests: BTreeSet<Request>,
    answers: BTreeSet<Answer>,
    thief: Thief,
    seen: Seen,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Honest {
    token: Generation,
    awaiting: bool,
    answered_at: u8,
    logged_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Request {
    token: Generation,
    sent_at: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Answer {
    to: Generation,
    successor: Option<Generation>,
    sent_at: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Thief {
    stole: bool,
    tokens: BTreeSet<Generation>,
    succeeded: bool,
}

/// What the properties are about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Seen {
    /// Generations that a fork left behind.
    forked_off: BTreeSet<Generation>,
    forked_off_accepted: bool,
    /// The owner used a token that was handed out after the thief's first success.
    owner_is_back: bool,
    thief_after_owner_is_back: bool,
    success_after_revocation: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Tick,
    Send,
    DeliverRequest(Request, Copies),
    DeliverAnswer(Answer, Copies),
    Use,
    Steal,
    ThiefPresents(Generation),
    ThiefUses(Generation),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Copies {
    Last,
    MoreToCome,
}

fn client(who: u8) -> Client {
    Client::new([192, 0, who, 1].into(), "model")
}

const HONEST: u8 = 1;
const THIEF: u8 = 2;

fn at(tick: u8) -> Timestamp {
    Timestamp::from_seconds(tick.into())
}

impl State {
    fn tick(&mut self) {
        let older = |tick: u8| (tick - 1).max(OLDEST);
        let served_at = u8::try_from(self.rotation.served_at.as_seconds()).unwrap();
        self.rotation.served_at = at(older(served_at));
        self.honest.answered_at = older(self.honest.answered_at);
        let alive = |sent_at: &u8| NOW - sent_at <= LONGEST_DELAY;
        let requests = self.requests.iter().map(|request| Request { sent_at: request.sent_at - 1, ..*request });
        self.requests = requests.filter(|request| alive(&request.sent_at)).collect();
        let answers = self.answers.iter().map(|answer| Answer { sent_at: answer.sent_at - 1, ..*answer });
        self.answers = answers.filter(|answer| alive(&answer.sent_at)).collect();
    }

    /// What the service does about a presented token.
    fn present(&mut self, decide: Decide, token: Generation, who: u8) -> Option<Generation> {
        if self.revoked {
            return None;
        }
        let window = Duration::from_secs(WINDOW.into());
        match decide(&self.rotation, token, &client(who), at(NOW), window) {
            Presented::Advanced(next) => {
                if token != self.rotation.generation {
                    self.seen.forked_off.insert(self.rotation.generation);
                } else if who == HONEST && self.thief.succeeded {
                    self.owner_proves();
                }
                self.rotation = next;
            }
            Presented::ServedAgain { at } => self.rotation.served_at = at,
            Presented::Repeated => {}
            Presented::Reused => {
                self.revoked = true;
                return None;
            }
        }
        self.seen.forked_off_accepted |= self.seen.forked_off.contains(&token);
        self.seen.success_after_revocation |= self.revoked;
        Some(self.rotation.generation)
    }

    /// Somebody calls with the access token of `generation`.
    fn use_access_token(&mut self, generation: Generation, who: u8) {
        if self.revoked || !self.rotation.accepts_access_token_of(generation) {
            return;
        }
        self.seen.forked_off_accepted |= self.seen.forked_off.contains(&generation);
        if generation != self.rotation.generation {
            return;
        }
        self.rotation.proved = true;
        if who == HONEST && self.thief.succeeded && self.rotation.client == client(HONEST) {
            self.owner_proves();
        }
    }

    fn owner_proves(&mut self) {
        self.seen.owner_is_back = true;
    }

    fn thief_presents(&mut self, decide: Decide, token: Generation) {
        let back = self.seen.owner_is_back;
        if let Some(successor) = self.present(decide, token, THIEF) {
            self.thief.tokens.insert(successor);
            self.thief.succeeded = true;
            self.seen.thief_after_owner_is_back |= back;
        }
    }

    fn receive(&mut self, answer: Answer) {
        if !self.honest.awaiting || answer.to != self.honest.token {
            return;
        }
        self.honest.awaiting = false;
        self.honest.answered_at = NOW;
        match answer.successor {
            Some(successor) => self.honest.token = successor,
            None => self.honest.logged_out = true,
        }
    }
}

impl Model for Refresh {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let rotation = Rotation {
            generation: Generation::FIRST,
            parent: None,
            served_at: at(OLDEST),
            proved: false,
            client: client(HONEST),
            left_behind: None,
        };
        let honest = Honest { token: Generation::FIRST, awaiting: false, answered_at: OLDEST, logged_out: false };
        vec![State {
            rotation,
            revoked: false,
            honest,
            requests: BTreeSet::new(),
            answers: BTreeSet::new(),
            thief: Thief::default(),
            seen: Seen::default(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.push(Action::Tick);
        let honest = &state.honest;
        let may_start = NOW >= honest.answered_at + WINDOW;
        if !honest.logged_out && (honest.awaiting || may_start) {
            actions.push(Action::Send);
        }
        if !honest.logged_out {
            actions.push(Action::Use);
        }
        for copies in [Copies::Last, Copies::MoreToCome] {
            actions.extend(state.requests.iter().map(|request| Action::DeliverRequest(*request, copies)));
            actions.extend(state.answers.iter().map(|answer| Action::DeliverAnswer(*answer, copies)));
        }
        if self.thief {
            if !state.thief.stole {
                actions.push(Action::Steal);
            }
            actions.extend(state.thief.tokens.iter().map(|token| Action::ThiefPresents(*token)));
            actions.extend(state.thief.tokens.iter().map(|token| Action::ThiefUses(*token)));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Tick => state.tick(),
            Action::Send => {
                state.honest.awaiting = true;
                state.requests.insert(Request { token: state.honest.token, sent_at: NOW });
            }
            Action::DeliverRequest(request, copies) => {
                if copies == Copies::Last {
                    state.requests.remove(&request);
                }
                let successor = state.present(self.decide, request.token, HONEST);
                state.answers.insert(Answer { to: request.token, successor, sent_at: NOW });
            }
            Action::DeliverAnswer(answer, copies) => {
                if copies == Copies::Last {
                    state.answers.remove(&answer);
                }
                state.receive(answer);
            }
            Action::Use => state.use_access_token(state.honest.token, HONEST),
            Action::Steal => {
                state.thief.stole = true;
                state.thief.tokens.insert(state.honest.token);
            }
            Action::ThiefPresents(token) => state.thief_presents(self.decide, token),
            Action::ThiefUses(token) => state.use_access_token(token, THIEF),
        }
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("an honest client alone is never logged out", |model: &Self, state: &State| {
                model.thief || !(state.honest.logged_out || state.revoked)
            }),
            Property::always("what a fork left behind never lives again", |_, state: &State| {
                !state.seen.forked_off_accepted
            }),
            Property::always("once the owner is back, the thief never succeeds", |_, state: &State| {
                !state.seen.thief_after_owner_is_back
            }),
            Property::always("revocation is final", |_, state: &State| !state.seen.success_after_revocation),
            Property::sometimes("the owner refreshes three times", |_, state: &State| {
                state.honest.token >= Generation::from_number(4)
            }),
            Property::sometimes("a theft is found out, or there is no thief", |model: &Self, state: &State| {
                !model.thief || (state.revoked && state.thief.succeeded)
            }),
        ]
    }

    fn within_boundary(&self, state: &State) -> bool {
        state.rotation.generation <= Generation::from_number(self.generations)
    }
}

/// How many states there are, and which properties fail.
fn search(model: Refresh) -> (usize, Vec<&'static str>) {
    let checker = model.checker().threads(2).spawn_bfs().join();
    let failed = |name: &&'static str| checker.discovery(name).is_some();
    let always = model
        .properties()
        .into_iter()
        .filter(|property| matches!(property.expectation, stateright::Expectation::Always));
    let failures = always.map(|property| property.name).filter(failed).collect();
    (checker.unique_state_count(), failures)
}

fn shipped(thief: bool, generations: u32) -> Refresh {
    Refresh { decide: refresh::present, thief, generations }
}

#[test]
fn the_shipped_machine_holds_without_a_thief() {
    let model = shipped(false, 8);
    let (states, failures) = search(model);
    println!("{states} states without a thief");
    assert_eq!(failures, [] as [&str; 0]);
    assert!(states > 5_000, "{states}: the search must not be trivial");
    model.checker().spawn_bfs().join().assert_properties();
}

#[test]
fn the_shipped_machine_holds_against_a_thief() {
    let model = shipped(true, 5);
    let (states, failures) = search(model);
    println!("{states} states with a thief");
    assert_eq!(failures, [] as [&str; 0]);
    assert!(states > 200_000, "{states}: the search must not be trivial");
}
