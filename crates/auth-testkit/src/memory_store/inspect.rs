//! What a test may look at: every row.

use auth_domain::account::{Account, EmailAddress, LoginName};
use auth_domain::audit::AuditRecord;
use auth_domain::challenge::{Challenge, ChallengePurpose};
use auth_domain::deletion::Deletion;
use auth_domain::event::Event;
use auth_domain::invitation::Invitation;
use auth_domain::mail::{MailContent, MailRequest, NoticeKind};
use auth_domain::password_limit::PasswordLimit;
use auth_domain::pending_credentials::PendingCredentials;
use auth_domain::ports::Change;
use auth_domain::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
use auth_domain::session::{Network, Session};
use auth_domain::two_factor::TotpStep;
use auth_domain::{AccountId, SessionId};

use super::{MemoryStore, lock};

impl MemoryStore {
    /// Returns every account, by id.
    pub fn accounts(&self) -> Vec<Account> {
        self.tables().accounts_after(None, u32::MAX)
    }

    /// Returns the account as it is now, if it is there.
    pub fn account(&self, id: AccountId) -> Option<Account> {
        self.tables().account(id)
    }

    /// Returns the account with this e-mail address or username.
    pub fn account_named(&self, name: &str) -> Option<Account> {
        self.tables().account_by_name(&LoginName::parse(name))
    }

    /// Returns every session, ended or not, in the order of their beginning.
    pub fn sessions(&self) -> Vec<Session> {
        self.tables().sessions.values().cloned().collect()
    }

    /// Returns a session, ended or not, if it is there.
    pub fn session(&self, id: SessionId) -> Option<Session> {
        self.tables().sessions.get(&id).cloned()
    }

    /// Returns the sessions of an account, ended or not, in the order of their beginning.
    pub fn sessions_of(&self, id: AccountId) -> Vec<Session> {
        self.sessions().into_iter().filter(|session| session.account_id == id).collect()
    }

    /// Returns every challenge, in the order of their beginning.
    pub fn challenges(&self) -> Vec<Challenge> {
        self.tables().challenges.values().cloned().collect()
    }

    /// Returns the challenges for a purpose, in the order of their beginning.
    pub fn challenges_for(&self, purpose: ChallengePurpose) -> Vec<Challenge> {
        self.challenges().into_iter().filter(|challenge| challenge.purpose == purpose).collect()
    }

    /// Returns the changes of credentials that wait for a second factor.
    pub fn pending_credentials(&self) -> Vec<PendingCredentials> {
        self.tables().pending_credentials.values().cloned().collect()
    }

    /// Returns the TOTP steps of an account that were used.
    pub fn used_totp_steps(&self, id: AccountId) -> Vec<TotpStep> {
        self.tables().totp_steps.keys().filter(|(of, _)| *of == id).map(|(_, step)| *step).collect()
    }

    /// Returns the mails that are owed or were given up, in the order of their becoming owed.
    pub fn owed_mails(&self) -> Vec<MailRequest> {
        self.tables().mails.values().filter(|row| row.times > 0).map(|row| row.request.clone()).collect()
    }

    /// Returns the notices that are owed to an address, in the order of their becoming owed.
    pub fn notices_to(&self, address: &EmailAddress) -> Vec<NoticeKind> {
        let to_them = self.owed_mails().into_iter().filter(|mail| mail.to == *address);
        let notice = |mail: MailRequest| match mail.content {
            MailContent::Notice(notice) => Some(notice.kind),
            MailContent::Invitation(_) | MailContent::Code { .. } => None,
        };
        to_them.filter_map(notice).collect()
    }

    /// Returns every invitation, in the order of their creation.
    pub fn invitations(&self) -> Vec<Invitation> {
        self.tables().invitations.values().cloned().collect()
    }

    /// Returns every event that was announced, in the order of their ids, which is that of their announcement while the
    /// clock does not go back.
    pub fn events(&self) -> Vec<Event> {
        self.tables().events.values().map(|row| row.event).collect()
    }

    /// Returns the names of the services that are to be told of any event, each as often as there is something to tell.
    pub fn addressees(&self) -> Vec<String> {
        self.tables().deliveries.keys().map(|(_, service)| service.clone()).collect()
    }

    /// Returns every deletion.
    pub fn deletions(&self) -> Vec<Deletion> {
        self.tables().deletions.values().cloned().collect()
    }

    /// Returns what is stored of a limit for passwords.
    pub fn password_limit(&self, subject: AttemptSubject, network: &Network) -> PasswordLimit {
        self.tables().password_limit(subject, network)
    }

    /// Returns what is stored of a rate limit.
    pub fn rate_limit(&self, subject: AttemptSubject, kind: &RateLimitKind) -> RateLimit {
        self.tables().rate_limit(subject, kind)
    }

    /// Returns the audit trail, in the order of the records' ids.
    pub fn audit_records(&self) -> Vec<AuditRecord> {
        self.tables().audit_records.values().cloned().collect()
    }

    /// Returns what the audit trail says was done: `session.opened` and so on.
    pub fn audit_actions(&self) -> Vec<String> {
        self.audit_records().into_iter().map(|record| record.action).collect()
    }

    /// Returns every commit that happened, each as it was handed over with the auditor's records behind it.
    pub fn commits(&self) -> Vec<Vec<Change>> {
        lock(&self.shared.commits).clone()
    }
}
