//! The sign-in and account pages: their files, what they may load, and their forms without scripts.
//! `clients/pages/test/browser` has the pages in a browser.

use actix_web::http::Method;
use auth_domain::use_cases::Policy;
use auth_http::{Colour, Logo, Origins, Pages, PagesOptions};

use crate::harness::{App, Client, PASSWORD, Reply, URL};

const SVG: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";

async fn app() -> App {
    App::with(Policy::for_tests(), |edge| {
        edge.cookies = true;
        edge.origins = Origins::new(URL, ["https://app.example.org".to_owned()]);
        edge.base_paths = vec!["/".to_owned(), "/api/".to_owned()];
        edge.pages = Some(Pages::new(PagesOptions {
            product_name: "Pines & <Oaks>".to_owned(),
            accent: Colour::parse("#2f5bd0").unwrap(),
            logo: Logo::new(SVG.to_owned(), "svg"),
            terms: Some("https://example.org/terms".to_owned()),
            privacy: None,
            password_min: 8,
            requests_exports: false,
        }));
    })
    .await
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.bytes.clone()).unwrap()
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// The value of an attribute that begins so.
fn attribute(html: &str, beginning: &str) -> String {
    html.split_once(beginning).unwrap().1.split('"').next().unwrap().to_owned()
}

async fn send_form(client: &Client, path: &str, form: &str) -> Reply {
    client.send_body(Method::POST, path, "application/x-www-form-urlencoded", form.into()).await
}

/// Posts a form as a page of ours does; the names of the cookies that are set, and where the browser goes.
async fn post(client: &Client, path: &str, form: &str) -> (Vec<String>, String) {
    let reply = send_form(client, path, form).await;
    assert_eq!(reply.status, 303, "{}", text(&reply));
    let cookies = cookies(&reply).into_iter().map(|cookie| cookie.split('=').next().unwrap().to_owned());
    (cookies.map(|name| name.replace("__Host-auth-", "")).collect(), header(&reply, "location").to_owned())
}

