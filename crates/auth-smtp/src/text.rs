//! The text of a mail: its paragraphs, and their form as plain text.

use auth_domain::Language;

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Lines, which may be broken.
    Text(Vec<String>),
    /// What the reader copies: on a line of its own, never broken.
    Code(String),
    /// The address of a page, in the same way.
    Link(String),
}

/// What stands on a line of its own, if the mail has it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Whole<'a> {
    pub(crate) code: Option<&'a str>,
    pub(crate) link: Option<&'a str>,
}

/// Returns the paragraphs of a text, which empty lines separate.
pub(crate) fn paragraphs(text: &str, language: Language, whole: Whole<'_>) -> Vec<Part> {
    let (mut parts, mut lines) = (Vec::new(), Vec::new());
    for line in text.lines().chain([""]) {
        let line = line.trim_matches(|letter: char| letter.is_ascii_whitespace());
        if !line.is_empty() {
            lines.push(line);
        } else if !lines.is_empty() {
            parts.push(part(&std::mem::take(&mut lines), language, whole));
        }
    }
    parts
}

fn part(lines: &[&str], language: Language, whole: Whole<'_>) -> Part {
    match lines {
        [line] if whole.code == Some(line) => Part::Code((*line).to_owned()),
        [line] if whole.link == Some(line) => Part::Link((*line).to_owned()),
        lines => Part::Text(lines.iter().map(|line| unbroken(line, language)).collect()),
    }
}

/// Keeps French punctuation on the line of the word that it belongs to.
pub(crate) fn unbroken(line: &str, language: Language) -> String {
    if language != Language::French {
        return line.to_owned();
    }
    let mut text = line.replace("« ", "«\u{a0}").replace(" »", "\u{a0}»");
    for mark in [':', ';', '!', '?', '»'] {
        text = text.replace(&format!(" {mark}"), &format!("\u{a0}{mark}"));
    }
    text
}

/// Returns the paragraphs as plain text.
pub(crate) fn as_plain<'a>(parts: impl Iterator<Item = &'a Part>) -> String {
    let plain = |part: &Part| match part {
        Part::Text(lines) => lines.iter().map(|line| wrapped(line)).collect(),
        Part::Code(text) | Part::Link(text) => format!("{text}\n"),
    };
    parts.map(plain).collect::<Vec<String>>().join("\n")
}

/// Breaks the text into lines of at most 72 characters, which fit any terminal and need no encoding in mail.
fn wrapped(line: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for word in line.split(' ') {
        let needed = word.chars().count();
        match length {
            0 => {}
            _ if length + 1 + needed > 72 => {
                text.push('\n');
                length = 0;
            }
            _ => {
                text.push(' ');
                length += 1;
            }
        }
        text.push_str(word);
        length += needed;
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_is_nothing_else_is_a_code_or_a_link() {
        let whole = Whole { code: Some("000042"), link: Some("https://a.example/#x") };
        let text = "\n\nEnter 000042:\n\n  000042 \n\n\nhttps://a.example/#x\n\n- a\n- b\n";
        let line = |text: &str| text.to_owned();
        let expected = [
            Part::Text(vec![line("Enter 000042:")]),
            Part::Code(line("000042")),
            Part::Link(line("https://a.example/#x")),
            Part::Text(vec![line("- a"), line("- b")]),
        ];
        let parts = paragraphs(text, Language::English, whole);
        assert_eq!(parts, expected);
        assert_eq!(as_plain(parts.iter()), "Enter 000042:\n\n000042\n\nhttps://a.example/#x\n\n- a\n- b\n");
    }

    #[test]
    fn french_punctuation_stays_with_its_word() {
        let line = "Choisissez « Mot de passe oublié ? » : c’est tout.";
        let kept = "Choisissez «\u{a0}Mot de passe oublié\u{a0}?\u{a0}»\u{a0}: c’est tout.";
        assert_eq!(unbroken(line, Language::French), kept);
        assert_eq!(unbroken(line, Language::German), line);
        let long = format!("{} ?", "a".repeat(71));
        assert_eq!(as_plain([Part::Text(vec![unbroken(&long, Language::French)])].iter()).lines().count(), 1);
    }
}
