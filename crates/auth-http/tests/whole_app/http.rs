//! The shape of answers: envelope, problem documents, headers, limits.

use actix_web::http::Method;
use auth_domain::use_cases::Policy;
use serde_json::{Value, json};

use crate::harness::{App, PASSWORD, URL};

#[tokio::test]
async fn errors_come_in_the_envelope_or_as_problem_documents() {
    let client = App::start().await.client();
    let nowhere = client.get("/nowhere").await;
    insta::assert_snapshot!("nothing_is_there", nowhere);
    nowhere.expect(404, "NOT_FOUND");
    client.get("/auth/nowhere/at/all").await.expect(404, "NOT_FOUND");
    client.get("/auth/nonsense").await.expect(404, "NOT_FOUND");
    for (method, path, allowed) in [
        (Method::GET, "/auth/01a200b9-c0e1-7bcf-8b25-c7f70207dc6c", "DELETE"),
        (Method::GET, "/auth/login", "POST"),
        (Method::DELETE, "/auth/me", "GET, HEAD"),
    ] {
        let reply = client.send(method, path, None).await;
        assert_eq!(reply.header("allow"), allowed);
        reply.expect(405, "METHOD_NOT_ALLOWED");
    }

    let problem = async |method: Method, path: &str, body: &'static str| {
        let client = client.header("Accept", "text/html, application/problem+json;q=0.9");
        let reply = client.send_body(method, path, "application/json", body.into()).await;
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.body["status"], reply.status);
        reply
    };
    let invalid = problem(Method::POST, "/auth/register", "{}").await;
    insta::assert_snapshot!("a_problem_document", invalid);
    assert_eq!(
        (invalid.status, &invalid.body["code"], &invalid.body["errors"][0]["field"]),
        (400, &json!("VALIDATION_FAILED"), &json!("/email"))
    );
    assert!(invalid.body["type"].is_string() && invalid.body["title"].is_string());
    let unwanted = client.header("Accept", "application/problem+json;q=0, */*");
    unwanted.get("/nowhere").await.expect(404, "NOT_FOUND");
    assert_eq!(problem(Method::GET, "/nowhere", "").await.body["code"], "NOT_FOUND");
    assert_eq!(problem(Method::PATCH, "/auth/me", "").await.header("allow"), "GET, HEAD");
    let unauthorized = problem(Method::GET, "/auth/me", "").await;
    assert_eq!((unauthorized.status, unauthorized.header("www-authenticate")), (401, "Bearer realm=\"auth\""));
}

#[tokio::test]
async fn bodies_are_bounded_and_must_be_json() {
    let client = App::start().await.client();
    let send = async |media_type: &str, body: Vec<u8>| {
        client.send_body(Method::POST, "/auth/register", media_type, body).await
    };
    send("application/json", vec![b' '; 65_536]).await.expect(400, "VALIDATION_FAILED");
    send("application/json", vec![b' '; 65_537]).await.expect(413, "PAYLOAD_TOO_LARGE");
    // As in chunks: nobody says how long it will be.
    let unannounced = client.header("Content-Type", "application/json");
    let unannounced = unannounced.send(Method::POST, "/auth/register", Some(vec![b' '; 65_537])).await;
    unannounced.expect(413, "PAYLOAD_TOO_LARGE");
    send("application/x-www-form-urlencoded", b"email=a".to_vec()).await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
    send("text/plain", b"{}".to_vec()).await.expect(415, "UNSUPPORTED_MEDIA_TYPE");
    send("application/json; charset=utf-8", b"{}".to_vec()).await.expect(400, "VALIDATION_FAILED");
    client.post("/auth/register", json!({ "email": "x" })).await.expect(400, "VALIDATION_FAILED");
    for body in [&b"\xff\xfe"[..], b"", b"null", b"[]", b"{\"email\":\"\\ud800\"}", b"{\"email\":\"\xff\"}", b"{} {}"] {
        send("application/json", body.to_vec()).await.expect(400, "VALIDATION_FAILED");
    }
    let deep = format!("{{\"email\":{}", "[".repeat(60_000));
    send("application/json", deep.into_bytes()).await.expect(400, "VALIDATION_FAILED");
}

