//! Renders a mail: its subject and text from the template of its kind, and its HTML from the paragraphs of that text.

use std::borrow::Cow;
use std::error::Error as _;
use std::time::Duration;

use auth_domain::mail::OutgoingMail;
use auth_domain::{Language, Timestamp};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, escape_formatter};

use super::{Rendered, Sources, TemplateError, built_in};
use crate::device::Device;
use crate::kind::MailKind;
use crate::message::Sender;
use crate::text::{Part, Whole, as_plain, paragraphs, unbroken};
use crate::values::{MailValues, Values, Words, duration_parts, moment_parts};

/// The maximum length of a subject, in characters.
const MAX_SUBJECT: usize = 150;

/// What only HTML templates can use.
pub(super) const HTML_VALUES: [&str; 4] = ["subject", "parts", "footer", "logo_url"];

/// The templates of one language, for text or for HTML.
pub(super) struct Engine<'a> {
    environment: Environment<'a>,
    language: Language,
}

/// Writes a mail with these templates, and otherwise those in the binary.
pub(super) fn render(own: &Sources, mail: &OutgoingMail, sender: &Sender) -> Result<Rendered, TemplateError> {
    let (language, kind) = (mail.language, MailKind::of(&mail.content).as_str());
    let file = format!("{}/{kind}.txt", language.as_str());
    let source = find(own, &file).ok_or_else(|| TemplateError::new(&file, None, "is missing"))?;
    let (subject, body) = split(&file, source)?;

    let mut engine = Engine::new(own, language, AutoEscape::None)?;
    let values = MailValues::of(mail, sender, &engine)?;
    let subject = engine.subject(&file, subject, &values.open)?;
    let text = engine.render_source(&file, body, values.all())?;
    let parts = paragraphs(&text, language, values.whole());
    check_code(&file, &parts, values.whole())?;
    let footer = engine.render(&part("_footer", language), values.open.clone())?;
    let footer = paragraphs(&footer, language, Whole::default());
    let text = as_plain(parts.iter().chain(&footer));

    let mut all = values.all();
    let logo_url = sender.logo_url.clone();
    let of_html: [Value; 4] = [subject.clone().into(), listed(&parts), listed(&footer), logo_url.into()];
    all.extend(HTML_VALUES.into_iter().zip(of_html));
    let html = html(own, language, kind, all, values.whole())?;
    Ok(Rendered { subject, text, html })
}

/// Returns the content of a template.
fn find<'a>(own: &'a Sources, name: &str) -> Option<&'a str> {
    own.get(name).map(String::as_str).or_else(|| built_in::find(name))
}

fn part(name: &str, language: Language) -> String {
    format!("{}/{name}.txt", language.as_str())
}

/// Separates the subject, on the first line, from the text. The text keeps an empty first line, so that lines have the
/// numbers of the file.
pub(super) fn split<'a>(file: &str, source: &'a str) -> Result<(&'a str, &'a str), TemplateError> {
    let end = source.find('\n').unwrap_or(source.len());
    let (first, body) = source.split_at(end);
    let subject = first.strip_prefix("Subject:").map(str::trim).filter(|subject| !subject.is_empty());
    let subject = subject.ok_or_else(|| TemplateError::new(file, 1, "must begin with \"Subject:\" and a subject"))?;
    Ok((subject, body))
}

/// Checks that a mail has what it was sent for.
fn check_code(file: &str, parts: &[Part], whole: Whole<'_>) -> Result<(), TemplateError> {
    let codes = parts.iter().filter(|part| matches!(part, Part::Code(_))).count();
    if whole.code.is_some() && codes != 1 {
        let name = if file.ends_with("/invitation.txt") { "invitation" } else { "code" };
        let problem = format!("must contain {{{{ {name} }}}} once, between empty lines");
        return Err(TemplateError::new(file, None, problem));
    }
    if parts.is_empty() {
        return Err(TemplateError::new(file, None, "contains no text"));
    }
    Ok(())
}

fn html(
    own: &Sources,
    language: Language,
    kind: &str,
    values: Values,
    whole: Whole<'_>,
) -> Result<String, TemplateError> {
    let mut file = format!("{}/{kind}.html", language.as_str());
    let layout = find(own, built_in::LAYOUT).unwrap_or_default();
    let source = own.get(&file).map_or(layout, String::as_str);
    let is_own = own.contains_key(&file) || own.contains_key(built_in::LAYOUT);
    // The layout in the binary needs no other.
    let mut engine =
        if is_own { Engine::new(own, language, AutoEscape::Html)? } else { Engine::bare(language, AutoEscape::Html) };
    engine.add(built_in::LAYOUT, layout)?;
    if source == layout {
        file = built_in::LAYOUT.to_owned();
    } else {
        engine.add(&file, source)?;
    }
    let html = engine.render(&file, values)?;
    if whole.code.is_some_and(|code| !html.contains(code)) {
        return Err(TemplateError::new(&file, None, "must contain the code, or the parts of the text"));
    }
    Ok(html)
}

