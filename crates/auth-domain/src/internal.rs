//! The services beside this one: what each may do here.

use std::collections::BTreeSet;
use std::marker::PhantomData;

/// A right that the configuration grants to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read every credential: for backups.
    CredentialsRead,
    /// Delete the credentials of one user.
    CredentialsDelete,
    /// Ask whether a token is active (RFC 7662).
    TokensIntrospect,
    /// Set the roles of a user.
    RolesWrite,
    /// Ask which services have acknowledged a deletion.
    DeletionsRead,
    /// Read the events that services are told.
    EventsRead,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CredentialsRead,
        Self::CredentialsDelete,
        Self::TokensIntrospect,
        Self::RolesWrite,
        Self::DeletionsRead,
        Self::EventsRead,
    ];

    /// Its name in tokens and in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CredentialsRead => "credentials:read",
            Self::CredentialsDelete => "credentials:delete",
            Self::TokensIntrospect => "tokens:introspect",
            Self::RolesWrite => "roles:write",
            Self::DeletionsRead => "deletions:read",
            Self::EventsRead => "events:read",
        }
    }

    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A service whose token was verified, with the scopes left after what its token narrows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalService {
    /// Its name: the `iss` of its tokens.
    pub name: String,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
}

/// A scope as a type, to demand it in a signature.
pub trait Granted {
    /// The scope that is demanded.
    const SCOPE: Scope;
}

macro_rules! granted {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;
        impl Granted for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )+};
}

granted! {
    /// Demands [`Scope::CredentialsRead`].
    CredentialsRead,
    /// Demands [`Scope::CredentialsDelete`].
    CredentialsDelete,
    /// Demands [`Scope::TokensIntrospect`].
    TokensIntrospect,
    /// Demands [`Scope::RolesWrite`].
    RolesWrite,
    /// Demands [`Scope::DeletionsRead`].
    DeletionsRead,
    /// Demands [`Scope::EventsRead`].
    EventsRead,
}

/// Proof that a verified service holds scope `S`. Only [`InternalService::authorize`] makes one, so a
/// use case that takes it cannot be reached without the check.
#[derive(Debug)]
pub struct InternalCaller<S: Granted> {
    service: String,
    scope: PhantomData<S>,
}

impl<S: Granted> InternalCaller<S> {
    /// The name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }
}

impl InternalService {
    /// The proof that this service holds scope `S`; `None` when it does not.
    pub fn authorize<S: Granted>(self) -> Option<InternalCaller<S>> {
        self.scopes.contains(&S::SCOPE).then_some(InternalCaller { service: self.name, scope: PhantomData })
    }
}
