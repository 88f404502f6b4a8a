//! What answers say to users, in every language. English stands next to the codes and rules in the source; the others are
//! files, `messages/<language>.json`. There, the name of a text is a code, or the rule that a field breaks in English,
//! whose numbers are `{1}`, `{2}` and so on. Rules that no form of an app can break stay English, as hints do.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use auth_domain::Language;

use crate::codes::Code;

type Catalogue = HashMap<String, String>;

static FRENCH: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/fr.json")));
static GERMAN: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/de.json")));
static SPANISH: LazyLock<Catalogue> = LazyLock::new(|| read(include_str!("../messages/es.json")));

/// A file that is no JSON, which a test would find, leaves everything English.
fn read(json: &str) -> Catalogue {
    serde_json::from_str(json).unwrap_or_default()
}

fn catalogue(language: Language) -> Option<&'static Catalogue> {
    match language {
        Language::English => None,
        Language::French => Some(&FRENCH),
        Language::German => Some(&GERMAN),
        Language::Spanish => Some(&SPANISH),
    }
}

/// Returns what the code means to a user.
pub(crate) fn of_code(code: Code, language: Language) -> &'static str {
    let translated = catalogue(language).and_then(|catalogue| catalogue.get(code.as_str()));
    translated.map_or(code.message(), String::as_str)
}

/// Returns the rule that a field breaks, worded to follow the field's name.
pub(crate) fn of_rule(rule: &str, language: Language) -> Cow<'_, str> {
    let Some(catalogue) = catalogue(language) else { return Cow::Borrowed(rule) };
    if let Some(translated) = catalogue.get(rule) {
        return Cow::Borrowed(translated);
    }
    let (name, numbers) = without_numbers(rule);
    catalogue.get(&name).map_or(Cow::Borrowed(rule), |text| Cow::Owned(with_numbers(text, &numbers)))
}

/// Returns a text with placeholders instead of its numbers, and these.
fn without_numbers(text: &str) -> (String, Vec<&str>) {
    let (mut name, mut numbers, mut rest) = (String::new(), Vec::new(), text);
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let (number, after) = from.split_at(from.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(from.len()));
        numbers.push(number);
        name.push_str(&format!("{before}{{{}}}", numbers.len()));
        rest = after;
    }
    name.push_str(rest);
    (name, numbers)
}

