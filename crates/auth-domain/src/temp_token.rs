//! The claims of temp tokens: which pending step the bearer may take. Signing and parsing is behind
//! [`crate::ports::TempTokens`].

use std::time::Duration;

use crate::access_token::BearerToken;
use crate::{ChallengeId, SessionId, Timestamp};

/// What a user who reauthenticates has shown before the pending step, or has to show in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reauthentication {
    /// The password was right; a second factor must follow.
    AfterPassword,
    /// A provider confirmed the identity; a second factor must follow.
    AfterProvider,
    /// The account has no password: a second factor is enough.
    BySecondFactor,
    /// The account has neither a password nor a second factor: a mailed code is enough.
    ByMailedCode,
}

impl Reauthentication {
    const ALL: [Self; 4] = [Self::AfterPassword, Self::AfterProvider, Self::BySecondFactor, Self::ByMailedCode];

    const fn stage(self) -> &'static str {
        match self {
            Self::AfterPassword => "second_factor_after_password",
            Self::AfterProvider => "second_factor_after_provider",
            Self::BySecondFactor => "second_factor",
            Self::ByMailedCode => "code",
        }
    }
}

/// The step for which a temp token is valid. A token of one step is refused at any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TempStep {
    /// Enter the code that was mailed for a password reset.
    GivePasswordResetCode,
    /// Set the new password.
    SetPassword,
    /// Enter the code that was mailed to verify an address.
    GiveVerifyEmailCode,
    /// Finish a login with a second factor, after the right password.
    GiveSecondFactor,
    /// Finish a login with a second factor, after a password reset.
    GiveSecondFactorAfterReset,
    /// Finish a login with a second factor, after a sign-in through a provider.
    GiveSecondFactorAfterProvider,
    /// Finish a login with a second factor, after a provider confirmed only the address: its identity is not linked
    /// yet.
    GiveSecondFactorAfterAddress,
    /// Prove again who the user of this session is.
    Reauthenticate(Reauthentication, SessionId),
}

const REAUTHENTICATE: &str = "reauthenticate";

impl TempStep {
    /// The steps that concern no session.
    const ALL: [Self; 7] = [
        Self::GivePasswordResetCode,
        Self::SetPassword,
        Self::GiveVerifyEmailCode,
        Self::GiveSecondFactor,
        Self::GiveSecondFactorAfterReset,
        Self::GiveSecondFactorAfterProvider,
        Self::GiveSecondFactorAfterAddress,
    ];

    /// Returns the `purpose` and `stage` claims.
    pub const fn claims(self) -> (&'static str, &'static str) {
        match self {
            Self::GivePasswordResetCode => ("password_reset", "code"),
            Self::SetPassword => ("password_reset", "verified"),
            Self::GiveVerifyEmailCode => ("verify_email", "code"),
            Self::GiveSecondFactor => ("twofa_login", "second_factor"),
            Self::GiveSecondFactorAfterReset => ("twofa_login", "second_factor_after_reset"),
            Self::GiveSecondFactorAfterProvider => ("twofa_login", "second_factor_after_provider"),
            Self::GiveSecondFactorAfterAddress => ("twofa_login", "second_factor_after_address"),
            Self::Reauthenticate(reauthentication, _) => (REAUTHENTICATE, reauthentication.stage()),
        }
    }

    /// Returns the `sid` claim, if the step concerns a session.
    pub const fn session_id(self) -> Option<SessionId> {
        match self {
            Self::Reauthenticate(_, session_id) => Some(session_id),
            _ => None,
        }
    }

    /// Parses the step from its claims.
    pub fn parse(purpose: &str, stage: &str, session_id: Option<SessionId>) -> Option<Self> {
        match session_id {
            None => Self::ALL.into_iter().find(|step| step.claims() == (purpose, stage)),
            Some(session_id) if purpose == REAUTHENTICATE => {
                let found = Reauthentication::ALL.into_iter().find(|one| one.stage() == stage);
                found.map(|one| Self::Reauthenticate(one, session_id))
            }
            Some(_) => None,
        }
    }
}

/// The claims of a temp token. They name no account, so that the token for a name that nobody has looks the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TempClaims {
    /// `jti`: the pending attempt.
    pub challenge_id: ChallengeId,
    /// `purpose` and `stage`.
    pub step: TempStep,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

/// A temp token to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTempToken {
    /// The token.
    pub token: BearerToken,
    /// How long it is valid.
    pub expires_in: Duration,
}
