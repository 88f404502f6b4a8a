//! Decides who may register. Every way to register asks here: passwords and identity providers alike.

use std::sync::Arc;

use crate::account::{Account, EmailAddress};
use crate::disclosure::Disclosure;
use crate::invitation::{GivenInvitation, Invitation, InvitationChannel, InvitationClaims};
use crate::ports::{Change, InvitationTokens, StoreError};
use crate::registration::{RegistrationMode, RegistrationPolicy, RegistrationRefused};
use crate::{AccountId, InvitationId, Timestamp};

use super::Environment;

/// Decides who may register.
pub(crate) struct Admission {
    pub(crate) env: Environment,
    pub(crate) tokens: Arc<dyn InvitationTokens>,
    pub(crate) policy: RegistrationPolicy,
    pub(crate) disclosure: Disclosure,
}

/// Someone who may register, and the invitation that allows it, if they have one.
pub(crate) struct Admitted(Option<(Invitation, InvitationChannel)>);

impl Admitted {
    /// Returns a new account as the invitation makes it: with its roles, and with a verified address if the invitation came
    /// by mail to that address.
    pub(crate) fn welcome(&self, account: Account) -> Account {
        let Some((invitation, channel)) = &self.0 else { return account };
        let proved = account.email_verified || (invitation.email.is_some() && *channel == InvitationChannel::Mailed);
        Account {
            roles: account.roles.union(&invitation.roles),
            email_verified: proved,
            ever_proved: account.ever_proved || proved,
            ..account
        }
    }

    /// Returns the change that uses the invitation once, if there is one.
    pub(crate) fn use_up(&self, account_id: AccountId, at: Timestamp) -> Option<Change> {
        let (invitation, _) = self.0.as_ref()?;
        Some(Change::UseInvitation { id: invitation.id, account_id, at })
    }
}

impl Admission {
    /// Returns what the text of an invitation says. Touches no database.
    pub(crate) fn read(&self, text: Option<&str>) -> GivenInvitation {
        match text {
            None => GivenInvitation::None,
            Some(text) => self.tokens.verify(text).map_or(GivenInvitation::Forged, GivenInvitation::Genuine),
        }
    }

    /// Checks everything that needs no database.
    pub(crate) fn check_rules(&self, email: &EmailAddress, given: GivenInvitation) -> Result<(), RegistrationRefused> {
        self.policy.check(email)?;
        match given {
            GivenInvitation::None if self.policy.mode == RegistrationMode::Invited => {
                Err(RegistrationRefused::InvitationRequired)
            }
            GivenInvitation::Forged => Err(RegistrationRefused::InvitationInvalid),
            GivenInvitation::None | GivenInvitation::Genuine(_) => Ok(()),
        }
    }

    /// Decides whether someone with this address may register. An invitation is checked wherever one is given, because
    /// someone who gives one expects what it promises.
    pub(crate) async fn admit(
        &self,
        email: &EmailAddress,
        given: GivenInvitation,
    ) -> Result<Result<Admitted, RegistrationRefused>, StoreError> {
        if let Err(refused) = self.check_rules(email, given) {
            return Ok(Err(refused));
        }
        let GivenInvitation::Genuine(InvitationClaims { id, channel }) = given else { return Ok(Ok(Admitted(None))) };
        let invitation = self.usable(id, email).await?;
        Ok(invitation
            .map(|invitation| Admitted(Some((invitation, channel))))
            .ok_or(RegistrationRefused::InvitationInvalid))
    }

    async fn usable(&self, id: InvitationId, email: &EmailAddress) -> Result<Option<Invitation>, StoreError> {
        let (found, now) = (self.env.store.find_invitation(id).await?, self.env.now());
        Ok(found.filter(|invitation| invitation.is_usable(now) && invitation.is_for(email)))
    }

    /// Returns what may be told of a refusal where an answer cannot pretend.
    pub(crate) const fn told(&self, refused: RegistrationRefused) -> RegistrationRefused {
        match self.disclosure {
            Disclosure::Explicit => refused,
            Disclosure::Concealed => RegistrationRefused::Concealed,
        }
    }
}