fn with_numbers(text: &str, numbers: &[&str]) -> String {
    let fill = |text: String, (index, number): (usize, &&str)| text.replace(&format!("{{{}}}", index + 1), number);
    numbers.iter().enumerate().fold(text.to_owned(), fill)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use auth_domain::InvalidLocale;
    use auth_domain::account::{InvalidEmail, InvalidRoles, InvalidUsername};

    use super::*;

    const TRANSLATED: [Language; 3] = [Language::French, Language::German, Language::Spanish];

    /// Rules that requests of a form cannot break, but those of a developer who tries out the API or a broken connection.
    const ENGLISH_ONLY: &[&str] = &[
        "is allowed only with AUTH_COOKIES=on: the page receives its tokens as cookies",
        "is required: request the token from the provider with a nonce",
        "must arrive within 10 seconds",
        "must be UTF-8",
        "must be a JSON object",
        "must be a JSON object, but the body is empty",
        "must be a URL of at most 1024 bytes, of this service or of an origin in AUTH_ALLOWED_ORIGINS",
        "must be a UUID",
        "must be a whole number from 1 to {most}",
        "must be active, suspended or deletion_scheduled",
        "must be true or false",
        "must be 302 or 401",
        "must be URL-encoded",
        "must not be given with audience: cookies have a token for the default audience only",
        "must be valid JSON in UTF-8",
        "was cut off or is badly encoded",
    ];

    /// Returns every rule that the source spells out where it refuses a field.
    fn rules_in_source() -> BTreeSet<String> {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = vec![crates.join("auth-http/src"), crates.join("auth-domain/src")];
        let mut rules = BTreeSet::new();
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            let reasons = source.split("FieldReason::").skip(1).filter_map(|after| after.split_once(", "));
            let is_variant = |text: &str| text.chars().all(char::is_alphanumeric);
            let after_reason = reasons.filter(|(reason, _)| is_variant(reason)).map(|(_, rest)| rest);
            for rest in after_reason.chain(source.split("let message = ").skip(1)) {
                if let Some(rest) = rest.trim_start_matches("format!(").strip_prefix('"') {
                    let end = rest.match_indices('"').find(|(at, _)| !rest[..*at].ends_with('\\')).unwrap().0;
                    rules.insert(rest[..end].replace("\\\"", "\""));
                }
            }
        }
        assert!(rules.len() > 15, "{rules:?}");
        rules
    }

    /// Replaces what `format!` fills in as [`without_numbers`] does.
    fn name_of(rule: &str) -> String {
        let (mut filled, mut inside) = (String::new(), false);
        for letter in rule.chars() {
            match letter {
                '{' => (inside, filled) = (true, filled + "7"),
                '}' => inside = false,
                _ if inside => {}
                letter => filled.push(letter),
            }
        }
        if FRENCH.contains_key(&filled) { filled } else { without_numbers(&filled).0 }
    }

    fn rules_of_the_domain() -> Vec<String> {
        let email = [
            InvalidEmail::Empty,
            InvalidEmail::Shape,
            InvalidEmail::TooLong,
            InvalidEmail::LocalPart,
            InvalidEmail::Domain,
        ];
        let username = [InvalidUsername::TooShort, InvalidUsername::TooLong, InvalidUsername::Character];
        let roles = [InvalidRoles::Malformed { index: 0 }, InvalidRoles::TooMany];
        let locale = [InvalidLocale::TooLong, InvalidLocale::Shape];
        let mut rules: Vec<String> = email.iter().map(ToString::to_string).collect();
        rules.extend(username.iter().map(ToString::to_string));
        rules.extend(roles.iter().map(ToString::to_string));
        rules.extend(locale.iter().map(ToString::to_string));
        rules
    }

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_language_has_every_text_and_no_other() {
        let mut expected: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
        for rule in rules_in_source().into_iter().chain(rules_of_the_domain()) {
            if !ENGLISH_ONLY.contains(&rule.as_str()) {
                expected.insert(name_of(&rule));
            }
        }
        for language in TRANSLATED {
            let names: BTreeSet<String> = catalogue(language).unwrap().keys().cloned().collect();
            let missing: Vec<&String> = expected.difference(&names).collect();
            let unused: Vec<&String> = names.difference(&expected).collect();
            assert!(missing.is_empty() && unused.is_empty(), "{language:?}: missing {missing:?}, unused {unused:?}");
        }
    }

    #[test]
    fn every_text_has_the_placeholders_of_its_name() {
        for language in TRANSLATED {
            for (name, text) in catalogue(language).unwrap() {
                assert_eq!(placeholders(text), placeholders(name), "{language:?} {name}");
                assert!(!text.trim().is_empty() && text.trim() == text, "{language:?} {name}");
                let is_sentence = name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
                assert_eq!(is_sentence, text.ends_with('.'), "{language:?} {name}: {text}");
            }
        }
    }

    #[test]
    fn rules_keep_their_numbers() {
        assert_eq!(of_rule("must have 3 to 32 characters", Language::French), "doit comporter de 3 à 32 caractères");
        assert_eq!(of_rule("must have at most 35 characters", Language::German), "darf höchstens 35 Zeichen haben");
        assert_eq!(
            of_rule("must be from 60 to 31536000 seconds", Language::Spanish),
            "debe durar de 60 a 31536000 segundos"
        );
        assert_eq!(of_rule("must have 3 to 32 characters", Language::English), "must have 3 to 32 characters");
        assert_eq!(of_rule("must be a UUID", Language::French), "must be a UUID", "stays English");
        assert_eq!(of_rule("", Language::French), "");
    }

    #[test]
    fn codes_are_translated() {
        let code = Code::UseCase(auth_domain::error_code::ErrorCode::OtpInvalid);
        let messages = Language::ALL.map(|language| of_code(code, language));
        assert_eq!(messages[0], code.message());
        assert_eq!(BTreeSet::from(messages).len(), 4);
    }
}
