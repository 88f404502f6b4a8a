//! Reads the mails that the mailer has written to a folder.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use auth_domain::MailId;
use auth_domain::mail::SentMail;
use auth_domain::ports::{SentMails, SentMailsError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quoted_printable::ParseMode;
use uuid::Uuid;

/// The folder that [`ConfiguredMailer`](crate::ConfiguredMailer) writes mails to. Other files in it are left alone.
pub struct MailFolder {
    folder: PathBuf,
}

impl MailFolder {
    /// Creates a reader of this folder, which need not exist yet.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Returns the ids of all mails. They are UUIDv7, which sort by time.
    async fn ids(&self) -> std::io::Result<Vec<Uuid>> {
        let mut entries = match tokio::fs::read_dir(&self.folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut ids = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| Uuid::try_parse(name.strip_suffix(".eml")?).ok());
            ids.extend(id);
        }
        Ok(ids)
    }

    async fn read(&self, id: MailId) -> std::io::Result<Option<SentMail>> {
        match tokio::fs::read(self.folder.join(format!("{id}.eml"))).await {
            Ok(content) => Ok(parse(id, &String::from_utf8_lossy(&content))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn failed(&self, error: &std::io::Error) -> SentMailsError {
        SentMailsError(format!("{}: {error}", self.folder.display()))
    }
}

#[async_trait]
impl SentMails for MailFolder {
    async fn latest(&self, most: usize) -> Result<Vec<SentMail>, SentMailsError> {
        let mut ids = self.ids().await.map_err(|error| self.failed(&error))?;
        ids.sort_unstable_by(|one, other| other.cmp(one));
        let mut mails = Vec::new();
        for id in ids.into_iter().take(most) {
            mails.extend(self.read(MailId::from(id)).await.map_err(|error| self.failed(&error))?);
        }
        Ok(mails)
    }

    async fn find(&self, id: MailId) -> Result<Option<SentMail>, SentMailsError> {
        self.read(id).await.map_err(|error| self.failed(&error))
    }
}

/// Reads a mail of the form that this crate writes: two parts, first the text and then the HTML. `None` for any other.
fn parse(id: MailId, source: &str) -> Option<SentMail> {
    let (headers, body) = source.split_once("\r\n\r\n")?;
    let content_type = header(headers, "Content-Type")?;
    let boundary = content_type.split_once("boundary=\"")?.1.split('"').next()?;
    let delimiter = format!("--{boundary}");
    let mut parts = body.split(&delimiter).skip(1).map(decoded);
    Some(SentMail {
        id,
        to: header(headers, "To")?,
        subject: without_encoded_words(&header(headers, "Subject")?),
        date: header(headers, "Date")?,
        text: parts.next()??,
        html: parts.next()??,
    })
}

/// Returns a header on one line (RFC 5322 section 2.2.3).
fn header(headers: &str, name: &str) -> Option<String> {
    let unfolded = headers.replace("\r\n ", " ");
    let mut lines = unfolded.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

/// Returns the text of a part, with plain line breaks.
fn decoded(part: &str) -> Option<String> {
    let (headers, body) = part.split_once("\r\n\r\n")?;
    let bytes = match header(headers, "Content-Transfer-Encoding")?.as_str() {
        "quoted-printable" => quoted_printable::decode(body, ParseMode::Robust).ok()?,
        "base64" => STANDARD.decode(body.replace("\r\n", "")).ok()?,
        _ => body.as_bytes().to_vec(),
    };
    let text = String::from_utf8(bytes).ok()?.replace("\r\n", "\n");
    Some(format!("{}\n", text.trim_end()))
}

/// Decodes the words of a header that are not ASCII (RFC 2047): those that lettre writes.
fn without_encoded_words(value: &str) -> String {
    let (mut text, mut rest) = (String::new(), value);
    let mut after_word = false;
    while let Some((before, word)) = rest.split_once("=?utf-8?b?") {
        let Some((word, after)) = word.split_once("?=") else { break };
        let Some(word) = STANDARD.decode(word).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else { break };
        // White space between two words only separates them.
        if !(after_word && before.trim().is_empty()) {
            text.push_str(before);
        }
        text.push_str(&word);
        (rest, after_word) = (after, true);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use auth_domain::Language;
    use auth_domain::mail::OutgoingMail;
    use auth_domain::ports::Mailer as _;

    use super::*;
    use crate::{ConfiguredMailer, MailKind, MailSettings, samples};

    #[tokio::test]
    async fn every_mail_that_was_written_can_be_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("mail");
        let mails = MailFolder::new(&folder);
        assert_eq!(mails.latest(10).await, Ok(vec![]), "the first mail creates the folder");
        let settings = MailSettings::parse(&format!("file:{}", folder.display()), "Exämple <a@example.org>").unwrap();
        let mailer = ConfiguredMailer::new(settings);
        let mut written = Vec::new();
        let all = Language::ALL.into_iter().flat_map(|language| MailKind::all().map(move |kind| (language, kind)));
        for (number, (language, kind)) in all.enumerate() {
            let at = auth_domain::Timestamp::from_seconds(1_800_000_000 + number as i64);
            let id = MailId::generate(at, [9; 32]);
            mailer.send(&OutgoingMail { id, ..samples::usual(kind, language) }).await.unwrap();
            written.push((id, mailer.preview(kind, language).unwrap()));
        }
        for other in ["x.eml", "notes.txt", ".01890000-0000-7000-8000-000000000000.tmp"] {
            std::fs::write(folder.join(other), "X: y\r\n\r\nz").unwrap();
        }
        std::fs::write(folder.join("01890000-0000-7000-8000-000000000000.eml"), "no mail of ours").unwrap();
        let latest = mails.latest(3).await.unwrap();
        assert_eq!(
            latest.iter().map(|mail| mail.id).collect::<Vec<_>>(),
            written.iter().rev().take(3).map(|(id, _)| *id).collect::<Vec<_>>()
        );
        assert_eq!(mails.latest(1_000).await.unwrap().len(), written.len());
        for (id, preview) in written {
            let mail = mails.find(id).await.unwrap().unwrap();
            assert_eq!(
                (mail.subject, mail.text, mail.html.trim_end()),
                (preview.subject, preview.text, preview.html.as_str())
            );
            assert_eq!((mail.to.as_str(), mail.date.as_str()), ("ann@example.org", "Fri, 15 Jan 2027 08:00:00 +0000"));
        }
        assert_eq!(mails.find(MailId::generate(auth_domain::Timestamp::from_seconds(1), [1; 32])).await, Ok(None));
    }
}
