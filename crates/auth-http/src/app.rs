//! What the handlers call, and where they hang.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use auth_domain::challenge::ChallengeLifetimes;
use auth_domain::identity::ProviderName;
use auth_domain::ports::{Clock, Entropy, HashingGauge, InternalTokens, Store, TempTokens};
use auth_domain::use_cases::{
    Authenticate, BeginAuthorization, ConfirmCredentials, DeleteAccount, FinishAuthorization, FinishLogin, Introspect,
    ListCredentials, ListEvents, Login, Logout, LostPassword, ManageSecondFactors, PublishSigningKeys, ReadDeletion,
    RefreshSession, Register, Sessions, SetRoles, SetUpSecondFactor, UnlinkIdentity, UpdateCredentials, UpdatePassword,
    VerifyCode, VerifyEmail,
};

use crate::client::TrustedProxies;
use crate::draining::Draining;
use crate::edge::not_found;
use crate::endpoint::{Endpoint, resource};
use crate::metrics::Metrics;
use crate::origins::Origins;
use crate::{endpoints, swagger};

/// The use cases behind the endpoints, and what the extractors need.
#[expect(missing_docs, reason = "each field is a use case or a port under its own name")]
pub struct App {
    pub register: Register,
    pub login: Login,
    pub refresh_session: RefreshSession,
    pub authenticate: Arc<Authenticate>,
    pub logout: Logout,
    pub sessions: Sessions,
    pub lost_password: LostPassword,
    pub verify_code: VerifyCode,
    pub update_password: UpdatePassword,
    pub update_credentials: Arc<UpdateCredentials>,
    pub verify_email: VerifyEmail,
    pub confirm_credentials: ConfirmCredentials,
    pub set_up_second_factor: SetUpSecondFactor,
    pub manage_second_factors: ManageSecondFactors,
    pub finish_login: FinishLogin,
    pub begin_authorization: BeginAuthorization,
    pub finish_authorization: FinishAuthorization,
    pub unlink_identity: UnlinkIdentity,
    pub read_deletion: ReadDeletion,
    pub list_events: ListEvents,
    pub list_credentials: ListCredentials,
    pub delete_account: DeleteAccount,
    pub set_roles: SetRoles,
    pub introspect: Introspect,
    pub publish_signing_keys: Arc<PublishSigningKeys>,
    pub internal_tokens: Arc<dyn InternalTokens>,
    pub temp_tokens: Arc<dyn TempTokens>,
    pub store: Arc<dyn Store>,
    pub hashing: Arc<dyn HashingGauge>,
    pub metrics: Metrics,
    pub draining: Draining,
    /// Whether `/metrics` has an address of its own.
    pub metrics_elsewhere: bool,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub trusted_proxies: TrustedProxies,
    /// Whether browsers get tokens as cookies too.
    pub cookies: bool,
    pub origins: Origins,
    /// Every identity provider that can be configured, whether or not it is.
    pub providers: Vec<ProviderName>,
    /// What answers say of codes and temp tokens.
    pub challenge_lifetimes: ChallengeLifetimes,
    /// `iss` and `aud` of access tokens, for introspection.
    pub issuer: String,
    pub audience: String,
    /// Where everything is served: `/` and others, each beginning and ending with `/`.
    pub base_paths: Vec<String>,
}

/// Hangs every endpoint under every base path.
pub fn configure(app: &Data<App>) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let app = app.clone();
    move |config| {
        config.app_data(app.clone());
        // The root last: its scope would swallow the others.
        let mut base_paths = app.base_paths.clone();
        base_paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
        for base in &base_paths {
            let endpoints = endpoints::all(&app.providers);
            // First, since `/auth/{user_id}` matches `/auth/doc` too.
            let mut scope = swagger::services(web::scope(base.trim_end_matches('/')), base, &app.providers);
            for path in paths_in_order(&endpoints) {
                scope = scope.service(Endpoint::resource(&endpoints, path));
            }
            config.service(scope.default_service(web::to(not_found)));
        }
    }
}

/// Hangs `/metrics`, and nothing else, for an address of its own.
pub fn configure_metrics(app: &Data<App>) -> impl FnOnce(&mut ServiceConfig) + use<> {
    let app = app.clone();
    move |config| {
        let get = [(Method::GET, web::to(endpoints::metrics))];
        config.app_data(app).service(resource("/metrics", get)).default_service(web::to(not_found));
    }
}

/// Each path once; those with a parameter last, since the first that matches wins.
fn paths_in_order(endpoints: &[Endpoint]) -> Vec<&str> {
    let mut paths: Vec<&str> =
        endpoints.iter().flat_map(|endpoint| [Some(&*endpoint.path), endpoint.alias]).flatten().collect();
    paths.sort_unstable();
    paths.dedup();
    paths.sort_by_key(|path| path.contains('{'));
    paths
}
