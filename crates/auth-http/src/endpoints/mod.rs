//! The endpoints, one file a use case: the handler, what it reads, and its description.

mod credentials;
mod delete_user;
mod health;
mod introspect;
mod jwks;
mod login;
mod logout;
mod me;
mod refresh;
mod register;
mod roles;
mod sessions;
mod verify;

use crate::endpoint::Endpoint;

/// All of them. Routes, OpenAPI and the error table are made from this list.
pub(crate) fn all() -> Vec<Endpoint> {
    vec![
        register::endpoint(),
        login::endpoint(),
        refresh::endpoint(),
        logout::here(),
        logout::everywhere(),
        me::endpoint(),
        sessions::list(),
        sessions::revoke(),
        verify::endpoint(),
        credentials::endpoint(),
        delete_user::own(),
        delete_user::by_service(),
        roles::endpoint(),
        introspect::endpoint(),
        jwks::endpoint(),
        health::live(),
        health::ready(),
    ]
}
