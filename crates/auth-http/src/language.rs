//! The languages that a caller accepts.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use auth_domain::Language;

/// A weight in thousandths, and the place of the range that has it. Of equal weights the first range wins.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Rank {
    weight: u16,
    place: usize,
}

impl Rank {
    const fn beats(self, other: Option<Self>) -> bool {
        match other {
            None => true,
            Some(other) => self.weight > other.weight || self.weight == other.weight && self.place < other.place,
        }
    }
}

/// What `Accept-Language` says (RFC 9110 section 12.5.4). What is malformed in it is skipped.
#[derive(Clone, Copy, Default)]
pub(crate) struct Accepted {
    /// For each language of [`Language::ALL`], the best range with its primary subtag.
    named: [Option<Rank>; Language::ALL.len()],
    /// For every other language: `*`.
    other: Option<Rank>,
}

impl Accepted {
    /// Reads the header of a request. It allocates nothing.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self::in_headers(request.headers())
    }

    /// Reads the header among others.
    pub(crate) fn in_headers(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let lines =
            headers.get_all(header::ACCEPT_LANGUAGE).filter_map(|line| std::str::from_utf8(line.as_bytes()).ok());
        for (place, range) in lines.flat_map(|line| line.split(',')).enumerate() {
            accepted.add(place, range);
        }
        accepted
    }

    fn add(&mut self, place: usize, range: &str) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = match parts.next() {
            None => Some(1_000),
            Some(parameter) => parameter.strip_prefix(['q', 'Q']).and_then(|rest| weight(rest.trim_start())),
        };
        let (Some(weight), None) = (weight, parts.next()) else { return };
        let rank = Rank { weight, place };
        let known = match tag {
            "*" => Some(&mut self.other),
            _ => known(tag).map(|language| &mut self.named[language as usize]),
        };
        if let Some(best) = known.filter(|best| rank.beats(**best)) {
            *best = Some(rank);
        }
    }

    /// Returns the language that the caller names and likes best; `None` if the service speaks none of those.
    pub(crate) fn named(&self) -> Option<Language> {
        best(Language::ALL.into_iter().zip(self.named))
    }

    /// Returns the language to answer in. If the caller accepts none, it is English, which is better than no answer.
    pub(crate) fn answer(&self) -> Language {
        let ranked = Language::ALL.into_iter().zip(self.named.map(|named| named.or(self.other)));
        best(ranked).unwrap_or_default()
    }
}

/// Returns the language that ranks highest. Of equal ranks, which only `*` gives, the first of [`Language::ALL`] wins.
fn best(ranked: impl Iterator<Item = (Language, Option<Rank>)>) -> Option<Language> {
    let mut best: Option<(Language, Rank)> = None;
    for (language, rank) in ranked {
        if let Some(rank) = rank.filter(|rank| rank.weight > 0 && rank.beats(best.map(|(_, rank)| rank))) {
            best = Some((language, rank));
        }
    }
    best.map(|(language, _)| language)
}

/// Returns the language of the service with the primary subtag of this tag.
pub(crate) fn known(tag: &str) -> Option<Language> {
    // The underscore is that of cookies and locales of systems.
    let primary = tag.split(['-', '_']).next().unwrap_or_default();
    Language::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.as_str()))
}

/// Reads `=` and a weight (RFC 9110 section 12.4.2), in thousandths.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = match text.strip_prefix('=')?.trim_start().split_once('.') {
        Some(parts) => parts,
        None => (text.strip_prefix('=')?.trim_start(), ""),
    };
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = fraction.bytes().chain(*b"000").take(3).fold(0, |sum, byte| sum * 10 + u16::from(byte - b'0'));
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn accepted(lines: &[&str]) -> Accepted {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        Accepted::in_headers(&headers)
    }

    #[test]
    fn the_best_language_is_answered() {
        use Language::{English, French, German, Spanish};
        for (lines, answer, named) in [
            (&[][..], English, None),
            (&["fr"], French, Some(French)),
            (&["fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5"], French, Some(French)),
            (&["DE-at"], German, Some(German)),
            (&["en;q=0.5,es;q=0.9"], Spanish, Some(Spanish)),
            (&["es;q=0.8, de;q=0.8"], Spanish, Some(Spanish)),
            (&["de;q=0.8, es;q=0.8"], German, Some(German)),
            (&["it, pt-BR;q=0.9"], English, None),
            (&["it, de;q=0.1"], German, Some(German)),
            (&["it", "de;q=0.1"], German, Some(German)),
            (&["*"], English, None),
            (&["*, fr;q=0.5"], English, Some(French)),
            (&["*;q=0.1, fr;q=0.5"], French, Some(French)),
            (&["en;q=0, *"], French, None),
            (&["en;q=0, fr;q=0, *;q=0.2"], German, None),
            (&["fr;q=0"], English, None),
            (&["fr;q=0.000, de;q=0.001"], German, Some(German)),
            (&["fr-CH;q=0.3, fr;q=0, de;q=0.2"], French, Some(French)),
            (&["fr ; q = 0.5 , de;Q=0.4"], French, Some(French)),
            (&["*;q=0"], English, None),
        ] {
            let accepted = accepted(lines);
            assert_eq!((accepted.answer(), accepted.named()), (answer, named), "{lines:?}");
        }
    }

    #[test]
    fn what_is_malformed_is_skipped() {
        for line in [
            "",
            ",",
            ";",
            "fr;q=2",
            "fr;q=1.001",
            "fr;q=0.1234",
            "fr;q=x",
            "fr;level=1",
            "fr;q=0.5;x",
            "é",
            "f",
            "french",
        ] {
            assert_eq!(accepted(&[line]).named(), None, "{line}");
            assert_eq!(accepted(&[&format!("{line}, de;q=0.1")]).answer(), Language::German, "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(bytes in proptest::collection::vec(32_u8..=255, 0..80), list in "[a-z*;=q0-9., -]{0,80}") {
            let mut headers = HeaderMap::new();
            for bytes in [bytes, list.into_bytes()] {
                if let Ok(line) = HeaderValue::from_bytes(&bytes) {
                    headers.append(header::ACCEPT_LANGUAGE, line);
                }
            }
            let accepted = Accepted::in_headers(&headers);
            prop_assert!(accepted.named().is_none_or(|named| accepted.named[named as usize].is_some()));
            let _ = accepted.answer();
        }
    }
}
