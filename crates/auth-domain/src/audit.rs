//! The audit trail: who did what to which account, when, from where, and with what outcome. Records are derived from
//! the changes of a commit and committed with them, so none is missing and none reports what did not happen. They
//! contain no secrets, names or addresses.
//!
//! Requests that were refused without a change are not recorded; the metrics count them.

mod filter;

pub use filter::{AuditFilter, AuditOrder};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::challenge::{Challenge, ChallengeState};
use crate::named::named;
use crate::ports::{AuditContextSource, Change, Clock, Entropy};
use crate::rate_limit::Counted;
use crate::session::{Network, RevocationReason};
use crate::two_factor::{Method, TwoFactor};
use crate::{AccountId, AuditRecordId, Locale, Timestamp};

/// Who caused a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A client, on behalf of the user whose tokens it holds.
    Client,
    /// Another service, by name.
    Service(String),
    /// A user with the role `admin`, who administers the service.
    Admin(AccountId),
    /// The operator, on the command line.
    Operator,
    /// The service itself, without being asked.
    Itself,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("client"),
            Self::Service(name) => write!(f, "service:{name}"),
            Self::Admin(id) => write!(f, "admin:{id}"),
            Self::Operator => f.write_str("operator"),
            Self::Itself => f.write_str("itself"),
        }
    }
}

impl Actor {
    /// Parses what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match (text, text.split_once(':')) {
            (_, Some(("service", name))) => Some(Self::Service(name.to_owned())),
            (_, Some(("admin", id))) => Uuid::try_parse(id).ok().map(|id| Self::Admin(AccountId::from(id))),
            ("client", _) => Some(Self::Client),
            ("operator", _) => Some(Self::Operator),
            ("itself", _) => Some(Self::Itself),
            _ => None,
        }
    }
}

/// The id of a request, and who chose it. A caller may send any id, even that of another request; only an id that the
/// service chose is unique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestId {
    /// Chosen by the service.
    Own(String),
    /// Chosen by the caller.
    Callers(String),
}

impl RequestId {
    /// Marks the id of a caller. Ids contain no colon.
    const MARK: &'static str = "caller:";

    /// Parses what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix(Self::MARK) {
            Some(id) => Self::Callers(id.to_owned()),
            None => Self::Own(text.to_owned()),
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own(id) => f.write_str(id),
            Self::Callers(id) => write!(f, "{}{id}", Self::MARK),
        }
    }
}

/// The request behind a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditContext {
    /// Who asked for the change.
    pub actor: Actor,
    /// The network from which it was requested, if it came over one.
    pub network: Option<Network>,
    /// The id of the request, as in the log.
    pub request_id: Option<RequestId>,
}

named! {
    /// The outcome of an action.
    pub enum Outcome {
        /// It was done.
        Done = "done",
        /// It was refused.
        Refused = "refused",
    }
}

/// Something that happened to one account, or to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// The id of the record.
    pub id: AuditRecordId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The account, by its id alone, which outlives the account.
    pub account_id: Option<AccountId>,
    /// What happened, such as `password.changed`.
    pub action: String,
    /// The outcome.
    pub outcome: Outcome,
    /// Who caused it.
    pub actor: Actor,
    /// The network from which it was requested.
    pub network: Option<Network>,
    /// The id of the request, as in the log.
    pub request_id: Option<RequestId>,
    /// Details, where the action alone does not say enough.
    pub detail: Option<String>,
}

/// What a change means for an account.
struct Finding {
    account_id: Option<AccountId>,
    action: &'static str,
    outcome: Outcome,
    /// The network, where the change knows it better than the request.
    network: Option<Network>,
    detail: Option<String>,
}

impl Finding {
    const fn done(account_id: AccountId, action: &'static str) -> Self {
        Self { account_id: Some(account_id), action, outcome: Outcome::Done, network: None, detail: None }
    }

    fn refused(account_id: AccountId, action: &'static str) -> Self {
        Self { outcome: Outcome::Refused, ..Self::done(account_id, action) }
    }

