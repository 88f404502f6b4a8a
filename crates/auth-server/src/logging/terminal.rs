//! Log lines for people: an answer in one short line, anything else with its message first.

use std::fmt::{self, Write as _};

use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// Formats lines for a terminal.
pub(super) struct ForTerminal;

impl<S, N> FormatEvent<S, N> for ForTerminal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let colours = writer.has_ansi_escapes();
        let request = request_scope::current();
        let line = Line { level: *event.metadata().level(), fields, request: request.as_deref(), colours };
        writeln!(writer, "{line}")
    }
}

/// The fields of an event, each as one line of text.
#[derive(Default)]
struct Fields(Vec<(&'static str, String)>);

impl Fields {
    fn add(&mut self, field: &Field, value: &dyn fmt::Display) {
        let mut text = OneLine(String::new());
        // Writing into memory cannot fail.
        let _: fmt::Result = write!(text, "{value}");
        self.0.push((field.name(), text.0));
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, &value);
    }
}

/// What a line may hold. Texts come from callers and from other servers: none may move the cursor of a terminal, or look
/// like another line.
struct OneLine(String);

impl fmt::Write for OneLine {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\n' => self.0.push_str("; "),
                control if control.is_control() => self.0.extend(control.escape_default()),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

struct Line<'a> {
    level: Level,
    fields: Fields,
    /// The id of the request that it belongs to.
    request: Option<&'a str>,
    colours: bool,
}

impl Line<'_> {
    fn painted<'t>(&self, colour: &'static str, text: &'t str) -> Painted<'t> {
        Painted { colour: self.colours.then_some(colour), text }
    }

    /// Method, path, status and code, milliseconds, id, then of a refusal why it was refused, and who.
    fn answer(&self, f: &mut fmt::Formatter<'_>, status: &str) -> fmt::Result {
        let text = |name: &str| self.fields.get(name).unwrap_or_default();
        let colour = match status.as_bytes().first() {
            Some(b'5') => RED,
            Some(b'4') => YELLOW,
            _ => GREEN,
        };
        write!(f, "{:<6} {} {}", text("method"), text("path"), self.painted(colour, status))?;
        if let Some(code) = self.fields.get("code") {
            write!(f, " {}", self.painted(colour, code))?;
        }
        write!(f, " {} ms", text("milliseconds"))?;
        for (name, label) in
            [("reason", "reason"), ("token", "token"), ("user", "user"), ("service", "service"), ("network", "from")]
        {
            if let Some(value) = self.fields.get(name) {
                write!(f, "  {} {value}", self.painted(DIM, label))?;
            }
        }
        Ok(())
    }

    fn message(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fields.get("message").unwrap_or_default())?;
        let others = self.fields.0.iter().filter(|(name, _)| *name != "message" && !name.starts_with("log."));
        for (name, value) in others {
            write!(f, "  {} {value}", self.painted(DIM, name))?;
        }
        Ok(())
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = now();
        write!(f, "{} ", self.painted(DIM, &now))?;
        match self.level {
            Level::ERROR => write!(f, "{} ", self.painted(RED, "ERROR"))?,
            Level::WARN => write!(f, "{} ", self.painted(YELLOW, "WARN"))?,
            Level::INFO => {}
            Level::DEBUG | Level::TRACE => write!(f, "{} ", self.painted(CYAN, self.level.as_str()))?,
        }
        match (self.fields.get("message"), self.fields.get("status")) {
            (Some("answered"), Some(status)) => self.answer(f, status)?,
            _ => self.message(f)?,
        }
        if let Some(id) = self.request {
            write!(f, "  {}", self.painted(DIM, id))?;
        }
        Ok(())
    }
}

/// The time of day in UTC: the day is known to whoever sits at the terminal.
fn now() -> String {
    #[expect(clippy::disallowed_methods, reason = "a log line says when it was written; nothing is decided by it")]
    let now = OffsetDateTime::from(std::time::SystemTime::now());
    format!("{:02}:{:02}:{:02}Z", now.hour(), now.minute(), now.second())
}

/// A text in a colour, where there are colours.
struct Painted<'a> {
    colour: Option<&'static str>,
    text: &'a str,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.colour {
            Some(colour) => write!(f, "\x1b[{colour}m{}\x1b[0m", self.text),
            None => f.write_str(self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::subscriber::with_default;
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What is written, without the time that each line begins with.
    fn written(colours: bool, log: impl FnOnce()) -> Vec<String> {
        #[derive(Clone, Default)]
        struct Out(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Out {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend(bytes);
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let out = Out::default();
        let writer = out.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .with_ansi(colours)
            .event_format(ForTerminal);
        with_default(tracing_subscriber::registry().with(layer), log);
        let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn an_answer_is_one_short_line() {
        let lines = written(false, || {
            let none: Option<&str> = None;
            tracing::info!(
                method = "POST",
                path = "/auth/login",
                route = "/auth/login",
                status = 200,
                code = none,
                milliseconds = 31,
                "answered"
            );
            request_scope::within("a-1".into(), || {
                tracing::info!(
                    method = "GET",
                    path = "/auth/me",
                    route = "/auth/me",
                    status = 401,
                    code = "ACCESS_TOKEN_EXPIRED",
                    token = "access",
                    reason = "expired",
                    network = "127.0.0.0/24",
                    milliseconds = 0,
                    "answered"
                );
            });
        });
        assert_eq!(
            lines,
            [
                "POST   /auth/login 200 31 ms",
                "GET    /auth/me 401 ACCESS_TOKEN_EXPIRED 0 ms  reason expired  token access  from 127.0.0.0/24  a-1",
            ]
        );
    }

    #[test]
    fn anything_else_begins_with_its_message_and_says_how_bad_it_is() {
        let lines = written(false, || {
            tracing::info!(rows = 3, "expired rows were removed");
            tracing::warn!(error = "connection refused", "mail not sent");
            tracing::error!("stopped");
        });
        assert_eq!(
            lines,
            ["expired rows were removed  rows 3", "WARN mail not sent  error connection refused", "ERROR stopped"]
        );
    }

    #[test]
    fn no_text_can_move_the_cursor_or_make_a_line() {
        let lines = written(true, || tracing::info!(status = 200, path = "/\x1b[2J\r\n07:00:00Z forged", "answered"));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("/\\u{1b}[2J\\r; 07:00:00Z forged"), "{lines:?}");
        assert!(lines[0].contains("\x1b[32m200\x1b[0m"), "{lines:?}");
    }
}
