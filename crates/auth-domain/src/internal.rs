//! Internal callers: other services, and what each may do here.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use crate::named::named;

/// The `aud` of the tokens with which other services call this one.
pub const INTERNAL_AUDIENCE: &str = "auth-service";

named! {
    /// A permission that the configuration grants to a service.
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
        /// Read the events that services receive.
        EventsRead = "events:read",
        /// Look up users, for administration.
        UsersRead = "users:read",
        /// Administer users.
        UsersWrite = "users:write",
        /// Read the audit trail.
        AuditRead = "audit:read",
        /// Read the state of the service.
        StatusRead = "status:read",
        /// Exchange the token of a user for one of another service (RFC 8693).
        TokensExchange = "tokens:exchange",
    }
}

/// A service whose token was verified, with the scopes that its token leaves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternalService {
    /// Its name: the `iss` of its tokens.
    pub name: String,
    /// The scopes that it may use.
    pub scopes: BTreeSet<Scope>,
}

/// A scope as a type, so that a signature can require it.
pub trait Granted {
    /// The scope that is required.
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
    /// Requires [`Scope::CredentialsRead`].
    CredentialsRead,
    /// Requires [`Scope::CredentialsDelete`].
    CredentialsDelete,
    /// Requires [`Scope::TokensIntrospect`].
    TokensIntrospect,
    /// Requires [`Scope::RolesWrite`].
    RolesWrite,
    /// Requires [`Scope::DeletionsRead`].
    DeletionsRead,
    /// Requires [`Scope::EventsRead`].
    EventsRead,
    /// Requires [`Scope::UsersRead`].
    UsersRead,
    /// Requires [`Scope::UsersWrite`].
    UsersWrite,
    /// Requires [`Scope::AuditRead`].
    AuditRead,
    /// Requires [`Scope::StatusRead`].
    StatusRead,
    /// Requires [`Scope::TokensExchange`].
    TokensExchange,
}

/// Proof that a verified service holds scope `S`. Only [`crate::use_cases::AuthenticateService`] creates it, so a use
/// case that takes one cannot be reached without the check.
#[derive(Debug)]
pub struct InternalCaller<S: Granted> {
    service: String,
    scope: PhantomData<S>,
}

impl<S: Granted> InternalCaller<S> {
    /// Returns the name of the service.
    pub fn service(&self) -> &str {
        &self.service
    }
}

impl InternalService {
    /// Returns proof that the service holds scope `S`; `None` if it does not.
    pub(crate) fn authorize<S: Granted>(self) -> Option<InternalCaller<S>> {
        self.scopes.contains(&S::SCOPE).then_some(InternalCaller { service: self.name, scope: PhantomData })
    }
}
