//! The texts of the pages, one file for each language.

use std::collections::BTreeMap;

/// A language, the texts of every page, and those that only the administration has.
struct Catalogue(&'static str, &'static str, &'static str);

/// English first: it is used where no other language is wanted.
const CATALOGUES: &[Catalogue] = &[
    Catalogue("en", include_str!("../../pages/en.json"), include_str!("../../pages/admin-en.json")),
    Catalogue("de", include_str!("../../pages/de.json"), include_str!("../../pages/admin-de.json")),
    Catalogue("es", include_str!("../../pages/es.json"), include_str!("../../pages/admin-es.json")),
    Catalogue("fr", include_str!("../../pages/fr.json"), include_str!("../../pages/admin-fr.json")),
];

/// The texts in one language.
pub(crate) struct Texts {
    /// Its code, such as `en`.
    pub(crate) language: &'static str,
    /// The name of the file with the texts, which the script fetches.
    pub(crate) file: String,
    /// The same with the texts that only the administration has.
    pub(crate) admin_file: String,
    by_name: BTreeMap<String, String>,
}

impl Texts {
    /// Returns all languages. `add` adds the file with the texts of one and returns its name.
    pub(super) fn all(mut add: impl FnMut(&str, &'static str) -> String) -> Vec<Self> {
        let of = |Catalogue(language, json, admin): &Catalogue| Self {
            language,
            file: add(language, json),
            admin_file: add(&format!("admin-{language}"), admin),
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
        let parse = |json: &str| serde_json::from_str::<BTreeMap<String, String>>(json).unwrap();
        let pages = CATALOGUES.iter().map(|Catalogue(language, json, _)| (*language, parse(json))).collect();
        let admin = CATALOGUES.iter().map(|Catalogue(language, _, json)| (*language, parse(json))).collect();
        for all in [pages, admin] {
            let all: Vec<(&str, BTreeMap<String, String>)> = all;
            let ((_, english), others) = all.split_first().unwrap();
            assert!(english.len() > 130);
            for (language, other) in others {
                assert_eq!(other.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>(), "{language}");
                for (name, text) in english {
                    assert_eq!(placeholders(&other[name]), placeholders(text), "{language} {name}");
                }
            }
        }
    }
}
