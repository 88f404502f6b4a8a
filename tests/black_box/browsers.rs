//! Pages in a real browser: cookies, CORS, requests of strangers, and a certified OpenID provider with its login page.
//! What the pages do is in `tests/node/browser.mjs`.

use std::net::TcpListener;

use auth_black_box::{
    CLIENT_ID, CLIENT_SECRET, Engine, OpenIdProvider, PASSWORD, Server, browse, each_engine, empty_page,
};
use serde_json::{Value, json};

/// A server with cookies on, and the pages around it.
struct Site {
    server: Server,
    page: String,
    stranger: String,
}

impl Site {
    async fn start(engine: Engine) -> Self {
        Self::with(engine, &[]).await
    }

    async fn with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        let (page, stranger) = (empty_page(), empty_page());
        let mut all = vec![("AUTH_COOKIES", "on"), ("AUTH_ALLOWED_ORIGINS", page.as_str())];
        all.extend(settings);
        let server = Server::with(engine, &all).await;
        Self { server, page, stranger }
    }

    async fn browse(&self, scenario: &'static str, name: &str) -> String {
        let configuration = json!({
            "server": self.server.url, "page": self.page, "stranger": self.stranger, "name": name, "password": PASSWORD,
        });
        tokio::task::spawn_blocking(move || browse(scenario, &configuration)).await.unwrap()
    }
}

/// A port that is free now: the provider must know it before the server takes it.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A site whose users sign in at a certified OpenID provider.
async fn site_with_provider(engine: Engine) -> (Site, OpenIdProvider) {
    let listen = format!("127.0.0.1:{}", free_port());
    let provider = OpenIdProvider::start(&format!("http://{listen}/auth/google"));
    let settings = [
        ("AUTH_LISTEN", listen.as_str()),
        ("AUTH_GOOGLE__CLIENT_ID", CLIENT_ID),
        ("AUTH_GOOGLE__CLIENT_SECRET", CLIENT_SECRET),
        ("AUTH_GOOGLE__ISSUER", provider.url.as_str()),
    ];
    (Site::with(engine, &settings).await, provider)
}

each_engine! {
    async fn a_page_of_our_own_lives_by_cookies(engine) {
        let site = Site::start(engine).await;
        site.server.register("ann").await;
        site.browse("same_origin", "ann").await;
    }

    async fn a_page_of_an_allowed_origin_lives_by_cookies(engine) {
        let site = Site::start(engine).await;
        site.server.register("ann").await;
        site.browse("allowed_origin", "ann").await;
    }

    /// The whole flow, login page included, with the provider's keys rotated in the middle.
    async fn a_certified_openid_provider_signs_users_in(engine) {
        let (site, mut provider) = site_with_provider(engine).await;
        let code = |answer: String| {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            (answer["code"].as_str().unwrap().to_owned(), answer["data"]["user"]["id"].clone())
        };
        let (registered, ann) = code(site.browse("sign_in", "ann").await);
        assert_eq!(registered, "USER_REGISTERED");
        assert_eq!(code(site.browse("sign_in", "ann").await), ("USER_LOGGED_IN".to_owned(), ann.clone()));
        provider.rotate_keys();
        assert_eq!(code(site.browse("sign_in", "ann").await), ("USER_LOGGED_IN".to_owned(), ann));
        assert_eq!(code(site.browse("sign_in", "bob").await).0, "USER_REGISTERED");
    }
}

#[tokio::test]
async fn a_page_of_a_stranger_changes_nothing() {
    let site = Site::start(Engine::Sqlite).await;
    site.server.register("ann").await;
    site.browse("strangers", "ann").await;
}

#[tokio::test]
async fn a_sign_in_ends_where_it_began() {
    let (site, _provider) = site_with_provider(Engine::Sqlite).await;
    site.browse("sign_in_from_page", "ann").await;
}

#[tokio::test]
async fn nobody_is_logged_in_by_the_end_of_another_ones_sign_in() {
    let (site, _provider) = site_with_provider(Engine::Sqlite).await;
    site.browse("foreign_sign_in", "eve").await;
}
