//! How the servers are described that `bench/run --peers` compares: `bench/peers/targets.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::load::Answer;

/// The password of every user, which is written the same in JSON and in a form.
const PASSWORD: &str = "Correct-Horse-Battery-42";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Targets {
    pub(crate) target: Vec<Target>,
}

/// A server. Everything but `name`, `about`, `access` and `rotating` may have placeholders.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    pub(crate) name: String,
    /// A line of shell that prints the version.
    pub(crate) version: String,
    /// What else a reader of the figures has to know.
    pub(crate) about: String,
    /// A line of shell that installs what is missing.
    pub(crate) install: Option<String>,
    /// A line of shell, which runs in an empty folder.
    pub(crate) command: String,
    pub(crate) environment: BTreeMap<String, String>,
    /// The path that answers 2xx as soon as the server serves.
    pub(crate) ready: String,
    /// `None` if the users are there already.
    pub(crate) sign_up: Option<Request>,
    pub(crate) login: Request,
    pub(crate) me: Request,
    pub(crate) refresh: Option<Request>,
    /// What proves who the caller is.
    access: Place,
    /// What `refresh` replaces.
    rotating: Option<Place>,
}

/// Where in an answer a token is.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    Field(String),
    Cookie(String),
}

impl Place {
    fn of(&self, answer: &Answer) -> String {
        let found = match self {
            Self::Field(name) => answer.field(name),
            Self::Cookie(name) => answer.cookie(name),
        };
        found.unwrap_or_else(|| panic!("no token in: {}", answer.text()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    #[serde(default = "get")]
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
}

fn get() -> String {
    "GET".to_owned()
}

impl Request {
    pub(crate) fn get(path: &str) -> Self {
        Self { method: get(), path: path.to_owned(), headers: BTreeMap::new(), body: String::new() }
    }

    /// Returns it as it is sent.
    pub(crate) fn bytes(&self, values: &Values) -> Vec<u8> {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (method, path, body) = (&self.method, &self.path, values.fill(&self.body));
        // Some servers refuse a POST that does not say its length.
        let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head = values.fill(&format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{{port}}\r\n{headers}"));
        format!("{head}{length}\r\n{body}").into_bytes()
    }
}

/// What placeholders stand for.
#[derive(Clone)]
pub(crate) struct Values(pub(crate) BTreeMap<&'static str, String>);

impl Values {
    pub(crate) fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Returns these and those of the user of that name.
    pub(crate) fn of_user(&self, name: String) -> Self {
        let mut values = self.clone();
        values.0.extend([("email", format!("{name}@example.org")), ("name", name), ("password", PASSWORD.to_owned())]);
        values
    }

    /// Takes the tokens out of the answer to a login or a refresh.
    pub(crate) fn keep_tokens(&mut self, target: &Target, answer: &Answer) {
        self.0.insert("access", target.access.of(answer));
        self.0.extend(target.rotating.as_ref().map(|place| ("rotating", place.of(answer))));
    }
}

#[cfg(test)]
mod tests {
    use super::{Targets, Values};

    #[test]
    fn the_targets_can_be_read_and_asked() {
        let targets: Targets = toml::from_str(include_str!("../peers/targets.toml")).unwrap();
        let mut values = Values([("port", "1".to_owned())].into()).of_user("ann".to_owned());
        values.0.extend([("access", "a".to_owned()), ("rotating", "r".to_owned())]);
        assert_eq!(targets.target.len(), 3);
        for target in targets.target {
            for request in [target.sign_up, Some(target.login), Some(target.me), target.refresh].into_iter().flatten() {
                let text = String::from_utf8(request.bytes(&values)).unwrap();
                for name in ["port", "name", "email", "password", "access", "rotating"] {
                    assert!(!text.contains(&format!("{{{name}}}")), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_lock_file_names_no_registry() {
        assert!(!include_str!("../peers/better-auth/package-lock.json").contains("\"resolved\""));
    }
}
