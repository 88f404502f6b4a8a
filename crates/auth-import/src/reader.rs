//! Reads the records of an export one by one, in constant memory: NDJSON (a record per line), JSON (a list, or an object
//! with `users`), or CSV with a header.

use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, Cursor, Read};
use std::rc::Rc;

use auth_domain::import::ImportCandidate;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::fields::{Fields, Wrong};
use crate::maps::{Dialect, MapOptions};

/// What is looked at to tell the formats apart.
const PEEK: u64 = 64 << 10;
/// The longest line of NDJSON, in bytes.
const LONGEST_LINE: u64 = 1 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Where a record is in the file, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The line that it begins at.
    Line(u64),
    /// Which one of the users it is.
    User(u64),
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::User(number) => write!(f, "user {number}"),
        }
    }
}

/// A record, as far as it could be read.
#[derive(Debug)]
pub struct Entry {
    /// Where it is.
    pub position: Position,
    /// Its id in the other system.
    pub source_id: Option<String>,
    /// Its e-mail address, as written there.
    pub email: Option<String>,
    /// The account, or the reason why there is none.
    pub candidate: Result<ImportCandidate, String>,
}

/// Asks the reader to stop.
#[derive(Debug)]
pub struct Stop;

/// Why the reading ended early. The records before were passed on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    /// The file is not a JSON document with users.
    #[error("the file is neither one record per line, nor a list of users, nor an object with \"users\": {0}")]
    Document(serde_json::Error),
    /// The header of a CSV file cannot be read.
    #[error("the header of the CSV file cannot be read: {0}")]
    Header(csv::Error),
    /// A record of a CSV file is too long, probably because a quote is not closed.
    #[error("the record that begins in line {line} has more than {most} bytes: is a quote (\") not closed?")]
    Endless {
        /// The line that it begins in.
        line: u64,
        /// How many bytes a record may have.
        most: u64,
    },
}

enum Format {
    Lines,
    Document,
    Table,
}

impl Format {
    /// Tells the format from the first bytes.
    fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        match text.first() {
            Some(b'[') => Self::Document,
            Some(b'{') => {
                let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
                match serde_json::from_slice::<Map<String, Value>>(line) {
                    Ok(object) if object.get("users").is_some_and(Value::is_array) => Self::Document,
                    Ok(_) => Self::Lines,
                    // A record per line, of which the first is broken, has another one after it.
                    Err(_) if line.trim_ascii_end().ends_with(b"}") && line.len() < text.len() => Self::Lines,
                    Err(_) => Self::Document,
                }
            }
            _ => Self::Table,
        }
    }
}

/// Passes every record of `input` to `each`, until that asks to stop.
pub fn read(
    mut input: impl BufRead,
    dialect: Dialect,
    options: &MapOptions,
    each: &mut dyn FnMut(Entry) -> Result<(), Stop>,
) -> Result<(), ReadError> {
    let mut head = Vec::new();
    input.by_ref().take(PEEK).read_to_end(&mut head)?;
    if head.starts_with(BYTE_ORDER_MARK) {
        head.drain(..BYTE_ORDER_MARK.len());
    }
    let format = Format::of(&head);
    let input = Cursor::new(head).chain(input);
    let mut pass =
        |position: Position, record: Result<Map<String, Value>, Wrong>| each(entry(position, record, dialect, options));
    match format {
        Format::Lines => lines(input, &mut pass),
        Format::Document => document(input, &mut pass),
        Format::Table => table(input, &mut pass),
    }
}

type Pass<'a> = dyn FnMut(Position, Result<Map<String, Value>, Wrong>) -> Result<(), Stop> + 'a;

fn entry(
    position: Position,
    record: Result<Map<String, Value>, Wrong>,
    dialect: Dialect,
    options: &MapOptions,
) -> Entry {
    match record {
        Err(reason) => Entry { position, source_id: None, email: None, candidate: Err(reason) },
        Ok(record) => {
            let fields = Fields(&record);
            let candidate = dialect.candidate(fields, options);
            let email = fields.text("email").ok().flatten();
            let email = email.or_else(|| candidate.as_ref().ok().and_then(|candidate| candidate.email.clone()));
            Entry { position, source_id: dialect.source_id(fields), email, candidate }
        }
    }
}

fn lines(mut input: impl BufRead, pass: &mut Pass<'_>) -> Result<(), ReadError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let bytes = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        if bytes == 0 {
            break;
        }
        let mut record = serde_json::from_slice(&line).map_err(|error| format!("it is not a JSON object: {error}"));
        if bytes as u64 == LONGEST_LINE && !line.ends_with(b"\n") {
            record = Err(format!("it has more than {LONGEST_LINE} bytes"));
            skip_line(&mut input)?;
        }
        let is_blank = line.trim_ascii().is_empty();
        if !is_blank && pass(Position::Line(number), record).is_err() {
            break;
        }
    }
    Ok(())
}

