//! The kinds of mails. Each has a template for each language.

use auth_domain::challenge::ChallengePurpose;
use auth_domain::mail::{MailContent, NoticeKind, OutgoingContent};

/// A kind of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// A code.
    Code(ChallengePurpose),
    /// An invitation to register.
    Invitation,
    /// Something that the owner of an account should know.
    Notice(NoticeKind),
}

impl MailKind {
    /// Lists every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let codes = ChallengePurpose::ALL.into_iter().map(Self::Code);
        codes.chain([Self::Invitation]).chain(NoticeKind::ALL.into_iter().map(Self::Notice))
    }

    /// Returns the name, as in the queue of mails and in the names of templates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code(purpose) => purpose.as_str(),
            Self::Invitation => MailContent::INVITATION,
            Self::Notice(kind) => kind.as_str(),
        }
    }

    /// Returns the kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == name)
    }

    pub(crate) const fn of(content: &OutgoingContent) -> Self {
        match content {
            OutgoingContent::Code { purpose, .. } => Self::Code(*purpose),
            OutgoingContent::Invitation { .. } => Self::Invitation,
            OutgoingContent::Notice { notice, .. } => Self::Notice(notice.kind),
        }
    }

    /// Returns the value of `X-Auth-Mail`.
    pub(crate) const fn header(self) -> &'static str {
        match self {
            Self::Code(ChallengePurpose::PasswordReset) => "password-reset",
            Self::Code(ChallengePurpose::VerifyEmail) => "verify-email",
            Self::Code(ChallengePurpose::TwoFactorLogin) => "two-factor-login",
            Self::Code(ChallengePurpose::TwoFactorSetup) => "two-factor-setup",
            Self::Code(ChallengePurpose::ChangeCredentials) => "change-credentials",
            Self::Invitation => "invitation",
            Self::Notice(_) => "notice",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own() {
        for kind in MailKind::all() {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MailKind::parse("notice"), None);
    }
}
