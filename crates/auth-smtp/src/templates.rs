//! The templates of mails, in every language: those in the binary, each of which an operator can replace by a file.

mod built_in;
mod check;
mod engine;
mod folder;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use auth_domain::mail::OutgoingMail;

use crate::message::Sender;

/// What templates make of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Contents by name: `layout.html`, `fr/invitation.txt`.
type Sources = BTreeMap<String, String>;

/// The templates of mails. By default, those in the binary.
#[derive(Clone, Default)]
pub struct MailTemplates {
    /// Those of the operator, which replace others.
    own: Arc<Sources>,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TemplateError {
    file: String,
    line: Option<usize>,
    problem: String,
    /// May repeat values.
    detail: Option<String>,
}

impl TemplateError {
    fn new(file: &str, line: impl Into<Option<usize>>, problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: line.into(), problem: problem.into(), detail: None }
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.problem)?;
        self.detail.iter().try_for_each(|detail| write!(f, ": {detail}"))
    }
}

impl MailTemplates {
    /// Reads the templates in `folder`, which replace those of the same names in the binary, and writes every mail with
    /// them once.
    ///
    /// # Errors
    ///
    /// Each problem, with the file, and the line where one is known.
    pub fn load(folder: &Path) -> Result<Self, Vec<String>> {
        let own = folder::read(folder)?;
        let mistakes = check::mistakes(&own);
        if mistakes.is_empty() {
            return Ok(Self { own: Arc::new(own) });
        }
        Err(mistakes.into_iter().map(|mistake| format!("{}/{mistake}", folder.display())).collect())
    }

    /// Writes a mail. If a template of the operator fails, which passed the check at start, the mail is written with those
    /// in the binary: it must not be lost.
    pub(crate) fn render(&self, mail: &OutgoingMail, sender: &Sender) -> Result<Rendered, TemplateError> {
        if !self.own.is_empty() {
            match engine::render(&self.own, mail, sender) {
                Ok(rendered) => return Ok(rendered),
                Err(TemplateError { file, line, problem, .. }) => {
                    tracing::error!(%file, line, %problem, "a mail template failed; the built-in ones were used instead");
                }
            }
        }
        engine::render(&Sources::new(), mail, sender)
    }
}