    fn detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

/// Adds audit records to the changes of a commit.
pub struct Auditor {
    /// Says where a commit comes from.
    pub context: Arc<dyn AuditContextSource>,
    /// Dates records.
    pub clock: Arc<dyn Clock>,
    /// Creates the ids of records.
    pub entropy: Arc<dyn Entropy>,
}

impl Auditor {
    /// Returns `changes`, followed by a record of each that matters to security.
    pub fn complete(&self, mut changes: Vec<Change>) -> Vec<Change> {
        let findings: Vec<Finding> = changes.iter().filter_map(finding).collect();
        if findings.is_empty() {
            return changes;
        }
        let (context, now) = (self.context.current(), self.clock.now());
        changes.extend(findings.into_iter().zip(0..).map(|(finding, index)| {
            // A microsecond apart, so that they keep their order.
            self.record(finding, &context, now + Duration::from_micros(index))
        }));
        changes
    }

    /// Creates a record of something that no change shows and that concerns no single account.
    pub fn note(&self, action: &'static str) -> Change {
        let finding = Finding { account_id: None, action, outcome: Outcome::Done, network: None, detail: None };
        self.record(finding, &self.context.current(), self.clock.now())
    }

    /// Creates a record of something that no change shows and that concerns one account.
    pub fn note_of(&self, account_id: AccountId, action: &'static str) -> Change {
        self.record(Finding::done(account_id, action), &self.context.current(), self.clock.now())
    }