/// Reads to the end of a line without keeping it.
fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let read = end.map_or(buffer.len(), |end| end + 1);
        input.consume(read);
        if end.is_some() || read == 0 {
            return Ok(());
        }
    }
}

/// Ends the input where a record of a table goes on for too long: a quote that is not closed would make everything after it
/// one record.
struct Bounded<R> {
    input: R,
    /// How many bytes may be read before the record must end.
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        let read = self.input.by_ref().take(left).read(buffer)?;
        self.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

fn table(input: impl Read, pass: &mut Pass<'_>) -> Result<(), ReadError> {
    let left = Rc::new(Cell::new(LONGEST_LINE));
    let input = Bounded { input, left: Rc::clone(&left) };
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(input);
    let too_long = |error: &csv::Error, line: u64| {
        (error.is_io_error() && left.get() == 0).then_some(ReadError::Endless { line, most: LONGEST_LINE })
    };
    let header = reader.headers().map_err(|error| too_long(&error, 1).unwrap_or(ReadError::Header(error)))?.clone();
    let mut row = csv::StringRecord::new();
    loop {
        left.set(LONGEST_LINE);
        let position = reader.position().line();
        let record = match reader.read_record(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) if row.len() != header.len() => {
                Err(format!("it has {} fields, but the header has {}", row.len(), header.len()))
            }
            Ok(true) => Ok(header.iter().zip(&row).map(|(name, text)| (name.to_owned(), text.into())).collect()),
            Err(error) if error.is_io_error() => {
                return Err(too_long(&error, position).unwrap_or_else(|| ReadError::Io(error.into())));
            }
            Err(error) => Err(error.to_string()),
        };
        let line = row.position().map_or(position, csv::Position::line);
        if pass(Position::Line(line), record).is_err() {
            return Ok(());
        }
    }
}

fn document(input: impl Read, pass: &mut Pass<'_>) -> Result<(), ReadError> {
    let mut users = Users { pass, number: 0, stopped: false };
    let mut json = serde_json::Deserializer::from_reader(input);
    match (Document(&mut users).deserialize(&mut json), users.stopped) {
        (_, true) | (Ok(()), false) => Ok(()),
        (Err(error), false) if error.is_io() => Err(ReadError::Io(error.into())),
        (Err(error), false) => Err(ReadError::Document(error)),
    }
}

/// Passes the elements of a list on, each as soon as it is read.
struct Users<'a, 'b> {
    pass: &'a mut Pass<'b>,
    number: u64,
    stopped: bool,
}

