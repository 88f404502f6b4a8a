//! Checks the templates of an operator: what each names, and that every mail can be written with them.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use auth_domain::{Language, Timestamp};
use minijinja::{AutoEscape, Environment};

use super::engine::{HTML_VALUES, environment, render, split, template_error};
use super::{Sources, TemplateError, built_in};
use crate::device::Device;
use crate::kind::MailKind;
use crate::samples;
use crate::values::{MailValues, Words, moment_parts};

/// Returns each mistake once.
pub(super) fn mistakes(own: &Sources) -> BTreeSet<TemplateError> {
    let environment = environment(AutoEscape::None);
    let static_mistakes: BTreeSet<_> =
        own.iter().flat_map(|(name, source)| in_source(&environment, name, source)).collect();
    // Otherwise each would be told again, for every mail.
    if static_mistakes.is_empty() { in_mails(own) } else { static_mistakes }
}

/// Returns the mistakes in one template: its form, and the variables that it names.
pub(super) fn in_source(environment: &Environment<'_>, name: &str, source: &str) -> Vec<TemplateError> {
    if built_in::is_part(name) || name.ends_with(".html") {
        return unknown_variables(environment, name, source, &variables_of(name));
    }
    let (subject, body) = match split(name, source) {
        Ok(both) => both,
        Err(mistake) => return vec![mistake],
    };
    let mut mistakes = unknown_variables(environment, name, subject, &variables(kinds_of(name), |values| values.open));
    mistakes.extend(unknown_variables(environment, name, body, &variables_of(name)));
    mistakes
}

/// Returns the variables that a template can use; of a text, not those of its subject.
pub(super) fn variables_of(name: &str) -> BTreeSet<&'static str> {
    let part = name.split('/').next_back().unwrap_or(name);
    match part {
        "_moment.txt" => moment_parts(Timestamp::from_seconds(0)).into_keys().collect(),
        "_duration.txt" => BTreeSet::from(["parts"]),
        "_device.txt" => BTreeSet::from(["program", "system"]),
        // In every mail: what all have in common.
        "_footer.txt" => MailKind::all()
            .map(|kind| variables([kind], |values| values.open))
            .reduce(|one, other| &one & &other)
            .unwrap_or_default(),
        _ => {
            let mut known = variables(kinds_of(name), |values| values.all());
            known.extend(HTML_VALUES.into_iter().filter(|_| name.ends_with(".html")));
            known
        }
    }
}

/// Returns the kinds of mails that a template is used for.
fn kinds_of(name: &str) -> Vec<MailKind> {
    let file = name.split('/').next_back().unwrap_or(name);
    let kind = file.rsplit_once('.').and_then(|(stem, _)| MailKind::parse(stem));
    kind.map_or_else(|| MailKind::all().collect(), |kind| vec![kind])
}

/// Returns the names of the values of all mails of these kinds.
fn variables(
    kinds: impl IntoIterator<Item = MailKind>,
    select: impl Fn(MailValues) -> crate::values::Values,
) -> BTreeSet<&'static str> {
    let of = |kind: MailKind| {
        let Ok(values) = MailValues::of(&samples::usual(kind, Language::English), &samples::sender(), &NoWords);
        select(values).into_keys()
    };
    kinds.into_iter().flat_map(of).collect()
}

/// Says nothing: only the names of values are needed.
struct NoWords;

impl Words for NoWords {
    type Error = Infallible;

    fn moment(&self, _: Timestamp) -> Result<String, Infallible> {
        Ok(String::new())
    }

    fn duration(&self, _: Duration) -> Result<String, Infallible> {
        Ok(String::new())
    }

    fn device(&self, _: Device) -> Result<String, Infallible> {
        Ok(String::new())
    }
}

fn unknown_variables(
    environment: &Environment<'_>,
    name: &str,
    source: &str,
    known: &BTreeSet<&'static str>,
) -> Vec<TemplateError> {
    let template = match environment.template_from_named_str(name, source) {
        Ok(template) => template,
        Err(error) => return vec![template_error(&error, name)],
    };
    let is_global = |variable: &str| environment.globals().any(|(global, _)| global == variable);
    let used = template.undeclared_variables(false).into_iter();
    let unknown = used.filter(|variable| !known.contains(variable.as_str()) && !is_global(variable));
    let mistake = |variable: String| {
        let names = known.iter().copied().collect::<Vec<_>>().join(", ");
        let problem = format!("unknown variable {variable}; there are {names}");
        TemplateError::new(name, line_of(source, &variable), problem)
    };
    unknown.map(mistake).collect()
}

/// Returns the number of the first line with a tag that names the variable.
fn line_of(source: &str, variable: &str) -> Option<usize> {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let names = |line: &str| line.split(|letter| !is_name(letter)).any(|word| word == variable);
    let tags = |line: &str| line.contains("{{") || line.contains("{%");
    source.lines().position(|line| tags(line) && names(line)).map(|index| index + 1)
}

/// Writes each mail that these templates concern, with and without what it may have.
fn in_mails(own: &Sources) -> BTreeSet<TemplateError> {
    let mut mistakes = BTreeSet::new();
    for language in Language::ALL {
        let concerns =
            |name: &&String| *name == built_in::LAYOUT || name.starts_with(&format!("{}/", language.as_str()));
        let kinds: Vec<MailKind> = own.keys().filter(concerns).flat_map(|name| kinds_of(name)).collect();
        for kind in MailKind::all().filter(|kind| kinds.contains(kind)) {
            for mail in samples::varied(kind, language) {
                for sender in [samples::sender(), samples::plain_sender()] {
                    mistakes.extend(render(own, &mail, &sender).err());
                }
            }
        }
    }
    mistakes
}
