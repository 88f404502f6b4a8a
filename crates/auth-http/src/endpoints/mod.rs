//! The endpoints, one file per use case: the handler, what it reads, and its description.

mod admin_acts;
mod admin_audit;
mod admin_status;
mod admin_users;
mod credentials;
mod delete_user;
mod deletions;
mod events;
mod health;
mod introspect;
mod invitations;
mod jwks;
mod list_providers;
mod login;
mod logout;
mod lost_password;
mod me;
mod me_export;
mod metrics;
mod provider_token;
mod providers;
mod reauthenticate;
mod refresh;
mod register;
mod roles;
mod second_factor_login;
mod second_factors;
mod sessions;
mod token_exchange;
mod update_credentials;
mod update_password;
mod verify;
mod verify_code;
mod verify_email;

pub(crate) use metrics::metrics;

use auth_domain::identity::ProviderName;

use crate::edge::ListedProvider;
use crate::endpoint::Endpoint;

/// Returns all endpoints. Routes, OpenAPI and the error table are generated from this list.
pub(crate) fn all(providers: &[ListedProvider]) -> Vec<Endpoint> {
    let mut all = vec![
        register::endpoint(),
        login::endpoint(),
        refresh::endpoint(),
        reauthenticate::endpoint(),
        logout::here(),
        logout::everywhere(),
        lost_password::endpoint(),
        verify_code::endpoint(),
        update_password::endpoint(),
        verify_email::verify(),
        verify_email::resend(),
        me::endpoint(),
        me_export::endpoint(),
        me_export::of_services(),
        update_credentials::endpoint(),
        update_credentials::confirm(),
        second_factors::set_up_app(),
        second_factors::cancel_app(),
        second_factors::verify_app(),
        second_factors::set_up_email(),
        second_factors::verify_email(),
        second_factors::list(),
        second_factors::enable(),
        second_factors::disable(),
        second_factors::make_primary(),
        second_factors::renew_recovery_codes(),
        second_factor_login::by_app(),
        second_factor_login::by_email(),
        second_factor_login::send_code(),
        second_factor_login::by_recovery_code(),
        sessions::list(),
        sessions::revoke(),
        verify::endpoint(),
        list_providers::endpoint(),
        credentials::endpoint(),
        delete_user::own(),
        delete_user::by_service(),
        deletions::endpoint(),
        events::endpoint(),
        roles::endpoint(),
        invitations::create(),
        invitations::list(),
        invitations::withdraw(),
        introspect::endpoint(),
        token_exchange::endpoint(),
        admin_users::list(),
        admin_users::create(),
        admin_users::show(),
        admin_users::delete(),
        admin_acts::change_roles(),
        admin_acts::suspend(),
        admin_acts::resume(),
        admin_acts::restore(),
        admin_acts::end_sessions(),
        admin_acts::reset_second_factors(),
        admin_acts::set_email(),
        admin_acts::require_password(),
        admin_audit::endpoint(),
        admin_status::endpoint(),
        jwks::endpoint(),
        health::live(),
        health::ready(),
        health::client(),
        metrics::endpoint(),
    ];
    all.extend(providers.iter().flat_map(of_provider));
    all
}

fn of_provider(provider: &ListedProvider) -> Vec<Endpoint> {
    let name = &provider.name;
    let mut all = Vec::from(providers::of(name));
    all.extend(provider.takes_id_tokens.then(|| provider_token::by_token(name)));
    all.extend(provider.answers_by_post.then(|| provider_token::finish_by_post(name)));
    all
}

/// Tells whether the paths of a provider with this name would collide with other endpoints.
pub fn is_reserved(name: &ProviderName) -> bool {
    // Swagger UI is not in the list of endpoints.
    let others = all(&[]);
    let mut taken = others.iter().filter_map(|endpoint| endpoint.path.strip_prefix("/auth/")?.split('/').next());
    name.as_str() == "doc" || taken.any(|taken| taken == name.as_str())
}
