//! What a temp token says: which pending step its bearer may take. Signing and parsing is behind
//! [`crate::ports::TempTokens`].

use std::time::Duration;

use crate::access_token::BearerToken;
use crate::{ChallengeId, SessionId, Timestamp};

/// What somebody who proves again who they are has shown before the pending step, or is to show in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reauthentication {
    /// The password was right; a second factor is to follow.
    AfterPassword,
    /// A provider vouched; a second factor is to follow.
    AfterProvider,
    /// There is no password: a second factor is enough.
    BySecondFactor,
    /// There is neither a password nor a second factor: a code that was mailed is enough.
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

/// The step that a temp token is good for. None is accepted where another is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TempStep {
    /// Give the code that was mailed for a password reset.
    GivePasswordResetCode,
    /// Set the new password.
    SetPassword,
    /// Give the code that was mailed to prove an address.
    GiveVerifyEmailCode,
    /// Finish a login with a second factor, after a right password.
    GiveSecondFactor,
    /// The same after a password was set anew.
    GiveSecondFactorAfterReset,
    /// The same after an identity provider vouched.
    GiveSecondFactorAfterProvider,
    /// The same after a provider vouched for the address alone: its identity is not linked yet.
    GiveSecondFactorAfterAddress,
    /// Prove again who is behind that session.
    Reauthenticate(Reauthentication, SessionId),
}

const REAUTHENTICATE: &str = "reauthenticate";

impl TempStep {
    /// Those that are about no session.
    const ALL: [Self; 7] = [
        Self::GivePasswordResetCode,
        Self::SetPassword,
        Self::GiveVerifyEmailCode,
        Self::GiveSecondFactor,
        Self::GiveSecondFactorAfterReset,
        Self::GiveSecondFactorAfterProvider,
        Self::GiveSecondFactorAfterAddress,
    ];

    /// Its `purpose` and `stage` claims.
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

    /// Its `sid` claim, where it is about one session.
    pub const fn session_id(self) -> Option<SessionId> {
        match self {
            Self::Reauthenticate(_, session_id) => Some(session_id),
            _ => None,
        }
    }

    /// From its claims.
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

/// The claims of a temp token. They name no account, so the token of a challenge that is nobody's looks the same.
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

/// A temp token on its way to its bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedTempToken {
    /// The token.
    pub token: BearerToken,
    /// How long it is good for.
    pub expires_in: Duration,
}