    fn record(&self, finding: Finding, context: &AuditContext, occurred_at: Timestamp) -> Change {
        Change::Audit(AuditRecord {
            id: AuditRecordId::generate(occurred_at, self.entropy.bytes()),
            occurred_at,
            account_id: finding.account_id,
            action: finding.action.to_owned(),
            outcome: finding.outcome,
            actor: context.actor.clone(),
            network: finding.network.or_else(|| context.network.clone()),
            request_id: context.request_id.clone(),
            detail: finding.detail,
        })
    }
}

/// Matches without a wildcard, so that adding a change means deciding whether it is recorded.
fn finding(change: &Change) -> Option<Finding> {
    Some(match change {
        Change::InsertAccount(account) => Finding::done(account.id, "account.registered"),
        Change::RecordDeletion(deletion) => {
            Finding::done(deletion.account_id, "account.deleted").detail(deletion.requested_by.as_str())
        }
        Change::SetRoles { account_id, roles, .. } => Finding::done(*account_id, "roles.set").detail(roles.to_string()),
        Change::SetLocale { account_id, locale, .. } => {
            Finding::done(*account_id, "locale.set").detail(locale.as_ref().map_or("none", Locale::as_str))
        }
        Change::SetState { account_id, state, .. } => {
            let suspended = state.suspended_since().is_some();
            Finding::done(*account_id, if suspended { "account.suspended" } else { "account.resumed" })
        }
        Change::ScheduleDeletion { account_id, deletion: Some(deletion), .. } => {
            Finding::done(*account_id, "account.deletion_scheduled").detail(deletion.requested_by.as_str())
        }
        Change::ScheduleDeletion { account_id, deletion: None, .. } => Finding::done(*account_id, "account.restored"),
        Change::RequireNewPassword { account_id, .. } => Finding::done(*account_id, "password.required"),
        Change::ChangePassword { account_id, .. } => Finding::done(*account_id, "password.changed"),
        Change::ChangeEmail { account_id, .. } => Finding::done(*account_id, "email.changed"),
        Change::PutPendingEmail { account_id, pending, .. } => {
            Finding::done(*account_id, if pending.is_some() { "email.named" } else { "email.withdrawn" })
        }
        Change::ProveEmail { account_id, .. } => Finding::done(*account_id, "email.proved"),
        Change::LinkIdentity { account_id, identity } => {
            Finding::done(*account_id, "identity.linked").detail(identity.provider.as_str())
        }
        Change::UnlinkIdentity { account_id, provider } => {
            Finding::done(*account_id, "identity.unlinked").detail(provider.as_str())
        }
        Change::UnlinkIdentitiesOf(account_id) => Finding::done(*account_id, "identities.unlinked"),
        Change::InsertSession { session, .. } => Finding {
            network: Some(session.rotation.client.network().clone()),
            ..Finding::done(session.account_id, "session.opened").detail(session.method.amr().join(" "))
        },
        Change::ReauthenticateSession { account_id, session_id, method, .. } => {
            Finding::done(*account_id, "session.reauthenticated")
                .detail(format!("{} {session_id}", method.amr().join(" ")))
        }
        Change::RevokeSession { account_id, session_id, revocation } => {
            let outcome =
                if revocation.reason == RevocationReason::TokenReused { Outcome::Refused } else { Outcome::Done };
            let detail = Some(format!("{} {session_id}", revocation.reason.as_str()));
            Finding { account_id: Some(*account_id), action: "session.ended", outcome, network: None, detail }
        }
        Change::NoteServedAgain { account_id, session_id, suspicious: true, .. } => {
            Finding::done(*account_id, "session.suspicious").detail(session_id.to_string())
        }
        Change::RevokeSessionsOf { account_id, revocation, .. }
        | Change::RevokeSessionsWithoutSecondFactor { account_id, revocation, .. } => {
            Finding::done(*account_id, "sessions.ended").detail(revocation.reason.as_str())
        }
        Change::PutTwoFactor { account_id, two_factor } => {
            Finding::done(*account_id, "second_factor.changed").detail(summary(two_factor))
        }
        Change::PutNetworkAttempts(limit) if limit.attempts.misses > 0 => Finding {
            network: Some(limit.network.clone()),
            ..Finding::refused(limit.subject.account_id()?, "password.given")
        },
        Change::PutChallenge(challenge) => missed_code(challenge)?,
        // Nothing else records a wrong code from an app or a wrong recovery code.
        Change::PutRateLimit { rate_limit, counted: Counted::WrongCode } => {
            Finding::refused(rate_limit.subject.account_id()?, "code.given")
        }
        Change::ForgetNetworkAttempts(subject) => Finding::done(subject.account_id()?, "misses.forgotten"),
        Change::InsertInvitation(invitation) => of_service("invitation.created", invitation.id.to_string()),
        Change::WithdrawInvitation(id) => of_service("invitation.withdrawn", id.to_string()),
        Change::UseInvitation { id, account_id, .. } => {
            Finding::done(*account_id, "invitation.used").detail(id.to_string())
        }
        Change::InsertSigningKey(key) => of_service("signing_key.made", key.id.to_string()),
        Change::DeleteSigningKey(id) => of_service("signing_key.withdrawn", id.to_string()),
        Change::RetireKey(key) => of_service("master_key.retired", key.key_id.as_str().to_owned()),
        Change::ForgetRetiredKey(id) => of_service("master_key.forgotten", id.to_string()),
        Change::PutNetworkAttempts(_)
        | Change::Audit(_)
        | Change::LoseAdmin { .. }
        | Change::KeepPendingCredentials(_)
        | Change::DeleteAccount { .. }
        | Change::RehashPassword { .. }
        | Change::ResealPassword { .. }
        | Change::TouchAccount { .. }
        | Change::RequireIdentity { .. }
        | Change::UseAuthorization { .. }
        | Change::ForgetTotpSteps(_)
        | Change::UseTotpStep { .. }
        | Change::ForgetChallengesFor { .. }
        | Change::AdvanceSession { .. }
        | Change::NoteServedAgain { .. }
        | Change::ProveSession { .. }
        | Change::RequireSession { .. }
        | Change::PutDailyMisses(_)
        | Change::ForgetDailyMisses(_)
        | Change::PutRateLimit { .. }
        | Change::ForgetRateLimits(_)
        | Change::InsertChallenge(_)
        | Change::UseChallenge { .. }
        | Change::ReplaceChallenges { .. }
        | Change::ForgetChallengesOf(_)
        | Change::Announce { .. }
        | Change::EventAcknowledged { .. }
        | Change::RetryEvent { .. }
        | Change::Mail(_)
        | Change::ForgetCodesOwedTo(_)
        | Change::UnparkMails { .. }
        | Change::ForgetMail { .. }
        | Change::HoldNotice { .. }
        | Change::RetryMail { .. }
        | Change::ParkMail { .. }
        | Change::ResealTwoFactor { .. }
        | Change::ResealRetiredKey { .. }
        | Change::ResealSigningKey { .. }
        | Change::RecordMaintenance { .. }
        | Change::ForgetMaintenance(_) => return None,
    })
}

const fn of_service(action: &'static str, id: String) -> Finding {
    Finding { account_id: None, action, outcome: Outcome::Done, network: None, detail: Some(id) }
}

fn missed_code(challenge: &Challenge) -> Option<Finding> {
    let ChallengeState::CodeSent { misses: 1.., .. } = challenge.state else { return None };
    let account = challenge.challenged.account_id()?;
    Some(Finding::refused(account, "code.given").detail(challenge.purpose.as_str()))
}

/// Describes what is set up now: `app enabled, email disabled, 9 recovery codes`.
fn summary(two_factor: &TwoFactor) -> String {
    let state = |method: Method| match (two_factor.is_enabled(method), two_factor.is_enrolled(method)) {
        (true, _) => "enabled",
        (false, true) => "disabled",
        (false, false) => "not set",
    };
    let [app, email] = [Method::App, Method::Email].map(state);
    let codes = match two_factor.recovery_codes.len() {
        1 => "1 recovery code".to_owned(),
        count => format!("{count} recovery codes"),
    };
    format!("app {app}, email {email}, {codes}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{MockAuditContextSource, MockClock, MockEntropy};
    use crate::rate_limit::{AttemptSubject, RateLimit, RateLimitKind};
    use crate::session::Revocation;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn auditor() -> Auditor {
        let (mut context, mut clock, mut entropy) =
            (MockAuditContextSource::new(), MockClock::new(), MockEntropy::new());
        let current =
            AuditContext { actor: Actor::Operator, network: None, request_id: Some(RequestId::Own("7".to_owned())) };
        context.expect_current().return_const(current);
        clock.expect_now().return_const(NOW);
        entropy.expect_bytes().return_const([7; 32]);
        Auditor { context: Arc::new(context), clock: Arc::new(clock), entropy: Arc::new(entropy) }
    }

    fn miss(subject: AttemptSubject) -> Change {
        Change::count_wrong_code(RateLimit::empty(subject, RateLimitKind::SecondFactorMisses), NOW)
    }

    #[test]
    fn what_matters_is_noted_behind_what_is_committed_and_nothing_else_is() {
        let account_id = AccountId::generate(NOW, [1; 32]);
        let quiet = vec![Change::UnparkMails { at: NOW }, Change::ForgetChallengesOf(account_id)];
        assert_eq!(auditor().complete(quiet.clone()), quiet);

        let revocation = Revocation { at: NOW, reason: RevocationReason::PasswordChanged };
        let ended = Change::RevokeSessionsOf { account_id, except: None, revocation };
        let completed = auditor().complete(vec![ended.clone(), quiet[0].clone(), ended.clone()]);
        let [first, _, third, Change::Audit(one), Change::Audit(other)] = completed.as_slice() else {
            panic!("{completed:?}")
        };
        assert_eq!((first, third), (&ended, &ended));
        assert_eq!((one.action.as_str(), one.detail.as_deref()), ("sessions.ended", Some("password_changed")));
        assert_eq!((one.account_id, &one.request_id), (Some(account_id), &Some(RequestId::Own("7".to_owned()))));
        assert_eq!(one.actor, Actor::Operator);
        assert!(one.occurred_at < other.occurred_at);
    }

    #[test]
    fn a_wrong_code_is_noted_once_and_of_accounts_only() {
        let account_id = AccountId::generate(NOW, [1; 32]);
        let (known, unknown) = (AttemptSubject::Account(account_id), AttemptSubject::UnknownName(account_id.as_uuid()));
        assert_eq!(auditor().complete(vec![miss(known)]).len(), 2);
        assert_eq!(auditor().complete(vec![miss(unknown)]).len(), 1, "nobody's");
        let limit = || RateLimit::empty(known, RateLimitKind::SecondFactorMisses);
        for quiet in [
            Change::guard_rate_limit(limit(), NOW),
            Change::count_mail(limit(), NOW),
            Change::count_wrong_mailed_code(limit(), NOW),
        ] {
            assert_eq!(auditor().complete(vec![quiet.clone()]), [quiet]);
        }
    }

    #[test]
    fn an_actor_comes_back_as_it_was_written() {
        let service = Actor::Service("users-service".to_owned());
        for actor in [Actor::Client, service, Actor::Operator, Actor::Itself] {
            assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        }
        assert_eq!(Actor::parse("somebody"), None);
    }

    #[test]
    fn a_request_id_comes_back_with_who_made_it_up() {
        for id in [RequestId::Own("0a".to_owned()), RequestId::Callers("0a".to_owned())] {
            assert_eq!(RequestId::parse(&id.to_string()), id);
        }
        assert_eq!(RequestId::Callers("0a".to_owned()).to_string(), "caller:0a");
    }
}
