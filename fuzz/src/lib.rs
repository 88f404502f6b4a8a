//! Runs fuzz targets: holds a property against a corpus and against many inputs that are edited from it.
//!
//! `cargo test` reads `fuzz/corpus/<target>` and edits at random, which any stable toolchain can do. Built by
//! `scripts/fuzz TARGET`, the same test is driven by libFuzzer, which follows the coverage.

#[cfg(not(fuzzing))]
mod edits;
#[cfg(fuzzing)]
mod libfuzzer;
#[cfg(not(fuzzing))]
mod quiet;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Whether a parser took an input, so that a corpus that only ever exercises one of the two is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It was parsed, verified, found.
    Accepted,
    /// It was not.
    Refused,
}

impl<T> From<Option<T>> for Verdict {
    fn from(parsed: Option<T>) -> Self {
        if parsed.is_some() { Self::Accepted } else { Self::Refused }
    }
}

/// Holds `property` against the corpus of `target`, the `seeds` (what cannot be kept in a file, such as a token that is
/// signed with a test key), and inputs edited from both. The property panics where the parser is wrong.
///
/// # Panics
/// Where the property does, and where the corpus is missing, or is all accepted or all refused.
pub fn check(target: &str, seeds: &[Vec<u8>], property: impl Fn(&[u8]) -> Verdict) {
    let mut corpus = read_corpus(target);
    corpus.extend(seeds.iter().map(|seed| (PathBuf::from("a seed"), seed.clone())));
    let verdicts: BTreeSet<Verdict> = corpus
        .iter()
        .map(|(path, input)| {
            // Shown by the test harness when the property panics.
            println!("{target}: {} {}", path.display(), input.escape_ascii());
            property(input)
        })
        .collect();
    assert!(verdicts.len() == 2, "{target}: every input of the corpus is {verdicts:?}");
    run(target, corpus.into_iter().map(|(_, input)| input).collect(), property);
}

/// As [`check`], for parsers of text: other bytes than UTF-8 are refused before they see them.
///
/// # Panics
/// As [`check`].
pub fn check_text(target: &str, seeds: &[String], property: impl Fn(&str) -> Verdict) {
    let seeds: Vec<Vec<u8>> = seeds.iter().map(|seed| seed.clone().into_bytes()).collect();
    check(target, &seeds, |input| std::str::from_utf8(input).map_or(Verdict::Refused, &property));
}

fn read_corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry?.path();
        let input = std::fs::read(&path)?;
        Ok((path, input))
    };
    let entries = std::fs::read_dir(&folder).and_then(|entries| entries.map(read).collect());
    let mut corpus: Vec<_> = entries.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    corpus.sort();
    corpus
}

#[cfg(not(fuzzing))]
fn run(target: &str, corpus: Vec<Vec<u8>>, property: impl Fn(&[u8]) -> Verdict) {
    use proptest::test_runner::{Config, TestError, TestRunner};

    quiet::install();
    let config = Config { failure_persistence: None, max_shrink_iters: 10_000, ..Config::with_cases(cases()) };
    let outcome = TestRunner::new(config).run(&edits::edited(corpus), |input| {
        quiet::run(|| property(&input));
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, input)) => {
            let input = input.escape_ascii();
            panic!("{target}: {reason}\nKeep it: printf '%b' '{input}' > fuzz/corpus/{target}/NAME");
        }
        Err(TestError::Abort(reason)) => panic!("{target}: {reason}"),
    }
}

/// How many edited inputs a target gets: `AUTH_FUZZ_CASES`, or as many as `tests/run` has time for.
#[cfg(not(fuzzing))]
fn cases() -> u32 {
    std::env::var("AUTH_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

#[cfg(fuzzing)]
fn run(_: &str, corpus: Vec<Vec<u8>>, property: impl Fn(&[u8]) -> Verdict) {
    libfuzzer::drive(&corpus, &|input| {
        property(input);
    });
}