#[tokio::test]
async fn a_compressed_body_is_refused_and_told_why() {
    let app = App::start().await;
    let body = json!({ "email": "ann@example.org", "password": PASSWORD });
    let register = async |encoding: &str| {
        let client = app.client().header("Transfer-Encoding", "chunked").header("Content-Encoding", encoding);
        client.post("/auth/register", body.clone()).await
    };
    for encoding in ["gzip", "br", "identity, gzip"] {
        let answer = register(encoding).await;
        assert_eq!(answer.header("accept-encoding"), "identity", "{encoding}");
        answer.expect(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    register("Identity").await.expect(201, "USER_REGISTERED");
    let twice = json!({ "email": " Ann@example.org ", "password": PASSWORD });
    assert_eq!(app.client().post("/auth/register", twice).await.expect(400, "USER_EXISTS")["field"], "/email");
}

#[tokio::test]
async fn everything_is_served_under_every_base_path() {
    let configure = |edge: &mut auth_http::Edge| edge.base_paths = ["/", "/api/", "/v1/id/"].map(str::to_owned).into();
    let app = App::with(Policy::for_tests(), configure).await;
    app.service.use_cases.publish_signing_keys.rotate().await.unwrap();
    let client = app.client();
    for base in ["", "/api", "/v1/id"] {
        client.get(&format!("{base}/auth/me")).await.expect(401, "TOKEN_REQUIRED");
        client.get(&format!("{base}/auth/verify?x=1")).await.expect(401, "TOKEN_REQUIRED");
        client.get(&format!("{base}/auth/nowhere/at/all")).await.expect(404, "NOT_FOUND");
        assert_eq!(client.get(&format!("{base}/health/live")).await.body, json!({ "status": "ok" }));
        assert_eq!(client.get(&format!("{base}/health/ready")).await.status, 200);
        let jwks = client.get(&format!("{base}/.well-known/jwks.json")).await;
        assert_eq!((jwks.status, jwks.header("cache-control")), (200, "public, max-age=600"));
        assert_eq!(jwks.header("access-control-allow-origin"), "*");
        assert_eq!(client.send(Method::HEAD, &format!("{base}/health/ready"), None).await.status, 200);

        let specification: Value = client.get(&format!("{base}/auth/doc/openapi.json")).await.body;
        assert_eq!(specification["servers"], json!([{ "url": format!("{URL}{base}") }]));
        let moved = client.get(&format!("{base}/auth/doc")).await;
        assert_eq!((moved.status, moved.header("location")), (308, "doc/"));
        let page = client.get(&format!("{base}/auth/doc/")).await;
        assert!(String::from_utf8(page.bytes).unwrap().contains("swagger-ui"));
        for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-initializer.js"] {
            let reply = client.get(&format!("{base}/auth/doc/{file}")).await;
            assert_eq!(reply.status, 200);
            assert!(reply.bytes.len() > 100);
        }
        client.get(&format!("{base}/auth/doc/none.js")).await.expect(404, "NOT_FOUND");
        for (path, status) in [
            ("/auth/doc", 308),
            ("/auth/doc/", 200),
            ("/auth/doc/openapi.json", 200),
            ("/auth/doc/swagger-ui.json", 200),
        ] {
            let path = format!("{base}{path}");
            assert_eq!(client.send(Method::HEAD, &path, None).await.status, status, "{path}");
            for method in [Method::POST, Method::DELETE] {
                let reply = client.send(method, &path, None).await;
                assert_eq!(reply.header("allow"), "GET, HEAD");
                reply.expect(405, "METHOD_NOT_ALLOWED");
            }
        }
    }
}

/// A proxy that serves `https://example.org/id/…` takes `/id` away: what the page calls and where it is sent must not lack it.
#[tokio::test]
async fn the_api_page_works_behind_a_prefix_that_a_proxy_takes_away() {
    let configure = |edge: &mut auth_http::Edge| {
        edge.issuer = "https://example.org/id".to_owned();
        edge.base_paths = ["/", "/api/"].map(str::to_owned).into();
    };
    let app = App::with(Policy::for_tests(), configure).await;
    for base in ["", "/api"] {
        let specification = app.client().get(&format!("{base}/auth/doc/openapi.json")).await.body;
        assert_eq!(specification["servers"], json!([{ "url": format!("https://example.org/id{base}") }]));
        let of_page = app.client().get(&format!("{base}/auth/doc/swagger-ui.json")).await.body;
        assert_eq!(of_page["servers"], json!([{ "url": "../.." }]), "where the page came from");
        assert_eq!(of_page["paths"], specification["paths"]);
        let moved = app.client().get(&format!("{base}/auth/doc")).await;
        assert_eq!((moved.status, moved.header("location")), (308, "doc/"));
    }
}

#[tokio::test]
async fn the_openapi_document_is_compressed_and_need_not_be_fetched_twice() {
    let client = App::start().await.client();
    let fetch = async |headers: &[(&str, &str)]| {
        let client = headers.iter().fold(client.clone(), |client, (name, value)| client.header(name, value));
        client.get("/auth/doc/openapi.json").await
    };
    let plain = fetch(&[]).await;
    assert!(plain.bytes.len() <= 150_000, "{} bytes", plain.bytes.len());
    let tag = plain.header("etag");
    for (accepted, encoding) in [
        ("gzip, deflate, br", Some("gzip")),
        ("*", None),
        ("gzip;q=0.5", Some("gzip")),
        ("gzip;q=0", None),
        ("identity", None),
        ("gzip;q=0.1, identity;q=0.9", None),
        ("br", None),
    ] {
        let reply = fetch(&[("Accept-Encoding", accepted)]).await;
        let found = reply.headers.get("content-encoding").map(|value| value.to_str().unwrap());
        assert_eq!((reply.status, found, reply.header("etag")), (200, encoding, tag), "{accepted}");
        assert_eq!(reply.header("vary"), "Accept-Encoding");
        match encoding {
            Some(_) => assert!(reply.bytes.starts_with(&[0x1f, 0x8b]) && reply.bytes.len() <= 25_000),
            None => assert_eq!(reply.bytes, plain.bytes),
        }
    }
    for known in [tag, "*", &format!("\"other\", {tag}"), tag.trim_start_matches("W/")] {
        let reply = fetch(&[("If-None-Match", known)]).await;
        assert_eq!((reply.status, reply.bytes.len(), reply.header("etag")), (304, 0, tag), "{known}");
    }
    assert_eq!(fetch(&[("If-None-Match", "\"other\"")]).await.status, 200);
}

/// Any page may verify tokens, whichever origins may do more.
#[tokio::test]
async fn keys_may_be_read_by_pages_of_any_origin() {
    let allowed = "https://app.example.org";
    for origins in [vec![], vec![allowed.to_owned()]] {
        let configure = |edge: &mut auth_http::Edge| edge.origins = auth_http::Origins::new(URL, origins.clone());
        let app = App::with(Policy::for_tests(), configure).await;
        app.service.use_cases.publish_signing_keys.rotate().await.unwrap();
        for page in [allowed, "https://anybody.example"] {
            let keys = app.client().header("Origin", page).get("/.well-known/jwks.json").await;
            let may_read = keys.header("access-control-allow-origin");
            assert!(may_read == "*" || may_read == page, "{page}: {may_read}");
            assert_eq!(keys.body["keys"].as_array().unwrap().len(), 1);
        }
    }
}