/// A list of users, or an object with one.
struct Document<'u, 'a, 'b>(&'u mut Users<'a, 'b>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of users, or an object with \"users\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Users { pass, number, stopped } = self.0;
        while let Some(value) = list.next_element::<Value>()? {
            *number += 1;
            let record = match value {
                Value::Object(record) => Ok(record),
                _ => Err("it is not a JSON object".to_owned()),
            };
            if pass(Position::User(*number), record).is_err() {
                *stopped = true;
                return Err(serde::de::Error::custom("stopped"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut found = false;
        while let Some(name) = object.next_key::<String>()? {
            if name == "users" && !found {
                found = true;
                object.next_value_seed(Document(&mut *self.0))?;
            } else {
                object.next_value::<IgnoredAny>()?;
            }
        }
        if found { Ok(()) } else { Err(serde::de::Error::missing_field("users")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Where each record is, and its address or that it could not be read.
    fn positions(text: &[u8]) -> Vec<(Position, Option<String>)> {
        let mut found = Vec::new();
        let mut each = |entry: Entry| {
            found.push((entry.position, entry.email));
            Ok(())
        };
        let outcome = read(text, Dialect::Own, &MapOptions::default(), &mut each);
        outcome.unwrap_or_else(|error| panic!("{error}"));
        found
    }

    fn of(emails: &[(Position, &str)]) -> Vec<(Position, Option<String>)> {
        emails.iter().map(|(position, email)| (*position, (!email.is_empty()).then(|| (*email).to_owned()))).collect()
    }

    #[test]
    fn a_quote_that_is_not_closed_ends_the_reading_soon() {
        /// Counts what is read of an endless record.
        struct Endless(u64);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                buffer.fill(b'a');
                self.0 += buffer.len() as u64;
                Ok(buffer.len())
            }
        }
        for (head, line, passed) in [("email\na@x\n\"b", 3, 1), ("email,\"na", 1, 0)] {
            let mut endless = Endless(0);
            let input = std::io::BufReader::new(Cursor::new(head).chain(&mut endless));
            let mut seen = 0;
            let mut each = |_: Entry| {
                seen += 1;
                Ok(())
            };
            let outcome = read(input, Dialect::Own, &MapOptions::default(), &mut each);
            assert!(matches!(outcome, Err(ReadError::Endless { line: found, .. }) if found == line), "{outcome:?}");
            assert_eq!(seen, passed);
            assert!(endless.0 < 2 * LONGEST_LINE, "{}", endless.0);
        }
        let long = "a".repeat(usize::try_from(LONGEST_LINE).unwrap() - 100_000);
        let table = format!("email,username\na@x,\"{long}\"\nb@x,\"{long}\"\n");
        assert_eq!(positions(table.as_bytes()), of(&[(Position::Line(2), "a@x"), (Position::Line(3), "b@x")]));
    }

    #[test]
    fn every_format_is_recognised_and_every_record_has_a_position() {
        use Position::{Line, User};
        let lines = b"{\"email\":\"a@x\"}\n\nbroken\n{\"email\":\"b@x\"}";
        assert_eq!(positions(lines), of(&[(Line(1), "a@x"), (Line(3), ""), (Line(4), "b@x")]));
        let first_broken = b"{\"email\":}\n{\"email\":\"b@x\"}\n";
        assert_eq!(positions(first_broken), of(&[(Line(1), ""), (Line(2), "b@x")]));
        let table = b"\xef\xbb\xbfid,email\n1,a@x\n2\n3,\"b@x\n\"\n4,c@x\n";
        assert_eq!(positions(table), of(&[(Line(2), "a@x"), (Line(3), ""), (Line(4), "b@x\n"), (Line(6), "c@x")]));
        for document in [
            &b"[{\"email\":\"a@x\"}, 7,\n{\"email\":\"b@x\"}]"[..],
            b"{\"realm\":{\"users\":1},\"users\":[{\"email\":\"a@x\"},7,{\"email\":\"b@x\"}],\"more\":[]}",
            b"{\n \"users\": [\n{\"email\":\"a@x\"},7,{\"email\":\"b@x\"}]}",
        ] {
            assert_eq!(positions(document), of(&[(User(1), "a@x"), (User(2), ""), (User(3), "b@x")]));
        }
        assert_eq!(positions(b""), []);
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let long = format!("{{\"email\":\"a@x\"}}\n{{\"email\":\"{}\"}}\n{{\"email\":\"b@x\"}}\n", "x".repeat(3 << 20));
        let lines = [(Position::Line(1), "a@x"), (Position::Line(2), ""), (Position::Line(3), "b@x")];
        assert_eq!(positions(long.as_bytes()), of(&lines));
    }

    #[test]
    fn the_reader_stops_when_asked() {
        for text in [
            "email\na@x\nb@x\n",
            "{\"email\":\"a@x\"}\n{\"email\":\"b@x\"}\n",
            "[{\"email\":\"a@x\"},{\"email\":\"b@x\"}]",
        ] {
            let mut seen = 0;
            let mut each = |_| {
                seen += 1;
                Err(Stop)
            };
            read(text.as_bytes(), Dialect::Own, &MapOptions::default(), &mut each).unwrap();
            assert_eq!(seen, 1, "{text}");
        }
    }

    #[test]
    fn a_document_without_users_is_refused() {
        for text in ["{\"realm\":\n\"x\"}", "[1", "{\"users\": [{}"] {
            let outcome = read(text.as_bytes(), Dialect::Keycloak, &MapOptions::default(), &mut |_| Ok(()));
            assert!(matches!(outcome, Err(ReadError::Document(_))), "{text}");
        }
    }

    proptest! {
        /// Whatever the file: no panic, in every dialect; and positions only grow.
        #[test]
        fn any_file_is_read_or_refused(
            head in "(\\[|\\{\"users\":\\[|email,id\n|\\{\"email\":\"a@x\"\\}\n|)",
            text in "([\\x00-\\x7f]|é){0,200}",
        ) {
            for dialect in Dialect::ALL {
                let mut last = 0;
                let mut each = |entry: Entry| {
                    let (Position::Line(number) | Position::User(number)) = entry.position;
                    // A carriage return alone ends a record of CSV, but no line.
                    assert!(number >= last);
                    last = number;
                    Ok(())
                };
                let _ = read(format!("{head}{text}").as_bytes(), dialect, &MapOptions::default(), &mut each);
            }
        }

        /// What was written as CSV or NDJSON is read as it was written.
        #[test]
        fn what_is_written_is_read(rows in prop::collection::vec(("[ -~é\n]{1,20}", "[ -~é\n]{1,20}"), 1..20)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["email", "username"]).unwrap();
            rows.iter().for_each(|(email, name)| writer.write_record([email, name]).unwrap());
            let table = writer.into_inner().unwrap();
            let lines: String =
                rows.iter().map(|(email, name)| format!("{}\n", serde_json::json!({"email": email, "username": name}))).collect();
            for text in [table, lines.into_bytes()] {
                let mut found = Vec::new();
                let mut each = |entry: Entry| {
                    let candidate = entry.candidate.unwrap();
                    found.push((candidate.email.unwrap(), candidate.username.unwrap()));
                    Ok(())
                };
                read(text.as_slice(), Dialect::Own, &MapOptions::default(), &mut each).unwrap();
                prop_assert_eq!(&found, &rows);
            }
        }
    }
}
