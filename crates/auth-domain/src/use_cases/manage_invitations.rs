//! Creates, lists and withdraws invitations, for other services and for the operator.

use std::sync::Arc;
use std::time::Duration;

use crate::access_token::BearerToken;
use crate::account::{EmailAddress, InvalidRoles, LoginName, Roles};
use crate::error_code::{ErrorCode, FieldError, FieldReason, Refusal};
use crate::internal::UsersWrite;
use crate::invitation::{Invitation, InvitationChannel, InvitationClaims};
use crate::mail::{MailContent, MailRequest};
use crate::ports::{Change, InvitationTokens, NameDigest, StoreError};
use crate::rate_limit::{AttemptSubject, RateLimitKind, RateLimited};
use crate::registration::{RegistrationPolicy, RegistrationRefused};
use crate::services::{Decision, Environment};
use crate::session::Client;
use crate::{InvitationId, Language, Locale, MailId, Timestamp};

use super::AdminCaller;

/// What an invitation is to allow. What is `None` is as [`Invitation`] says.
#[derive(Clone, Debug, Default)]
pub struct InvitationRequest {
    /// The only address that it is for, which is then mailed.
    pub email: Option<String>,
    /// What accounts get besides the roles of every new account.
    pub roles: Vec<String>,
    /// How many accounts it allows.
    pub uses: Option<u32>,
    /// How long it is valid.
    pub lifetime: Option<Duration>,
    /// The language of the mail, as a language tag; the default language if the service does not speak it.
    pub locale: Option<String>,
}

/// A new invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// The text to hand over. It does not verify an address: only the one that is mailed does.
    pub token: BearerToken,
}

/// A page of invitations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationsPage {
    /// The invitations, oldest first.
    pub invitations: Vec<Invitation>,
    /// Whether there are more.
    pub more: bool,
}

/// Why nobody was invited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Fields are malformed.
    #[error("malformed fields: {}", .0.len())]
    Malformed(Vec<FieldError>),
    /// The invitation could not be used: registration is closed, or the address may not register.
    #[error(transparent)]
    Refused(#[from] RegistrationRefused),
    /// The limit for mails to the address is reached.
    #[error("too many mails to this address: try again in {} s", .0.retry_after.as_secs())]
    RateLimited(RateLimited),
    /// The database did not answer, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<InviteError> for Refusal {
    fn from(error: InviteError) -> Self {
        match error {
            InviteError::Malformed(fields) => Self::invalid(fields),
            InviteError::Refused(refused) => refused.into(),
            InviteError::RateLimited(limited) => Self::retry_after(ErrorCode::RateLimited, limited.retry_after),
            InviteError::Store(error) => error.into(),
        }
    }
}

/// The use case.
pub struct ManageInvitations {
    env: Environment,
    tokens: Arc<dyn InvitationTokens>,
    name_digest: Arc<dyn NameDigest>,
    policy: RegistrationPolicy,
}

impl ManageInvitations {
    pub(super) fn new(
        env: Environment,
        tokens: Arc<dyn InvitationTokens>,
        name_digest: Arc<dyn NameDigest>,
        policy: RegistrationPolicy,
    ) -> Self {
        Self { env, tokens, name_digest, policy }
    }

    /// The maximum number of invitations in a page.
    pub const MAX_LIMIT: u32 = 1_000;

    /// Returns what is wrong with a request; nothing if it is well-formed.
    pub fn malformed(request: &InvitationRequest) -> Vec<FieldError> {
        let email = request.email.as_deref().map(EmailAddress::parse).transpose();
        let errors = [
            email.err().map(FieldError::from),
            parse_roles(&request.roles).err().map(FieldError::from),
            request.uses.and_then(wrong_uses),
            request.lifetime.and_then(wrong_lifetime),
            request.locale.as_deref().and_then(|tag| Locale::parse(tag).err()).map(FieldError::from),
        ];
        errors.into_iter().flatten().collect()
    }

    /// Creates an invitation. If it is for one address, that address is mailed.
    pub async fn create(
        &self,
        caller: &AdminCaller<UsersWrite>,
        request: &InvitationRequest,
        client: &Client,
    ) -> Result<Invited, InviteError> {
        let invitation = self.new_invitation(caller, request)?;
        self.policy.check_inviting(invitation.email.as_ref())?;
        let claims = InvitationClaims { id: invitation.id, channel: InvitationChannel::HandedOver };
        // The key is the current one, so it is in the ring.
        let token = self.tokens.issue(&claims, &invitation.key_id).ok_or(StoreError::Failed)?;
        let invited = Invited { invitation, token };
        let locale = request.locale.as_deref().and_then(|tag| Locale::parse(tag).ok());
        let language = locale.as_ref().and_then(Locale::language);
        self.env
            .decide(async |_| {
                let mut changes = vec![Change::InsertInvitation(invited.invitation.clone())];
                if let Some(email) = &invited.invitation.email {
                    changes.extend(self.mail((invited.invitation.id, language), email, client).await?);
                }
                Ok(Decision::commit(invited.clone(), changes))
            })
            .await
    }

