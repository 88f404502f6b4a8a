//! Who does what: an honest client whose messages get lost, doubled, reordered and delayed, and a thief.

mod tidy;

use stateright::{Model, Property};

use super::service::{Answer, Decide, FIRST_EXIT, OLD, STRANGER, Service};

const NOTHING: u8 = u8::MAX;
const MAX_JOINS: u8 = 3;
const SUSPICIOUS: u8 = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thief {
    None,
    /// On a client of their own.
    Elsewhere,
    /// On the owner's network, with the owner's user agent: on their first exit.
    SameClient,
}

#[derive(Clone, Copy, Debug)]
pub struct Refresh {
    pub decide: Decide,
    pub exits: u8,
    pub thief: Thief,
    /// The retry window in ticks; a message lives half as long.
    pub window: u8,
    /// `AUTH_REFRESH_STRICT`.
    pub strict: bool,
    /// Whether late repeats are looked at: nothing but the properties about them depends on those.
    pub late: bool,
    /// Whether what forks left behind is looked at: the same.
    pub forks: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub service: Service,
    pub honest: Honest,
    /// Of each exit, how old its youngest request is: that may do whatever older ones may.
    requests: [u8; 2],
    /// The same of the answers, each with its generation, or 0 where it is a refusal.
    answers: [[u8; 2]; 5],
    pub thief: Thieving,
    pub seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Honest {
    pub token: u8,
    /// Which token the requests under way hold.
    asked: u8,
    awaiting: bool,
    answered: u8,
    pub logged_out: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Thieving {
    stole: bool,
    /// A bit each.
    tokens: u16,
    pub succeeded: bool,
}

/// What the properties are about. Nothing here is told by the function that is searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The clients that were handed the current generation, a bit each.
    handed_to: u8,
    /// How often within a day one more client was handed the generation of another.
    pub joins: u8,
    /// A second exit came when the session had no join left.
    pub ran_out: bool,
    /// Generations that a fork left behind, a bit each.
    forked_off: u16,
    pub forked_off_accepted: bool,
    /// The owner has used a generation that the thief did not get.
    thief_is_out: bool,
    pub thief_came_back: bool,
    /// How many generations running before the current one were asked for again late, and whether this one was.
    late_before: u8,
    late: bool,
    /// Those are three.
    pub to_be_told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    Tick,
    /// A join becomes a day old.
    JoinExpires,
    Send(u8),
    /// The message stays under way: another copy may come, or none.
    DeliverRequest(u8),
    DeliverAnswer(u8),
    Use,
    Steal,
    ThiefPresents(u8),
    ThiefUses(u8),
}

const fn bit(number: u8) -> u16 {
    1 << number
}

/// The numbers of a set.
fn bits(set: u16) -> impl Iterator<Item = u8> {
    let mut left = set;
    std::iter::from_fn(move || {
        let number = u8::try_from(left.trailing_zeros()).unwrap();
        left &= left.wrapping_sub(1);
        (number < 16).then_some(number)
    })
}

impl State {
    fn new() -> Self {
        let honest = Honest { token: 1, asked: 0, awaiting: false, answered: OLD, logged_out: false };
        Self {
            service: Service::new(),
            honest,
            requests: [NOTHING; 2],
            answers: [[NOTHING; 2]; 5],
            thief: Thieving::default(),
            seen: Seen { handed_to: 1 << FIRST_EXIT, ..Seen::default() },
        }
    }

    fn tick(&mut self, model: &Refresh) {
        let past = |age: u8| if age < model.window { age + 1 } else { OLD };
        self.service.rotated = if model.late { past(self.service.rotated) } else { 0 };
        self.service.served = past(self.service.served);
        self.honest.answered = past(self.honest.answered);
        let older = |age: u8| if age < model.window / 2 { age + 1 } else { NOTHING };
        self.requests = self.requests.map(older);
        self.answers = self.answers.map(|[successor, age]| match older(age) {
            NOTHING => [NOTHING; 2],
            age => [successor, age],
        });
        self.answers.sort_unstable();
    }

    fn send(&mut self, exit: u8) {
        (self.honest.awaiting, self.honest.asked) = (true, self.honest.token);
        self.requests[usize::from(exit)] = 0;
    }

    /// An answer that nobody waits for is dropped at once.
    fn answer(&mut self, successor: u8) {
        if !self.honest.awaiting {
            return;
        }
        let same_or_free = |answer: &&mut [u8; 2]| answer[0] == successor || answer[0] == NOTHING;
        *self.answers.iter_mut().find(same_or_free).unwrap() = [successor, 0];
        self.answers.sort_unstable();
    }

    fn receive(&mut self, successor: u8) {
        (self.honest.awaiting, self.honest.answered) = (false, 0);
        self.answers = [[NOTHING; 2]; 5];
        match successor {
            0 => self.honest.logged_out = true,
            _ => self.honest.token = successor,
        }
    }

