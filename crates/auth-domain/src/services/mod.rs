//! What several use cases share: comparing passwords and codes, opening sessions, owing mails and events, and the loop
//! that reads, decides and commits. No use case is here, and nothing that only one of them needs.

mod announcements;
mod challenges;
mod email_verification;
mod environment;
mod identity_links;
mod mail_limits;
mod notices;
mod password_check;
mod second_factors;
mod session_tokens;
mod step_up;

pub(crate) use announcements::Announcements;
pub(crate) use challenges::Challenges;
pub use challenges::GiveCodeError;
pub(crate) use email_verification::RequireVerificationError;
pub(crate) use environment::{Decision, Environment, Lost};
pub(crate) use identity_links::{link, touched};
pub(crate) use notices::notice;
pub use password_check::{PasswordAccepted, PasswordCheckError};
pub(crate) use password_check::{PasswordCheck, changes_after, salt};
pub use second_factors::{MethodUnusable, SecondFactor, SecondFactorRequired};
pub(crate) use second_factors::{SecondFactors, Verdict};
pub(crate) use session_tokens::SessionTokens;
pub use session_tokens::{IssuedTokens, LoggedIn};
pub use step_up::{ReauthenticationRequired, StepUp};