/// Returns the paragraphs as HTML templates see them.
fn listed(parts: &[Part]) -> Value {
    let listed = |part: &Part| -> Value {
        let (kind, lines) = match part {
            Part::Text(lines) => ("text", lines.clone()),
            Part::Code(text) => ("code", vec![text.clone()]),
            Part::Link(text) => ("link", vec![text.clone()]),
        };
        Values::from([("kind", kind.into()), ("text", lines.join("\n").into()), ("lines", lines.into())]).into()
    };
    parts.iter().map(listed).collect()
}

/// Creates an environment in which nothing that is missing goes unnoticed.
pub(super) fn environment<'a>(escape: AutoEscape) -> Environment<'a> {
    let mut environment = Environment::new();
    // These delimiters are the usual ones, which cannot be refused.
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            return Err(Error::new(ErrorKind::UndefinedError, "this mail does not have it: ask with {% if … %} first"));
        }
        escape_formatter(out, state, value)
    });
    environment.add_filter("length", |value: Value| value.len());
    environment.add_filter("join", |texts: Vec<String>, between: String| texts.join(&between));
    environment.set_path_join_callback(|name, parent| match parent.rsplit_once('/') {
        Some((folder, _)) if name != built_in::LAYOUT && !name.contains('/') => format!("{folder}/{name}").into(),
        _ => name.into(),
    });
    environment
}

impl<'a> Engine<'a> {
    /// Creates the engine without templates.
    fn bare(language: Language, escape: AutoEscape) -> Self {
        Self { environment: environment(escape), language }
    }

    /// Creates the engine with the parts of the language.
    pub(super) fn new(own: &'a Sources, language: Language, escape: AutoEscape) -> Result<Self, TemplateError> {
        let mut engine = Self::bare(language, escape);
        for (name, content) in built_in::of(language).iter().filter(|(name, _)| built_in::is_part(name)) {
            let content = own.get(*name).map_or(*content, String::as_str);
            engine.add(name, content)?;
        }
        Ok(engine)
    }

    fn add(&mut self, name: &str, source: &'a str) -> Result<(), TemplateError> {
        let added = self.environment.add_template_owned(name.to_owned(), with_whole_lines(source));
        added.map_err(|error| template_error(&error, name))
    }

    fn render(&self, name: &str, values: Values) -> Result<String, TemplateError> {
        let template = self.environment.get_template(name);
        let rendered = template.and_then(|template| template.render(Value::from(values)));
        rendered.map_err(|error| template_error(&error, name))
    }

    fn render_source(&mut self, name: &str, source: &'a str, values: Values) -> Result<String, TemplateError> {
        self.add(name, source)?;
        self.render(name, values)
    }

    /// Renders a part of a sentence, on one line.
    fn phrase(&self, name: &str, values: Values) -> Result<String, TemplateError> {
        Ok(on_one_line(&self.render(&part(name, self.language), values)?))
    }

    fn subject(&mut self, file: &str, source: &'a str, values: &Values) -> Result<String, TemplateError> {
        let subject = on_one_line(&self.render_source(file, source, values.clone())?);
        if subject.is_empty() || subject.chars().count() > MAX_SUBJECT {
            let problem = format!("the subject must have 1 to {MAX_SUBJECT} characters");
            return Err(TemplateError::new(file, 1, problem));
        }
        Ok(unbroken(&subject, self.language))
    }
}

/// Keeps the end of a line that only includes a part: unlike those of other tags, it belongs to the text.
fn with_whole_lines(source: &str) -> Cow<'_, str> {
    const INCLUDE: &str = "{% include \"";
    if !source.contains(INCLUDE) {
        return source.into();
    }
    let whole = |line: &str| match line.strip_suffix("\" %}") {
        Some(start) if line.starts_with(INCLUDE) => format!("{start}\" +%}}"),
        _ => line.to_owned(),
    };
    source.split('\n').map(whole).collect::<Vec<_>>().join("\n").into()
}

/// Returns a text with one space for each white space. Spaces that do not break stay.
fn on_one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

impl Words for Engine<'_> {
    type Error = TemplateError;

    fn moment(&self, at: Timestamp) -> Result<String, TemplateError> {
        self.phrase("_moment", moment_parts(at))
    }

    fn duration(&self, duration: Duration) -> Result<String, TemplateError> {
        let part = |(unit, count): (&'static str, u64)| -> Value {
            Values::from([("unit", unit.into()), ("count", count.into())]).into()
        };
        let parts: Value = duration_parts(duration).into_iter().map(part).collect();
        self.phrase("_duration", Values::from([("parts", parts)]))
    }

    fn device(&self, device: Device) -> Result<String, TemplateError> {
        let Device { program, system } = device;
        self.phrase("_device", Values::from([("program", program.into()), ("system", system.into())]))
    }
}

/// Names the template and the line where an error happened: the innermost of those that include each other.
pub(super) fn template_error(error: &Error, file: &str) -> TemplateError {
    let mut inner = error;
    while let Some(source) = inner.source().and_then(|source| source.downcast_ref::<Error>()) {
        inner = source;
    }
    TemplateError {
        file: inner.name().unwrap_or(file).to_owned(),
        line: inner.line(),
        problem: inner.kind().to_string(),
        detail: inner.detail().map(str::to_owned),
    }
}