    /// What the service does about a presented token; answers what it handed out, or 0.
    fn present(&mut self, model: &Refresh, token: u8, who: u8) -> u8 {
        let before = self.service;
        let first_time = self.seen.handed_to & (1 << who) == 0;
        let asked_again = token == before.parent && !before.proved;
        if asked_again && first_time && self.seen.joins >= MAX_JOINS && model.thief == Thief::None {
            self.seen.ran_out = true;
        }
        let answer = self.service.present((model.decide, model.window, model.strict), token, who);
        if !model.late {
            (self.service.rotated, self.service.late) = (0, [0; 2]);
        }
        if answer != Answer::Refused {
            self.seen.forked_off_accepted |= self.seen.forked_off & bit(token) != 0;
        }
        let forked = token != before.generation;
        match answer {
            Answer::New if forked => {
                self.seen.forked_off |= bit(before.generation);
                self.seen.handed_to = 1 << who;
            }
            Answer::New => {
                self.seen.late_before =
                    if self.seen.late { (self.seen.late_before + 1).min(SUSPICIOUS - 1) } else { 0 };
                self.seen.late = false;
                self.seen.handed_to = 1 << who;
            }
            Answer::Same => {
                self.seen.joins += u8::from(first_time && asked_again);
                self.seen.handed_to |= 1 << who;
            }
            Answer::Refused => {}
        }
        // Late where nobody asked within the window, however often somebody has asked since.
        if asked_again && (answer == Answer::Same || self.service.told) && before.rotated > model.window {
            self.seen.late = true;
            self.seen.to_be_told |= self.seen.late_before + 1 >= SUSPICIOUS;
        }
        if answer == Answer::Refused { 0 } else { self.service.generation }
    }

    fn deliver_request(&mut self, model: &Refresh, exit: u8) {
        let (token, current) = (self.honest.asked, self.service.generation);
        let successor = self.present(model, token, FIRST_EXIT + exit);
        if successor != 0 && token == current {
            self.owner_uses(model, current);
        }
        self.answer(successor);
    }

    /// Somebody calls with the access token of `generation`; answers whether that proves it.
    fn use_access_token(&mut self, generation: u8) -> bool {
        if !self.service.accepts_access_token_of(generation) {
            return false;
        }
        self.seen.forked_off_accepted |= self.seen.forked_off & bit(generation) != 0;
        let current = generation == self.service.generation;
        self.service.proved |= current;
        current
    }

    fn owner_uses(&mut self, model: &Refresh, generation: u8) {
        let keeps_up = self.thief.tokens & bit(generation) != 0;
        self.seen.thief_is_out |= model.thief == Thief::Elsewhere && self.thief.stole && !keeps_up;
    }

    fn thief_presents(&mut self, model: &Refresh, token: u8) {
        let out = self.seen.thief_is_out;
        let who = if model.thief == Thief::SameClient { FIRST_EXIT } else { STRANGER };
        let successor = self.present(model, token, who);
        if successor != 0 {
            self.thief.tokens |= bit(successor);
            self.thief.succeeded = true;
            self.seen.thief_came_back |= out;
        }
    }

    /// Whether every token of a session that has ended is refused, whoever has it.
    pub fn is_dead(&self, model: &Refresh) -> bool {
        let who = FIRST_EXIT..=STRANGER;
        let refused = |token, who| Self { ..*self }.present(model, token, who) == 0;
        (1..=self.service.generation)
            .all(|token| !self.service.accepts_access_token_of(token) && who.clone().all(|who| refused(token, who)))
    }

    /// Nothing can happen any more that a property is about.
    fn is_settled(&self) -> bool {
        self.service.revoked || self.service.told || self.seen.to_be_told || self.seen.ran_out
    }
}

impl Model for Refresh {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.is_settled() {
            return;
        }
        actions.push(Action::Tick);
        // Where it is about late repeats or forks of a thief, one day is enough.
        let a_day_is_enough = self.thief != Thief::None && (self.late || self.forks);
        if state.seen.joins > 0 && !a_day_is_enough {
            actions.push(Action::JoinExpires);
        }
        let honest = &state.honest;
        if !honest.logged_out {
            actions.push(Action::Use);
            if honest.awaiting || honest.answered >= self.window {
                actions.extend((0..self.exits).map(Action::Send));
            }
        }
        actions.extend((0..2).filter(|exit| state.requests[usize::from(*exit)] != NOTHING).map(Action::DeliverRequest));
        let successors = state.answers.iter().map(|answer| answer[0]).filter(|successor| *successor != NOTHING);
        actions.extend(successors.map(Action::DeliverAnswer));
        if self.thief != Thief::None {
            if !state.thief.stole {
                actions.push(Action::Steal);
            }
            actions.extend(bits(state.thief.tokens).map(Action::ThiefPresents));
            actions.extend(bits(state.thief.tokens).map(Action::ThiefUses));
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        match action {
            Action::Tick => state.tick(self),
            Action::JoinExpires => {
                state.service.join_expires();
                state.seen.joins -= 1;
            }
            Action::Send(exit) => state.send(exit),
            Action::DeliverRequest(exit) => state.deliver_request(self, exit),
            Action::DeliverAnswer(successor) => state.receive(successor),
            Action::Use => {
                let token = state.honest.token;
                if state.use_access_token(token) {
                    state.owner_uses(self, token);
                }
            }
            Action::Steal => {
                state.thief.stole = true;
                state.thief.tokens |= bit(state.honest.token);
            }
            Action::ThiefPresents(token) => state.thief_presents(self, token),
            Action::ThiefUses(token) => {
                state.use_access_token(token);
            }
        }
        state.tidy(self);
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        super::properties()
    }
}