/// The cookies that are set, as a browser sends them.
fn cookies(reply: &Reply) -> Vec<String> {
    let lines = reply.headers.get_all("set-cookie").map(|line| line.to_str().unwrap());
    lines.map(|line| line.split(';').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_page_is_served_under_every_base_path_and_loads_only_its_own_files() {
    let app = app().await;
    let client = app.client();
    let account =
        ["", "login", "register", "recover", "verify", "code", "finish"].map(|page| format!("account/{page}"));
    let admin = ["", "user", "invitations", "audit", "service"].map(|page| format!("admin/{page}"));
    for base in ["", "/api"] {
        for page in account.iter().chain(&admin) {
            let reply = client.get(&format!("{base}/{page}")).await;
            assert_eq!(reply.status, 200, "{base} {page}");
            let html = text(&reply);
            assert!(html.contains("data-product=\"Pines &amp; &lt;Oaks&gt;\""), "{html}");
            assert!(html.contains(&format!("data-public-url=\"{URL}{base}/\"")), "{html}");
            assert!(!html.contains("<Oaks>") && !html.contains("style=") && !html.contains(" on"), "{html}");
            let policy = header(&reply, "content-security-policy");
            assert!(policy.contains("script-src 'self'; style-src 'self';"), "{policy}");
            assert!(policy.contains("require-trusted-types-for 'script'") && !policy.contains("unsafe"), "{policy}");
            assert!(policy.contains("form-action 'self' https://app.example.org;"), "{policy}");
            assert_eq!(header(&reply, "x-frame-options"), "DENY");
        }
        let reply = client.get(&format!("{base}/account?redirect=x")).await;
        assert_eq!((reply.status, header(&reply, "location")), (308, "account/?redirect=x"));
        let reply = client.get(&format!("{base}/admin")).await;
        assert_eq!((reply.status, header(&reply, "location")), (308, "admin/"));
        assert_eq!(client.get(&format!("{base}/account/none")).await.status, 404);
        assert_eq!(client.get(&format!("{base}/admin/none")).await.status, 404);
    }
}

#[tokio::test]
async fn a_file_is_kept_for_ever_under_its_name() {
    let app = app().await;
    let html = text(&app.client().get("/account/login").await);
    let script = attribute(&html, "<script type=\"module\" src=\"");
    let files = [script.clone(), attribute(&html, "rel=\"stylesheet\" href=\""), attribute(&html, "data-messages=\"")];
    for name in &files {
        let reply = app.client().get(&format!("/account/{name}")).await;
        assert_eq!(reply.status, 200, "{name}");
        assert_eq!(header(&reply, "cache-control"), "public, max-age=31536000, immutable");
        let known = app.client().header("If-None-Match", header(&reply, "etag"));
        assert_eq!(known.get(&format!("/account/{name}")).await.status, 304);
    }
    let compressed = app.client().header("Accept-Encoding", "gzip").get(&format!("/account/{script}")).await;
    assert_eq!(header(&compressed, "content-encoding"), "gzip");
    assert!(compressed.bytes.len() < 30_000, "{}", compressed.bytes.len());
    let html = text(&app.client().get("/admin/user?id=x").await);
    let admin = attribute(&html, "<script type=\"module\" src=\"");
    assert_ne!(admin, script, "the account pages do not load the administration");
    let messages = attribute(&html, "data-messages=\"");
    for name in [admin.as_str()].into_iter().chain(messages.split(' ')) {
        assert_eq!(app.client().get(&format!("/admin/{name}")).await.status, 200, "{name}");
    }
    let compressed = app.client().header("Accept-Encoding", "gzip").get(&format!("/admin/{admin}")).await;
    assert!(compressed.bytes.len() < 40_000, "{}", compressed.bytes.len());
    let logo = app.client().get(&format!("/account/{}", attribute(&html, "data-logo=\""))).await;
    assert_eq!((logo.bytes.as_slice(), header(&logo, "content-type")), (SVG, "image/svg+xml"));
    assert!(header(&logo, "content-security-policy").contains("sandbox"), "an SVG opened by itself runs nothing");
    assert_eq!(header(&logo, "cross-origin-resource-policy"), "cross-origin", "mail programs in browsers show it");
    let script = app.client().get(&format!("/account/{script}")).await;
    assert_eq!(header(&script, "cross-origin-resource-policy"), "same-origin");
    assert_eq!(app.client().get("/account/assets/app.0.js").await.status, 404);
}

#[tokio::test]
async fn mails_name_the_logo_as_the_pages_serve_it() {
    let logo = Logo::new(b"a picture".to_vec(), "png").unwrap();
    let path = logo.path_for_mail().unwrap();
    let app = App::with(Policy::for_tests(), |edge| {
        edge.cookies = true;
        edge.pages = Some(Pages::new(PagesOptions {
            product_name: "Example".to_owned(),
            accent: Colour::parse("#2f5bd0").unwrap(),
            logo: Some(logo),
            terms: None,
            privacy: None,
            password_min: 8,
            requests_exports: false,
        }));
    })
    .await;
    assert_eq!(app.client().get(&format!("/{path}")).await.bytes, b"a picture");
    assert_eq!(Logo::new(SVG.to_owned(), "svg").unwrap().path_for_mail(), None, "mail programs show none");
}

#[tokio::test]
async fn pages_that_are_off_are_not_there() {
    let app = App::start().await;
    assert_eq!(app.client().get("/account/").await.status, 404);
    assert_eq!(app.client().get("/account/login").await.status, 404);
    assert_eq!(app.client().get("/admin/").await.status, 404);
}

#[tokio::test]
async fn a_redirect_is_passed_on_only_to_an_allowed_origin() {
    let app = app().await;
    let page = |url: &str| {
        let client = app.client();
        let path = format!("/account/login?redirect={url}");
        async move { text(&client.get(&path).await) }
    };
    let good = page("https://app.example.org/in%3Fx=%22").await;
    assert!(good.contains("data-redirect=\"https://app.example.org/in?x=%22\""), "{good}");
    let begins = "https://app.example.org/auth/google/authorize%3Freauthenticate=true";
    for bad in ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/in", "", begins] {
        let html = page(bad).await;
        assert!(!html.contains("data-redirect") && !html.contains("name=\"redirect\""), "{bad}: {html}");
    }
}

#[tokio::test]
async fn without_scripts_a_form_signs_in_and_ends_where_it_should() {
    let app = app().await;
    app.register("ann").await;
    let page = app.client().header("Sec-Fetch-Site", "same-origin");
    let form = |password: &str| format!("email=ann&password={}", password.replace(' ', "+"));
    let signed_in = post(&page, "/account/login", &form(PASSWORD)).await;
    assert_eq!(signed_in, (vec!["access".to_owned(), "refresh".to_owned()], "./?signed-in".to_owned()));
    let redirect = "https%3A%2F%2Fapp.example.org%2Fin";
    let (_, location) = post(&page, "/account/login", &format!("{}&redirect={redirect}", form(PASSWORD))).await;
    assert_eq!(location, "https://app.example.org/in");
    let (_, location) = post(&page, "/account/login", &format!("{}&redirect=//evil.example", form(PASSWORD))).await;
    assert_eq!(location, "./?signed-in");

    let wrong = post(&page, "/account/login", &format!("{}&redirect={redirect}", form("wrong password"))).await;
    assert_eq!(wrong, (vec![], format!("login?error=INVALID_PASSWORD&redirect={redirect}")));
    let shown = text(&page.get(&format!("/account/{}", wrong.1)).await);
    let noscript = shown.split_once("<noscript>").unwrap().1;
    assert!(noscript.contains("The password is incorrect.") && noscript.contains("name=\"redirect\""), "{noscript}");
    let unknown = text(&page.get("/account/login?error=%3Cscript%3E").await);
    assert!(!unknown.contains("<script>") && unknown.contains("Something went wrong."), "{unknown}");
}

#[tokio::test]
async fn a_form_of_another_origin_signs_nobody_in() {
    let app = app().await;
    app.register("ann").await;
    let form = format!("email=ann&password={}", PASSWORD.replace(' ', "+"));
    for (name, value) in [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        for path in ["/account/login", "/account/code"] {
            let reply = send_form(&app.client().header(name, value), path, &form).await;
            assert!(reply.headers.get("set-cookie").is_none());
            reply.expect(403, "CROSS_SITE_REQUEST");
        }
    }
    let json = app.client().post("/account/login", serde_json::json!({})).await;
    assert_eq!(json.status, 415);
}

#[tokio::test]
async fn without_scripts_a_second_factor_is_a_second_form() {
    let app = app().await;
    let (access, _) = app.session("ann").await;
    app.client().bearer(&access).post("/2fa/app/setup", serde_json::json!({})).await.expect(200, "SCAN_QR");
    let code = serde_json::json!({ "otpCode": app.totp("ann", 0) });
    app.client().bearer(&access).post("/2fa/app/verify-setup", code).await.expect(200, "TWOFA_ENABLED");

    let page = app.client().header("Sec-Fetch-Site", "same-origin");
    let redirect = "redirect=https%3A%2F%2Fapp.example.org%2Fin";
    let form = format!("email=ann&password={}&{redirect}", PASSWORD.replace(' ', "+"));
    let begun = send_form(&page, "/account/login", &form).await;
    assert_eq!((begun.status, header(&begun, "location")), (303, format!("code?{redirect}").as_str()));
    let page = page.header("Cookie", &cookies(&begun).join("; "));
    let wrong = post(&page, "/account/code", &format!("method=app&code=000000&{redirect}")).await;
    assert_eq!(wrong, (vec![], format!("code?error=OTP_INVALID&{redirect}")));
    let right = format!("method=app&code={}&{redirect}", app.totp("ann", 1));
    let (set, location) = post(&page, "/account/code", &right).await;
    assert_eq!(
        (set, location.as_str()),
        (["access", "refresh", "temp"].map(str::to_owned).into(), "https://app.example.org/in")
    );

    let stranger = app.client().header("Sec-Fetch-Site", "same-origin");
    let (_, location) = post(&stranger, "/account/code", "method=app&code=000000").await;
    assert_eq!(location, "login?error=TOKEN_REQUIRED", "there is no step to go on with");
}

#[tokio::test]
async fn a_page_speaks_the_language_that_was_chosen_or_is_accepted() {
    let app = app().await;
    let language = |client: Client| async move {
        let html = text(&client.get("/account/login").await);
        assert!(html.contains("data-languages=\"en de es fr\""), "{html}");
        attribute(&html, "<html lang=\"")
    };
    let client = app.client();
    assert_eq!(language(client.clone()).await, "en");
    let accepting = client.header("Accept-Language", "xx, fr-CH;q=0.9, de;q=0.8");
    assert_eq!(language(accepting.clone()).await, "fr");
    assert_eq!(language(accepting.header("Cookie", "auth-language=de")).await, "de");
    assert_eq!(language(client.header("Cookie", "auth-language=../../etc")).await, "en");
}

#[tokio::test]
async fn a_gateway_learns_where_to_send_browsers_that_are_not_signed_in() {
    let app = app().await;
    let by_nginx = app.client().header("X-Original-Method", "GET").header("Accept", "text/html,*/*;q=0.8");
    let page = by_nginx.header("X-Original-URL", "https://app.example.org/notes?a=1&b=2");
    let back = format!("{URL}/account/login?redirect=https%3A%2F%2Fapp.example.org%2Fnotes%3Fa%3D1%26b%3D2");
    let refused = page.get("/auth/verify?login=401").await;
    assert_eq!(header(&refused, "location"), back);
    refused.expect(401, "TOKEN_REQUIRED");

    let by_traefik = |method: &str, host: &str, mode: &str| {
        let client = app.client().header("X-Forwarded-Method", method).header("X-Forwarded-Proto", "https");
        let client = client.header("X-Forwarded-Host", host).header("X-Forwarded-Uri", "/notes?a=1&b=2");
        client.header("Sec-Fetch-Mode", mode).header("Accept", "text/html")
    };
    let page_by_traefik = by_traefik("GET", "app.example.org", "navigate");
    for client in [page_by_traefik.clone(), page_by_traefik.bearer("no longer valid")] {
        let sent = client.get("/auth/verify?login=302").await;
        assert_eq!((sent.status, header(&sent, "location"), header(&sent, "cache-control")), (302, &*back, "no-store"));
        assert!(sent.bytes.is_empty());
    }
    let elsewhere = by_traefik("GET", "evil.example", "navigate").get("/auth/verify?login=302").await;
    assert_eq!(header(&elsewhere, "location"), format!("{URL}/account/login"));

    let by_script = by_traefik("GET", "app.example.org", "cors");
    let by_form = by_traefik("POST", "app.example.org", "navigate");
    for client in [by_script, by_form, app.client()] {
        let refused = client.get("/auth/verify?login=302").await;
        assert_eq!(header(&refused, "location"), "");
        refused.expect(401, "TOKEN_REQUIRED");
    }
    assert_eq!(header(&page.get("/auth/verify").await, "location"), "", "the gateway did not ask");
    page.get("/auth/verify?login=yes").await.expect(400, "VALIDATION_FAILED");
    page.get("/auth/verify?login=302&audience=orders").await.expect(400, "VALIDATION_FAILED");
    let itself = app.client().header("X-Original-Method", "GET").header("Accept", "text/html");
    let itself = itself.header("X-Original-URL", &format!("{URL}/account/login?redirect=x"));
    assert_eq!(header(&itself.get("/auth/verify?login=302").await, "location"), "", "or it would go round in circles");
    let framed = page_by_traefik.header("Sec-Fetch-Dest", "iframe").get("/auth/verify?login=302").await;
    framed.expect(401, "TOKEN_REQUIRED");
    let (access, _) = app.session("ann").await;
    let page = page.bearer(&access);
    assert_eq!(page.get("/auth/verify?login=302").await.status, 200);
    page.get("/auth/verify?login=302&role=admin").await.expect(403, "FORBIDDEN");

    let without_pages = App::start().await;
    let client = without_pages.client().header("X-Forwarded-Method", "GET").header("Accept", "text/html");
    client.get("/auth/verify?login=302").await.expect(401, "TOKEN_REQUIRED");
}
