//! The services beside this one: what each may do here.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use crate::named::named;

named! {
    /// A right that the configuration grants to a service.
    pub enum Scope {
        /// Read every credential: for backups.
        CredentialsRead = "credentials:read",
        /// Delete the credentials of one user.
        CredentialsDelete = "credentials:delete",
        /// Ask whether a token is active (RFC 7662).
        TokensIntrospect = "tokens:introspect",
        /// Set the roles of a user.
        RolesWrite = "roles:write",
        /// Ask which services have acknowledged a deletion.
        DeletionsRead = "deletions:read",
        /// Read the events that services are told.
        EventsRead = "events:read",
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

/// Proof that a verified service holds scope `S`. Only [`crate::use_cases::AuthenticateService`] makes one, so a
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
    pub(crate) fn authorize<S: Granted>(self) -> Option<InternalCaller<S>> {
        self.scopes.contains(&S::SCOPE).then_some(InternalCaller { service: self.name, scope: PhantomData })
    }
}
