//! The language that a user prefers, as a language tag.

use std::fmt;

use crate::Language;

/// A language tag (BCP 47): a `langtag` of RFC 5646 section 2.1 in the case that section 2.1.1 recommends, such as
/// `pt-BR` or `zh-Hant`. Tags that only grandfathering or private use allows are none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Locale(String);

/// Why a text is no locale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLocale {
    /// It is too long.
    #[error("must have at most {max} characters", max = Locale::MAX)]
    TooLong,
    /// It is no well-formed language tag.
    #[error("must be a language tag (BCP 47), such as \"en\" or \"pt-BR\"")]
    Shape,
}

impl Locale {
    /// The maximum number of characters, which RFC 5646 section 4.4.1 advises to allow.
    pub const MAX: usize = 35;

    /// Parses a tag in any case.
    pub fn parse(text: &str) -> Result<Self, InvalidLocale> {
        if text.len() > Self::MAX {
            return Err(InvalidLocale::TooLong);
        }
        canonical(text).map(Self).ok_or(InvalidLocale::Shape)
    }

    /// Returns the tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the language of the service that is closest: the one with the same primary subtag; `None` if there is none.
    pub fn language(&self) -> Option<Language> {
        Language::parse(self.0.split('-').next().unwrap_or_default())
    }
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        Self(language.as_str().to_owned())
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The parts of a tag, in the order in which they must come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Language,
    /// How many there were; at most three.
    ExtendedLanguage(u8),
    Script,
    Region,
    Variant,
    /// A singleton, after which something must come.
    Singleton,
    Extension,
    /// The `x`, after which something must come.
    PrivateUse,
    Private,
}

/// Returns the part that `subtag` is after `before`, in lower case.
fn next_part(before: Part, primary_length: usize, subtag: &str) -> Option<Part> {
    let length = subtag.len();
    let alphabetic = subtag.bytes().all(|byte| byte.is_ascii_alphabetic());
    let begins_with_digit = subtag.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    let numeric = subtag.bytes().all(|byte| byte.is_ascii_digit());
    match before {
        Part::PrivateUse | Part::Private => return Some(Part::Private),
        Part::Singleton => return (length >= 2).then_some(Part::Extension),
        _ if subtag == "x" => return Some(Part::PrivateUse),
        _ if length == 1 => return Some(Part::Singleton),
        Part::Extension => return Some(Part::Extension),
        _ => {}
    }
    let extended = match before {
        Part::Language if primary_length <= 3 => Some(1),
        Part::ExtendedLanguage(number @ ..=2) => Some(number + 1),
        _ => None,
    };
    match length {
        3 if alphabetic => extended.map(Part::ExtendedLanguage),
        4 if alphabetic => (before < Part::Script).then_some(Part::Script),
        2 if alphabetic => (before < Part::Region).then_some(Part::Region),
        3 if numeric => (before < Part::Region).then_some(Part::Region),
        4 if begins_with_digit => Some(Part::Variant),
        5..=8 => Some(Part::Variant),
        _ => None,
    }
}

fn canonical(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut subtags = lower.split('-');
    let primary = subtags.next()?;
    if !(2..=8).contains(&primary.len()) || !primary.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return None;
    }
    let (mut tag, mut part) = (primary.to_owned(), Part::Language);
    for subtag in subtags {
        if !(1..=8).contains(&subtag.len()) || !subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        part = next_part(part, primary.len(), subtag)?;
        tag.push('-');
        match part {
            Part::Region => tag.push_str(&subtag.to_ascii_uppercase()),
            Part::Script => {
                tag.push_str(&subtag[..1].to_ascii_uppercase());
                tag.push_str(&subtag[1..]);
            }
            _ => tag.push_str(subtag),
        }
    }
    (!matches!(part, Part::Singleton | Part::PrivateUse)).then_some(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_kept_in_the_recommended_case() {
        for (given, kept) in [
            ("en", "en"),
            ("FR-ca", "fr-CA"),
            ("zh-hant-TW", "zh-Hant-TW"),
            ("zh-cmn-Hans-cn", "zh-cmn-Hans-CN"),
            ("ES-419", "es-419"),
            ("sl-Rozaj-BISKE-1994", "sl-rozaj-biske-1994"),
            ("de-ch-1901", "de-CH-1901"),
            ("en-U-CA-Gregory-x-TW", "en-u-ca-gregory-x-tw"),
            ("tlh-x-a", "tlh-x-a"),
            ("mn-Cyrl-MN", "mn-Cyrl-MN"),
            ("qaabc", "qaabc"),
        ] {
            assert_eq!(Locale::parse(given).map(|locale| locale.to_string()), Ok(kept.to_owned()));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let too_long = format!("en-x-{}", ["abcdefg"; 4].join("-"));
        assert_eq!(too_long.len(), 36);
        assert_eq!(Locale::parse(&too_long), Err(InvalidLocale::TooLong));
        for text in [
            "",
            "e",
            "-",
            "en-",
            "-en",
            "en--us",
            "en_US",
            "e1",
            "en-x",
            "en-u",
            "en-u-x-a",
            "en-a-x-b-",
            "x-private",
            "i-klingon",
            "en-us-us",
            "en-latn-cyrl",
            "en-us-latn",
            "zh-cmn-cmn-cmn-cmn",
            "abcd-efg",
            "en-12",
            "abcdefghi",
            "en us",
            "é",
            "en\0",
            "*",
            "en;q=1",
        ] {
            assert_eq!(Locale::parse(text), Err(InvalidLocale::Shape), "{text}");
        }
    }

    #[test]
    fn the_closest_language_has_the_same_primary_subtag() {
        let language = |tag: &str| Locale::parse(tag).unwrap().language();
        assert_eq!(language("fr-CA"), Some(Language::French));
        assert_eq!(language("ES-419"), Some(Language::Spanish));
        assert_eq!(language("deu"), None, "BCP 47 writes `de`");
        assert_eq!(language("pt-BR"), None);
        for named in Language::ALL {
            assert_eq!(Locale::from(named).language(), Some(named));
            assert_eq!(Locale::parse(named.as_str()), Ok(Locale::from(named)));
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_its_own_canonical_form(text in "\\PC{0,40}", tag in "[a-zA-Z]{2,4}(-[a-zA-Z0-9]{1,8}){0,5}") {
            for text in [text, tag] {
                if let Ok(locale) = Locale::parse(&text) {
                    prop_assert!(locale.as_str().len() <= Locale::MAX);
                    prop_assert!(locale.as_str().eq_ignore_ascii_case(&text));
                    prop_assert_eq!(Locale::parse(locale.as_str()), Ok(locale));
                }
            }
        }
    }
}
