//! What the refusal of a mail server is about: the recipient's mailbox or the content, which no further attempt
//! changes; or this service and the way there (login, sender, network, quota), which an operator can fix. When in doubt
//! it is the latter, since a mail that waits can still be sent. `docs/mail.md` has the table.

use std::fmt;

use auth_domain::ports::MailError;

/// How much of a server's answer is kept, in characters.
const MOST_WORDS: usize = 300;

/// How far the dialogue got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The connection, the greeting, EHLO and TLS.
    Connect,
    /// AUTH.
    Login,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, before any of it is sent.
    Data,
    /// The message, after its last line.
    Message,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Login => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Message => "the message",
        })
    }
}

/// Why a mail was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) stage: Stage,
    /// The reply code (RFC 5321 section 4.2); `None` where the server did not reply.
    pub(crate) code: Option<u16>,
    /// The text after the code, or what is wrong with the connection.
    pub(crate) words: String,
}

impl Refusal {
    pub(crate) fn new(stage: Stage, error: &lettre::transport::smtp::Error) -> Self {
        let code = error.status().map(u16::from);
        let said = std::error::Error::source(error).filter(|_| code.is_some()).map(ToString::to_string);
        Self { stage, code, words: on_one_line(&said.unwrap_or_else(|| error.to_string())) }
    }

    pub(crate) fn silence(stage: Stage) -> Self {
        Self { stage, code: None, words: "no answer in time".to_owned() }
    }

    /// Tells whether no further attempt changes it.
    pub(crate) fn is_final(&self) -> bool {
        let Some(code) = self.code.filter(|code| (500..600).contains(code)) else { return false };
        // Whatever is said earlier is said before the server knows the recipient.
        if !matches!(self.stage, Stage::Recipient | Stage::Data | Stage::Message) {
            return false;
        }
        match enhanced_code(&self.words) {
            // Postfix answers 5.1.0 about a sender that it refuses, when it is told the recipient.
            Some((5, 1, 0)) if self.words.to_lowercase().contains("sender") => false,
            Some((5, subject, detail)) => is_about_mailbox_or_content(subject, detail),
            // Its parts contradict each other.
            Some(_) => false,
            None => self.is_final_without_enhanced_code(code),
        }
    }

    /// Decides without an enhanced code. 550 stands for a missing mailbox as well as for relaying, policy and names
    /// that do not resolve: it is final only if the text is about a mailbox. 551, 553 and 554 are also answers to
    /// clients that may not relay, and 552 is a quota.
    fn is_final_without_enhanced_code(&self, code: u16) -> bool {
        const OURS: [&str; 14] = [
            "relay",
            "auth",
            "polic",
            "spam",
            "block",
            "blacklist",
            "denylist",
            "reputation",
            "denied",
            "permit",
            "quota",
            "limit",
            "sender",
            "spf",
        ];
        const THEIRS: [&str; 7] = ["user", "mailbox", "recipient", "account", "unknown", "no such", "exist"];
        let words = self.words.to_lowercase();
        let about_us = OURS.iter().any(|word| words.contains(word));
        match self.stage {
            Stage::Recipient => code == 550 && !about_us && THEIRS.iter().any(|word| words.contains(word)),
            Stage::Message => matches!(code, 550 | 554) && !about_us,
            Stage::Connect | Stage::Login | Stage::Sender | Stage::Data => false,
        }
    }

    /// Converts the refusal into the domain's error; `host` is the server's name.
    pub(crate) fn into_error(self, host: &str) -> MailError {
        let text = format!("{self} ({}, {host})", self.stage);
        if self.is_final() { MailError::Permanent(text) } else { MailError::Temporary(text) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{code} {}", self.words),
            None => f.write_str(&self.words),
        }
    }
}

/// Tells whether an enhanced status code of class 5 (RFC 3463 and the later list of IANA) is about the mailbox or the
/// content.
const fn is_about_mailbox_or_content(subject: u16, detail: u16) -> bool {
    match (subject, detail) {
        // The address; but 7 and 8 are about the sender, and 9 is about the route.
        (1, 0..=4 | 6 | 10) => true,
        // The mailbox; but a full one (2) may be emptied, and a list (4) may be repaired.
        (2, 0 | 1 | 3) => true,
        // The message is too big for the system.
        (3, 4) => true,
        // The content, its conversion and its alphabet.
        (6, _) => true,
        // The mail system, the route, the protocol, security and policy: our side.
        _ => false,
    }
}

