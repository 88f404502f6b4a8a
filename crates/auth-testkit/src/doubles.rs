//! Doubles of every port except the store: deterministic, fast and readable, so that a failed assertion shows what a
//! token, a hash or a code stands for. None of them keeps a secret, and each can be made to fail where the real one
//! can.

mod authorization;
mod codes;
mod invitations;
mod keys;
mod outside;
mod passwords;
mod providers;
mod second_factors;
mod time;
mod tokens;

pub use authorization::TestAuthorizationStates;
pub use codes::{TestCodes, TestTempTokens};
pub use invitations::TestInvitations;
pub use keys::{TestImportSealing, TestKeys, TestResealing, TestSigningKeyMaker};
pub use outside::{RecordingEventSink, RecordingMailer, TestAuditContext};
pub use passwords::{PlainNameDigest, TestPasswordHasher};
pub use providers::TestProvider;
pub use second_factors::{TestRecoveryCodes, TestTotp};
pub use time::{CountingEntropy, TestClock};
pub use tokens::{TestAccessTokens, TestInternalTokens, TestRefreshTokens};

use std::fmt::Write as _;
use std::sync::Arc;

use auth_domain::Timestamp;
use auth_domain::audit::Auditor;
use auth_domain::identity::ProviderName;
use auth_domain::ports::IdentityProvider;
use auth_domain::use_cases::{OperatorPorts, Ports};

use crate::fixtures;
use crate::memory_store::MemoryStore;

/// A double of every port. Clones share the same doubles.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is named after its type, which says what it is")]
pub struct Doubles {
    /// Keeps an audit trail.
    pub store: MemoryStore,
    pub clock: Arc<TestClock>,
    pub entropy: Arc<CountingEntropy>,
    /// The master keys that the others work with.
    pub keys: Arc<TestKeys>,
    pub passwords: Arc<TestPasswordHasher>,
    pub access_tokens: Arc<TestAccessTokens>,
    pub temp_tokens: Arc<TestTempTokens>,
    pub totp: Arc<TestTotp>,
    pub mailer: Arc<RecordingMailer>,
    pub event_sink: Arc<RecordingEventSink>,
    pub audit_context: Arc<TestAuditContext>,
    /// The provider `google`.
    pub google: Arc<TestProvider>,
    /// The provider `42`.
    pub fortytwo: Arc<TestProvider>,
}

impl Default for Doubles {
    fn default() -> Self {
        Self::new()
    }
}

impl Doubles {
    /// Returns doubles around an empty store, at [`fixtures::NOW`].
    pub fn new() -> Self {
        let (clock, entropy) = (Arc::new(TestClock::at(fixtures::NOW)), Arc::new(CountingEntropy::default()));
        let (keys, audit_context) = (Arc::new(TestKeys::default()), Arc::new(TestAuditContext::default()));
        let auditor = Auditor { context: audit_context.clone(), clock: clock.clone(), entropy: entropy.clone() };
        let provider = |name| Arc::new(TestProvider::new(ProviderName::parse(name).expect("a provider's name")));
        Self {
            store: MemoryStore::new().audited(Arc::new(auditor)),
            passwords: Arc::new(TestPasswordHasher::new(keys.clone())),
            access_tokens: Arc::default(),
            temp_tokens: Arc::default(),
            totp: Arc::new(TestTotp(keys.clone())),
            mailer: Arc::default(),
            event_sink: Arc::default(),
            google: provider("google"),
            fortytwo: provider("42"),
            clock,
            entropy,
            keys,
            audit_context,
        }
    }

    /// Returns the doubles as the ports of a server. A struct update replaces single ones.
    pub fn ports(&self) -> Ports {
        let providers = [&self.google, &self.fortytwo];
        let provider = |one: &Arc<TestProvider>| (one.name().clone(), one.clone() as Arc<dyn IdentityProvider>);
        Ports {
            store: Arc::new(self.store.clone()),
            kept_sessions: None,
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            password_hasher: self.passwords.clone(),
            hashing_gauge: self.passwords.clone(),
            known_networks: self.passwords.clone(),
            name_digest: Arc::new(PlainNameDigest),
            access_tokens: self.access_tokens.clone(),
            refresh_tokens: Arc::new(TestRefreshTokens(self.keys.clone())),
            temp_tokens: self.temp_tokens.clone(),
            internal_tokens: Arc::new(TestInternalTokens),
            codes: Arc::new(TestCodes(self.keys.clone())),
            invitation_tokens: Arc::new(TestInvitations(self.keys.clone())),
            totp: self.totp.clone(),
            recovery_codes: Arc::new(TestRecoveryCodes(self.keys.clone())),
            authorization_states: Arc::new(TestAuthorizationStates),
            signing_key_maker: Arc::new(TestSigningKeyMaker(self.keys.clone())),
            audit_context: self.audit_context.clone(),
            mailer: self.mailer.clone(),
            event_sink: self.event_sink.clone(),
            identity_providers: providers.into_iter().map(provider).collect(),
        }
    }

    /// Returns the doubles as the ports of the command line.
    pub fn operator_ports(&self) -> OperatorPorts {
        OperatorPorts {
            store: Arc::new(self.store.clone()),
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            name_digest: Arc::new(PlainNameDigest),
            invitation_tokens: Arc::new(TestInvitations(self.keys.clone())),
            password_hasher: self.passwords.clone(),
            signing_key_maker: Arc::new(TestSigningKeyMaker(self.keys.clone())),
            resealing: Arc::new(TestResealing(self.keys.clone())),
            import_sealing: Arc::new(TestImportSealing(self.keys.clone())),
        }
    }
}

/// Joins the parts of a token, none of which may contain a `|`.
fn join(parts: &[&str]) -> String {
    assert!(parts.iter().all(|part| !part.contains('|')), "{parts:?}");
    parts.join("|")
}

/// Returns the `N` parts of a token of this kind that follow its name.
fn split<'a, const N: usize>(kind: &str, token: &'a str) -> Option<[&'a str; N]> {
    let rest = token.strip_prefix(kind)?.strip_prefix('|')?;
    rest.split('|').collect::<Vec<_>>().try_into().ok()
}

fn micros(at: Timestamp) -> String {
    at.as_micros().to_string()
}

fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok().map(Timestamp::from_micros)
}

fn id<T: From<uuid::Uuid>>(text: &str) -> Option<T> {
    uuid::Uuid::parse_str(text).ok().map(T::from)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _: std::fmt::Result = write!(text, "{byte:02x}");
        text
    })
}

/// Computes FNV-1a: the same number for the same text on every machine.
fn number_of(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
