//! What an import prints: a line for each record that is not imported, progress on terminals, and a summary.

use auth_archive::Progress;
use auth_domain::import::ImportRefusal;
use auth_domain::use_cases::ImportOutcome;
use auth_import::{Position, ReadError};
use serde_json::json;

use crate::Failure;
use crate::output::{counted, print};
use crate::progress::ProgressLine;

/// Counts outcomes and prints them.
pub(crate) struct Report {
    as_json: bool,
    checking: bool,
    imported: u64,
    already_there: u64,
    refused: u64,
    line: ProgressLine,
}

impl Report {
    pub(crate) fn new(as_json: bool, checking: bool) -> Self {
        Self { as_json, checking, imported: 0, already_there: 0, refused: 0, line: ProgressLine::start() }
    }

    /// Counts the outcome of a record and prints it, unless it is imported and people read.
    pub(crate) fn tell(
        &mut self,
        position: Position,
        source_id: Option<&str>,
        email: Option<&str>,
        outcome: &ImportOutcome,
    ) -> Result<(), Failure> {
        let (name, id, reason) = match outcome {
            ImportOutcome::Imported(id) => ("imported", Some(id), None),
            ImportOutcome::AlreadyThere(id) => ("already_there", Some(id), None),
            ImportOutcome::Refused(reason) => ("refused", None, Some(reason)),
        };
        let count = match outcome {
            ImportOutcome::Imported(_) => &mut self.imported,
            ImportOutcome::AlreadyThere(_) => &mut self.already_there,
            ImportOutcome::Refused(_) => &mut self.refused,
        };
        *count += 1;
        if self.as_json {
            let number = match position {
                Position::Line(number) | Position::User(number) => number,
            };
            // The id of an account that a check would create is not decided yet.
            let id = id.filter(|_| !(self.checking && name == "imported")).map(ToString::to_string);
            let reason = reason.map(ToString::to_string);
            return print(
                &json!({
                    "record": number,
                    "outcome": name,
                    "id": id,
                    "sourceId": source_id,
                    "email": email,
                    "reason": reason,
                })
                .to_string(),
            );
        }
        self.tell_people(position, email, outcome)
    }

    fn tell_people(&mut self, position: Position, email: Option<&str>, outcome: &ImportOutcome) -> Result<(), Failure> {
        // What a file contains must not control the terminal.
        let email = email.map(|email| format!("{}: ", email.escape_debug())).unwrap_or_default();
        let told = |text: &str| print(&format!("{position}: {email}{text}"));
        match outcome {
            ImportOutcome::Imported(_) => {
                let done = self.imported + self.already_there + self.refused;
                self.line.show(Progress { table: "accounts", done, total: 0 });
                Ok(())
            }
            ImportOutcome::AlreadyThere(id) => told(&format!("already there as {id}")),
            ImportOutcome::Refused(ImportRefusal::Unreadable(reason)) => {
                told(&format!("refused: {}", reason.escape_debug()))
            }
            ImportOutcome::Refused(reason) => told(&format!("refused: {reason}")),
        }
    }

    /// Prints the summary. A refused record, or a file that could not be read to its end, is a failure.
    pub(crate) fn finish(self, read: Result<(), ReadError>) -> Result<(), Failure> {
        let Self { as_json, checking, imported, already_there, refused, line } = self;
        let rate = line.end(imported + already_there + refused);
        if as_json {
            let summary = json!({
                "check": checking,
                "imported": imported,
                "alreadyThere": already_there,
                "refused": refused,
                "complete": read.is_ok(),
            });
            print(&json!({ "summary": summary }).to_string())?;
        } else {
            let done = if checking { "would import" } else { "imported" };
            let accounts = counted(imported, "account");
            print(&format!("{done} {accounts}; {already_there} already there, {refused} refused ({rate})"))?;
        }
        read?;
        match refused {
            0 => Ok(()),
            refused => Err(format!("{} refused", counted(refused, "record")).into()),
        }
    }
}