/// Parses the class, subject and detail with which the text begins.
fn enhanced_code(words: &str) -> Option<(u16, u16, u16)> {
    let first = words.split_whitespace().next()?.trim_start_matches('#');
    let mut parts = first.split('.').map(|part| part.parse::<u16>().ok().filter(|_| part.len() <= 3));
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && matches!(class, 2 | 4 | 5)).then_some((class, subject, detail))
}

/// Makes a remote server's text fit for one line of the log and of a terminal.
fn on_one_line(words: &str) -> String {
    let printable: String = words.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = printable.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_final(stage: Stage, reply: &str) -> bool {
        let (code, words) = reply.split_once(' ').unwrap();
        Refusal { stage, code: code.parse().ok(), words: words.to_owned() }.is_final()
    }

    #[test]
    fn only_the_mailbox_and_the_content_are_refused_for_good() {
        for reply in [
            "550 5.1.1 <ann@example.org>: Recipient address rejected: User unknown",
            "550 5.1.1 The email account that you tried to reach does not exist",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound",
            "550 5.1.2 no such domain",
            "550 #5.1.0 Address rejected.",
            "550 5.2.1 mailbox disabled",
            "550 no such user",
            "550 Requested action not taken: mailbox unavailable",
        ] {
            assert!(is_final(Stage::Recipient, reply), "{reply}");
        }
        for reply in ["552 5.3.4 message too big", "550 5.6.0 malformed", "554 Transaction failed", "550 not liked"] {
            assert!(is_final(Stage::Message, reply), "{reply}");
        }
    }

    #[test]
    fn what_is_about_this_service_is_tried_again() {
        for reply in [
            "554 5.7.1 <ann@example.org>: Relay access denied",
            "550 5.7.1 Client host blocked using zen.spamhaus.org",
            "550 5.7.26 unauthenticated sender",
            "530 5.7.0 Authentication required",
            "550 5.4.5 Daily user sending limit exceeded",
            "550 5.1.8 sender's domain not found",
            "550 5.1.7 bad sender",
            "552 5.2.2 mailbox full",
            "550 relay not permitted",
            "550 Access denied - Invalid HELO name",
            "550 Message was not accepted -- policy reasons",
            "550 5.1.0 <no-reply@example.com>: Sender address rejected: User unknown in virtual alias table",
            "550 No reverse DNS for your host",
            "550 listed in dnsbl.example",
            "550 rejected",
            "551 User not local; please try <bob@example.net>",
            "552 quota exceeded",
            "553 sorry, that domain isn't in my list of allowed rcpthosts",
            "554 no thanks",
            "503 5.5.1 need MAIL first",
            "550 4.7.1 greylisted",
            "451 4.7.1 greylisted",
            "450 later",
        ] {
            assert!(!is_final(Stage::Recipient, reply), "{reply}");
        }
        for reply in ["550 5.7.1 content rejected by policy", "554 looks like spam", "552 storage", "451 later"] {
            assert!(!is_final(Stage::Message, reply), "{reply}");
        }
        assert!(!is_final(Stage::Data, "554 no valid recipients"));
    }

    #[test]
    fn before_the_recipient_everything_is_about_this_service() {
        for stage in [Stage::Connect, Stage::Login, Stage::Sender] {
            for reply in
                ["550 5.1.1 no such user", "554 5.6.0 content", "535 5.7.8 bad credentials", "550 no such user"]
            {
                assert!(!is_final(stage, reply), "{stage} {reply}");
            }
        }
        assert!(!Refusal::silence(Stage::Recipient).is_final());
    }

    #[test]
    fn what_a_server_says_is_one_line_that_ends() {
        assert_eq!(on_one_line("5.7.1 no\r\n\x1b[31mthanks\t!"), "5.7.1 no [31mthanks !");
        assert_eq!(on_one_line(&"é ".repeat(MOST_WORDS)).chars().count(), MOST_WORDS);
        let refusal = Refusal { stage: Stage::Login, code: Some(535), words: "5.7.8 authentication failed".to_owned() };
        let expected = "535 5.7.8 authentication failed (AUTH, smtp.example.org)".to_owned();
        assert_eq!(refusal.into_error("smtp.example.org"), MailError::Temporary(expected));
    }
}
