//! A session in small numbers. Each decision is made by the shipped function, on a [`Rotation`] made of them.

use std::sync::LazyLock;
use std::time::Duration;

use auth_domain::Timestamp;
use auth_domain::session::refresh::Presented;
use auth_domain::session::{Client, Generation, Join, Joins, LateRepeats, LeftBehind, Rotation};
use auth_domain::version::RowVersion;

/// An age past the window, in seconds as every other: older is not different.
pub const OLD: u8 = 9;
/// The time that it always is; everything else moves into the past.
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// Two exits of the owner, and a thief who has neither.
pub const FIRST_EXIT: u8 = 1;
pub const STRANGER: u8 = 3;

static CLIENTS: LazyLock<Vec<Client>> =
    LazyLock::new(|| (0..=STRANGER).map(|who| Client::new([192, 0, who, 1].into(), "model")).collect());

pub type Decide = fn(&Rotation, Generation, &Client, Timestamp, Duration) -> Presented;

/// Generations and ages are small numbers; 0 is no generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Service {
    pub generation: u8,
    pub parent: u8,
    pub proved: bool,
    pub client: u8,
    pub rotated: u8,
    pub served: u8,
    pub left_behind: [u8; 2],
    pub joins: [SmallJoin; Joins::MAX],
    /// The generation and how many are running.
    pub late: [u8; 2],
    pub told: bool,
    pub revoked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SmallJoin {
    pub when: When,
    pub generation: u8,
    pub client: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum When {
    #[default]
    Never,
    /// Less than a day ago.
    Today,
    Before,
}

/// What came of a presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A generation that nobody had.
    New,
    /// The current one again.
    Same,
    Refused,
}

pub fn client(who: u8) -> Client {
    CLIENTS[usize::from(who)].clone()
}

fn ago(seconds: u8) -> Timestamp {
    Timestamp::from_micros(NOW.as_micros() - i64::from(seconds) * 1_000_000)
}

fn age(at: Timestamp) -> u8 {
    u8::try_from(NOW.since(at).as_secs()).unwrap().min(OLD)
}

fn number(generation: Generation) -> u8 {
    u8::try_from(generation.as_number()).unwrap()
}

impl Service {
    pub fn new() -> Self {
        Self {
            generation: 1,
            parent: 0,
            proved: false,
            client: FIRST_EXIT,
            rotated: OLD,
            served: OLD,
            left_behind: [0; 2],
            joins: Default::default(),
            late: [0; 2],
            told: false,
            revoked: false,
        }
    }

    pub fn rotation(&self) -> Rotation {
        let generation = |number: u8| Generation::from_number(number.into());
        let [after, before] = self.left_behind.map(generation);
        let [last, running] = self.late;
        let joins = self.joins.iter().filter(|join| join.when != When::Never).map(|join| Join {
            at: match join.when {
                When::Today => NOW,
                _ => Timestamp::from_micros(NOW.as_micros() - i64::try_from(Joins::PERIOD.as_micros()).unwrap()),
            },
            generation: generation(join.generation),
            client: client(join.client),
        });
        Rotation {
            generation: generation(self.generation),
            parent: (self.parent > 0).then(|| generation(self.parent)),
            rotated_at: ago(self.rotated),
            served_at: ago(self.served),
            proved: self.proved,
            client: client(self.client),
            left_behind: (self.left_behind[1] > 0).then_some(LeftBehind { after, before }),
            joins: Joins::from_stored(joins.collect()).unwrap(),
            late: (last > 0).then(|| LateRepeats { generation: generation(last), running: running.into() }),
            notes: RowVersion::NONE,
        }
    }

    fn stands_at(&mut self, rotation: &Rotation) {
        self.generation = number(rotation.generation);
        self.parent = rotation.parent.map_or(0, number);
        self.proved = rotation.proved;
        let who = CLIENTS.iter().position(|client| *client == rotation.client);
        self.client = u8::try_from(who.unwrap()).unwrap();
        (self.rotated, self.served) = (age(rotation.rotated_at), age(rotation.served_at));
        self.left_behind = rotation.left_behind.map_or([0; 2], |gap| [number(gap.after), number(gap.before)]);
        let late = rotation.late.map(|late| [number(late.generation), u8::try_from(late.running).unwrap()]);
        self.late = late.unwrap_or_default();
        self.joins = Default::default();
        for (small, join) in self.joins.iter_mut().zip(rotation.joins.as_slice()) {
            let who = CLIENTS.iter().position(|client| *client == join.client);
            *small = SmallJoin {
                when: if NOW.since(join.at) < Joins::PERIOD { When::Today } else { When::Before },
                generation: number(join.generation),
                client: u8::try_from(who.unwrap()).unwrap(),
            };
        }
    }

    /// What the service does about a presented token; `strict` is `AUTH_REFRESH_STRICT`.
    pub fn present(&mut self, (decide, window, strict): (Decide, u8, bool), token: u8, who: u8) -> Answer {
        let (window, token) = (Duration::from_secs(window.into()), Generation::from_number(token.into()));
        if self.revoked {
            return Answer::Refused;
        }
        let before = self.generation;
        match decide(&self.rotation(), token, &CLIENTS[usize::from(who)], NOW, window) {
            Presented::Advanced(rotation) | Presented::ServedAgain(rotation) => self.stands_at(&rotation),
            Presented::Suspicious(rotation) => {
                self.stands_at(&rotation);
                self.told = true;
                self.revoked = strict;
            }
            Presented::Repeated => {}
            Presented::Refused => return Answer::Refused,
            Presented::Reused => self.revoked = true,
        }
        match self.revoked {
            true => Answer::Refused,
            false if self.generation == before => Answer::Same,
            false => Answer::New,
        }
    }

    pub fn accepts_access_token_of(&self, generation: u8) -> bool {
        !self.revoked && self.rotation().accepts_access_token_of(Generation::from_number(generation.into()))
    }

    /// The oldest join that counts becomes a day old.
    pub fn join_expires(&mut self) {
        if let Some(oldest) = self.joins.iter_mut().find(|join| join.when == When::Today) {
            oldest.when = When::Before;
        }
    }

    /// Forgets what makes no difference: which client an earlier generation counted, joins of such a one that count no
    /// more, and late repeats that nothing can follow.
    pub fn tidy(&mut self) {
        let current = self.generation;
        let kept = self.joins.into_iter().filter(|join| join.generation == current || join.when == When::Today);
        let kept = kept.map(|join| match join.generation == current {
            true => join,
            false => SmallJoin { generation: 0, client: 0, ..join },
        });
        let mut joins = <[SmallJoin; Joins::MAX]>::default();
        joins.iter_mut().zip(kept.filter(|join| join.when != When::Never)).for_each(|(to, join)| *to = join);
        self.joins = joins;
        if ![current, self.parent].contains(&self.late[0]) {
            self.late = [0; 2];
        }
    }
}