    fn new_invitation(
        &self,
        caller: &AdminCaller<UsersWrite>,
        request: &InvitationRequest,
    ) -> Result<Invitation, InviteError> {
        let malformed = |_| InviteError::Malformed(Self::malformed(request));
        let email = request.email.as_deref().map(EmailAddress::parse).transpose().map_err(|_| malformed(()))?;
        let roles = parse_roles(&request.roles).map_err(|_| malformed(()))?;
        if !Self::malformed(request).is_empty() {
            return Err(malformed(()));
        }
        let (now, uses) = (self.env.now(), request.uses.unwrap_or(Invitation::DEFAULT_USES));
        Ok(Invitation {
            id: InvitationId::generate(now, self.env.random()),
            email,
            roles,
            uses,
            uses_left: uses,
            expires_at: now + request.lifetime.unwrap_or(Invitation::DEFAULT_LIFETIME),
            created_at: now,
            created_by: caller.by().to_string(),
            key_id: self.tokens.current_key(),
        })
    }

    /// Returns the changes that queue and count the mail. It counts like any other to an address that someone named.
    async fn mail(
        &self,
        (invitation_id, language): (InvitationId, Option<Language>),
        to: &EmailAddress,
        client: &Client,
    ) -> Result<[Change; 2], InviteError> {
        let subject = AttemptSubject::Address(self.name_digest.digest(&LoginName::Email(to.clone())));
        let (limit, now): (_, Timestamp) =
            (self.env.store.find_rate_limit(subject, &RateLimitKind::MailsToNamedAddress).await?, self.env.now());
        limit.check(now).map_err(InviteError::RateLimited)?;
        let content = MailContent::Invitation(invitation_id);
        let id = MailId::generate(now, self.env.random());
        let (to, client) = (to.clone(), client.clone());
        let request = MailRequest { id, account_id: None, to, at: now, client, language, content };
        Ok([Change::Mail(request), Change::count_mail(limit, now)])
    }

    /// Returns the invitations after `after`, oldest first, at most `limit`. Expired ones are listed until they are purged.
    pub async fn list(
        &self,
        _: &AdminCaller<UsersWrite>,
        after: Option<InvitationId>,
        limit: u32,
    ) -> Result<InvitationsPage, StoreError> {
        let limit = limit.clamp(1, Self::MAX_LIMIT);
        let mut invitations = self.env.store.list_invitations(after, limit + 1).await?;
        let more = invitations.len() > limit as usize;
        invitations.truncate(limit as usize);
        Ok(InvitationsPage { invitations, more })
    }

    /// Withdraws an invitation: nobody can use it any more. Returns whether it existed.
    pub async fn withdraw(&self, _: &AdminCaller<UsersWrite>, id: InvitationId) -> Result<bool, StoreError> {
        self.env.commit_unless_lost(Change::WithdrawInvitation(id)).await
    }
}

/// Parses roles that fit into an account together with those of every new account.
fn parse_roles(texts: &[String]) -> Result<Roles, InvalidRoles> {
    let roles = Roles::parse(texts)?;
    if Roles::of_new_account().union(&roles).iter().count() > Roles::MAX {
        return Err(InvalidRoles::TooMany);
    }
    Ok(roles)
}

fn wrong_uses(uses: u32) -> Option<FieldError> {
    let most = Invitation::MAX_USES;
    let error = || {
        FieldError::new("/uses", FieldReason::Range, format!("must be from 1 to {most}"))
            .with_bounds(Some(1), usize::try_from(most).ok())
    };
    (!(1..=most).contains(&uses)).then(error)
}

fn wrong_lifetime(lifetime: Duration) -> Option<FieldError> {
    let (least, most) = (Invitation::MIN_LIFETIME, Invitation::MAX_LIFETIME);
    let seconds = |duration: Duration| usize::try_from(duration.as_secs()).ok();
    let error = || {
        let message = format!("must be from {} to {} seconds", least.as_secs(), most.as_secs());
        FieldError::new("/expiresIn", FieldReason::Range, message).with_bounds(seconds(least), seconds(most))
    };
    (!(least..=most).contains(&lifetime)).then(error)
}
