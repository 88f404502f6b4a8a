//! A text as plain text and as HTML.

use super::{Paragraph, Text};

impl Text {
    pub(crate) fn as_plain(&self) -> String {
        let paragraph = |paragraph: &Paragraph| match paragraph {
            Paragraph::Plain(text) => text.lines().map(wrapped).collect(),
            Paragraph::Code(text) | Paragraph::Link(text) => format!("{text}\n"),
        };
        self.paragraphs.iter().map(paragraph).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn as_html(&self) -> String {
        let paragraph = |paragraph: &Paragraph| match paragraph {
            Paragraph::Plain(text) => {
                format!("<p style=\"margin:0 0 16px\">{}</p>\n", escape(text).replace('\n', "<br>\n"))
            }
            Paragraph::Link(url) => {
                let url = escape(url);
                format!("<p style=\"margin:0 0 16px;overflow-wrap:anywhere\"><a href=\"{url}\">{url}</a></p>\n")
            }
            Paragraph::Code(code) => format!(
                "<p style=\"margin:0 0 16px;font:700 32px/1.2 ui-monospace,monospace;letter-spacing:6px\">\n{code}\n</p>\n"
            ),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title></head>\n\
             <body style=\"margin:0;background:#f4f4f5\">\n\
             <div style=\"max-width:520px;margin:32px auto;padding:32px;background:#fff;border-radius:8px;\
             font:16px/1.5 system-ui,sans-serif;color:#18181b\">\n\
             <h1 style=\"margin:0 0 16px;font-size:20px\">{title}</h1>\n{body}</div>\n</body>\n</html>\n",
            title = escape(self.subject),
            body = self.paragraphs.iter().map(paragraph).collect::<String>(),
        )
    }
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
