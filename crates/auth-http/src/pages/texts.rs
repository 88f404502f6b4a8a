//! The texts of the pages, one file for each language.

use std::collections::BTreeMap;

/// English first: it is used where no other language is wanted.
const CATALOGUES: &[(&str, &str)] = &[
    ("en", include_str!("../../pages/en.json")),
    ("de", include_str!("../../pages/de.json")),
    ("es", include_str!("../../pages/es.json")),
    ("fr", include_str!("../../pages/fr.json")),
];

/// The texts in one language.
pub(crate) struct Texts {
    /// Its code, such as `en`.
    pub(crate) language: &'static str,
    /// The name of the file with the texts, which the script fetches.
    pub(crate) file: String,
    by_name: BTreeMap<String, String>,
}

impl Texts {
    /// Returns all languages. `add` adds the file with the texts of one and returns its name.
    pub(super) fn all(mut add: impl FnMut(&str, &'static str) -> String) -> Vec<Self> {
        let of = |(language, json): &(&'static str, &'static str)| Self {
            language,
            file: add(language, json),
            by_name: serde_json::from_str(json).unwrap_or_default(),
        };
        CATALOGUES.iter().map(of).collect()
    }

    /// Returns a text; one that is missing is shown by its name.
    pub(crate) fn text<'a>(&'a self, name: &'a str) -> &'a str {
        self.by_name.get(name).map_or(name, String::as_str)
    }

    /// Returns what a code of the service means to a user.
    pub(crate) fn error(&self, code: &str) -> &str {
        self.by_name.get(&format!("error.{code}")).map_or_else(|| self.text("error.unknown"), String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_language_has_every_text_with_the_same_placeholders() {
        let all = Texts::all(|language, _| language.to_owned());
        let (english, others) = all.split_first().unwrap();
        assert!(english.by_name.len() > 150);
        for other in others {
            let names = |texts: &Texts| texts.by_name.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(other), names(english), "{}", other.language);
            for (name, text) in &english.by_name {
                assert_eq!(placeholders(other.text(name)), placeholders(text), "{} {name}", other.language);
            }
        }
    }
}
