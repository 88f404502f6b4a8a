//! Inputs that are edited from those of a corpus: nearly right, as what an attacker sends is. Edits are proptest values,
//! so that a failing input is shrunk by leaving edits out.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// No parser here takes more without looking at it in pieces.
const MOST_BYTES: usize = 4_096;

/// What means something to one of the parsers.
const PIECES: &[&[u8]] = &[
    b"\0",
    b"\t",
    b"\r\n",
    b" ",
    b"\"",
    b"\\",
    b"\\u0000",
    b"'",
    b"#",
    b"%",
    b"%2e",
    b"%5F",
    b"&",
    b"(",
    b")",
    b"*",
    b"+",
    b",",
    b"-",
    b".",
    b"..",
    b"/",
    b"//",
    b"0",
    b"-1",
    b"1e400",
    b"18446744073709551616",
    b":",
    b";",
    b"=",
    b"?",
    b"@",
    b"[",
    b"]",
    b"[]",
    b"_",
    b"__",
    b"{",
    b"}",
    b"{}",
    b"null",
    b"true",
    b"\x7f",
    b"\xff",
    b"\xc2\xa0",
    b"\xe2\x80\x8b",
    b"\xef\xbc\x91",
    b"\xcc\x81",
    b"xn--",
    b"::1",
    b"127.0.0.1",
    b"AUTH_",
    b"rt1.",
    b"rt2.",
    b"for=",
    b"\"crit\":[\"b64\"],",
];

#[derive(Clone, Debug)]
enum Edit {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Delete(Index, usize),
    Repeat(Index, usize),
    Cut(Index),
    /// Goes on as another input of the corpus does.
    Splice(Index, Index, Index),
}

/// Inputs of `corpus`, each with a few edits.
pub(crate) fn edited(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (any::<Index>(), vec(edit(), 0..6)).prop_map(move |(seed, edits)| {
        let mut input = seed.get(&corpus).clone();
        for edit in edits {
            edit.apply(&mut input, &corpus);
        }
        input.truncate(MOST_BYTES);
        input
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 0..8_u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        3 => (at(), select(PIECES)).prop_map(|(at, piece)| Edit::Insert(at, piece.to_vec())),
        1 => (at(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Edit::Insert(at, bytes)),
        2 => (at(), 1..8_usize).prop_map(|(at, length)| Edit::Delete(at, length)),
        1 => (at(), 1..64_usize).prop_map(|(at, length)| Edit::Repeat(at, length)),
        1 => at().prop_map(Edit::Cut),
        1 => (at(), at(), at()).prop_map(|(at, other, from)| Edit::Splice(at, other, from)),
    ]
}

impl Edit {
    fn apply(self, input: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let place = |at: Index| at.index(input.len() + 1);
        match self {
            Self::Flip(at, bit) => {
                let at = place(at);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Insert(at, bytes) => {
                let at = place(at);
                input.splice(at..at, bytes);
            }
            Self::Delete(at, length) => {
                let at = place(at);
                input.drain(at..input.len().min(at + length));
            }
            Self::Repeat(at, length) => {
                let at = place(at);
                let piece = input[at..input.len().min(at + length)].to_vec();
                input.splice(at..at, piece);
            }
            Self::Cut(at) => input.truncate(place(at)),
            Self::Splice(at, other, from) => {
                let other = other.get(corpus);
                input.truncate(place(at));
                input.extend(&other[from.index(other.len() + 1)..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use super::*;

    #[test]
    fn edits_stay_near_the_corpus_and_are_of_every_kind() {
        let mut runner = TestRunner::deterministic();
        let strategy = edited(vec![b"first input".to_vec(), b"second".to_vec()]);
        let inputs: Vec<Vec<u8>> =
            (0..500).map(|_| strategy.new_tree(&mut runner).map(|tree| tree.current()).unwrap()).collect();
        let some = |what: &dyn Fn(&[u8]) -> bool| inputs.iter().any(|input| what(input));
        assert!(some(&|input| input == b"second"), "unchanged");
        assert!(some(&|input| input.starts_with(b"first") && input.ends_with(b"cond")), "spliced");
        assert!(some(&|input| input.len() > 12), "grown");
        assert!(some(&|input| input.starts_with(b"first in") && input.len() < 11), "cut");
        assert!(inputs.iter().all(|input| input.len() <= MOST_BYTES));
    }
}
