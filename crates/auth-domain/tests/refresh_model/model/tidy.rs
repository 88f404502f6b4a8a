//! What makes two states one: what is forgotten because no property can tell it, and how generations are numbered.

use super::*;

const fn is_number(generation: u8) -> bool {
    generation != 0 && generation != NOTHING
}

impl State {
    /// Forgets what makes no difference any more, and numbers generations anew, in the same order: the search is
    /// exhaustive over any number of them.
    pub(super) fn tidy(&mut self, model: &Refresh) {
        self.service.tidy();
        let honest = &mut self.honest;
        if !honest.awaiting && self.requests == [NOTHING; 2] {
            honest.asked = 0;
        }
        if !model.forks {
            self.forget_forks();
        }
        self.forget_old_loot();
        self.forget_old_answers();
        let mut used = self.thief.tokens;
        for generation in self.generations() {
            used |= if *generation == NOTHING { 0 } else { bit(*generation) };
        }
        used &= !1;
        let rank = |generation: u8| u8::try_from((used & (bit(generation) - 1)).count_ones() + 1).unwrap();
        for generation in self.generations() {
            if is_number(*generation) {
                *generation = rank(*generation);
            }
        }
        for set in [&mut self.thief.tokens, &mut self.seen.forked_off] {
            let new = bits(*set & used).fold(0, |new, number| new | bit(rank(number)));
            *set = new;
        }
    }

    /// One token that is neither current nor its parent is as good as another.
    fn forget_forks(&mut self) {
        const DEAD: u8 = 1;
        // Room for that number below every other one.
        self.thief.tokens <<= 1;
        for generation in self.generations() {
            *generation += u8::from(is_number(*generation));
        }
        let (current, parent) = (self.service.generation, self.service.parent);
        (self.service.left_behind, self.seen.forked_off) = ([0; 2], 0);
        self.thief.tokens &= bit(current) | bit(parent);
        for generation in self.generations() {
            if is_number(*generation) && *generation != current && *generation != parent {
                *generation = DEAD;
            }
        }
    }

    /// Of tokens that are neither current nor its parent one is as good as another, but for those that a fork left behind.
    fn forget_old_loot(&mut self) {
        let kept = bit(self.service.generation) | bit(self.service.parent) & !1;
        let newest = |set: u16| 1_u16.checked_shl(set.checked_ilog2().unwrap_or(16)).unwrap_or(0);
        let old = self.thief.tokens & !kept;
        let (forked, passed) = (old & self.seen.forked_off, old & !self.seen.forked_off);
        self.thief.tokens = self.thief.tokens & kept | newest(forked) | newest(passed);
    }

    /// The same of what is on its way to the owner.
    fn forget_old_answers(&mut self) {
        let (current, parent, forked_off) = (self.service.generation, self.service.parent, self.seen.forked_off);
        let kind = |[successor, _]: [u8; 2]| match successor {
            0 | NOTHING => successor,
            _ if successor == current || successor == parent => successor,
            _ => NOTHING - 2 + u8::from(forked_off & bit(successor) != 0),
        };
        let mut kept = [[NOTHING; 2]; 5];
        for [successor, age] in self.answers.into_iter().filter(|answer| answer[0] != NOTHING) {
            let same =
                kept.iter_mut().find(|other| other[0] == NOTHING || kind(**other) == kind([successor, age])).unwrap();
            *same = [if same[0] == NOTHING { successor } else { same[0].max(successor) }, same[1].min(age)];
        }
        kept.sort_unstable();
        self.answers = kept;
    }

    /// Every one that is told by its number.
    fn generations(&mut self) -> [&mut u8; 15] {
        let Self { service: Service { generation, parent, late, left_behind, joins, .. }, honest, answers, .. } = self;
        let ([last, _], [after, before], [one, two, three]) = (late, left_behind, joins);
        let [[first, _], [second, _], [third, _], [fourth, _], [fifth, _]] = answers;
        let [one, two, three] = [&mut one.generation, &mut two.generation, &mut three.generation];
        let Honest { token, asked, .. } = honest;
        [generation, parent, last, after, before, one, two, three, token, asked, first, second, third, fourth, fifth]
    }
}
