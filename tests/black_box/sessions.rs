//! `POST /auth/logout`, `/auth/logout-all`, `GET` and `DELETE /auth/sessions`, `GET /auth/verify`

use auth_black_box::{Client, PASSWORD, Server, each_engine};
use serde_json::{Value, json};

async fn logout(server: &Server, access: &str, body: Value) -> auth_black_box::Reply {
    server.client().bearer(access).post("/auth/logout", body).await
}

each_engine! {
    async fn logout_takes_any_token_the_session_ever_had_and_no_other(engine) {
        let server = Server::start(engine).await;
        let (access, first) = server.session("ann").await;
        let (_, foreign) = server.session("bob").await;
        let (access2, second) = server.client().refresh(&first).await.tokens();
        logout(&server, &access, json!({ "token": foreign })).await.expect(401, "REFRESH_TOKEN_INVALID");
        logout(&server, &access, json!({ "token": access })).await.expect(401, "REFRESH_TOKEN_INVALID");
        logout(&server, &access, json!({})).await.expect(401, "REFRESH_TOKEN_REQUIRED");
        server.client().post("/auth/logout", json!({ "token": first })).await.expect(401, "TOKEN_REQUIRED");
        server.me(&access2).await.expect(200, "USER_FETCHED");

        logout(&server, &access2, json!({ "token": first })).await.expect(200, "USER_LOGGED_OUT");
        server.me(&access2).await.expect(401, "UNAUTHORIZED");
        server.client().refresh(&second).await.expect(401, "REFRESH_TOKEN_INVALID");
        logout(&server, &access2, json!({ "token": second })).await.expect(401, "UNAUTHORIZED");
        server.client().refresh(&foreign).await.expect(200, "TOKEN_REFRESHED");
    }

    async fn logout_all_ends_all_of_one_user(engine) {
        let server = Server::start(engine).await;
        let (access, refresh) = server.session("ann").await;
        let (other, _) = server.client().login("ann", PASSWORD).await.tokens();
        let (bob, _) = server.session("bob").await;
        server.client().bearer(&access).post("/auth/logout-all", json!({})).await.expect(200, "USER_LOGGED_OUT");
        for token in [&access, &other] {
            server.me(token).await.expect(401, "UNAUTHORIZED");
        }
        server.client().refresh(&refresh).await.expect(401, "REFRESH_TOKEN_INVALID");
        server.me(&bob).await.expect(200, "USER_FETCHED");
    }

    async fn sessions_are_listed_and_ended_by_their_owner_alone(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let phone = Client::with_user_agent(&server.url, "Phone/1");
        let (phone_access, _) = phone.login("ann", PASSWORD).await.tokens();
        let (bob, _) = server.session("bob").await;
        let ann = server.client().bearer(&access);
        let sessions = ann.get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED")["sessions"].clone();
        assert_eq!(sessions.as_array().unwrap().len(), 2);
        assert_eq!((&sessions[0]["userAgent"], &sessions[0]["current"]), (&json!("Phone/1"), &json!(false)), "the newest first");
        assert_eq!((&sessions[1]["network"], &sessions[1]["current"]), (&json!("127.0.0.0/24"), &json!(true)));

        let path = format!("/auth/sessions/{}", sessions[0]["id"].as_str().unwrap());
        server.client().bearer(&bob).delete(&path).await.expect(404, "NOT_FOUND");
        server.me(&phone_access).await.expect(200, "USER_FETCHED");
        ann.delete(&path).await.expect(200, "SESSION_REVOKED");
        server.me(&phone_access).await.expect(401, "UNAUTHORIZED");
        ann.delete(&path).await.expect(404, "NOT_FOUND");
        ann.delete("/auth/sessions/not-a-uuid").await.expect(400, "VALIDATION_FAILED");
        assert_eq!(ann.get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED")["sessions"].as_array().unwrap().len(), 1);
    }

    async fn a_trusted_proxy_tells_the_clients_network_and_nobody_else_does(engine) {
        const OWN: &str = "127.0.0.0/24";
        const TOLD: &str = "203.0.113.0/24";
        let trusting = Server::with(engine, &[("AUTH_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8")]).await;
        let other = Server::with(engine, &[("AUTH_TRUSTED_PROXIES", "10.0.0.0/8")]).await;
        let default = Server::start(engine).await;
        for server in [&trusting, &other, &default] {
            server.register("ann").await;
        }
        let network = async |server: &Server, headers: &[(&str, &str)]| {
            let client = server.client();
            let mut login = client.request(reqwest::Method::POST, "/auth/login");
            for (name, value) in headers {
                login = login.header(*name, *value);
            }
            let (access, _) = client.send(login.json(&json!({ "email": "ann", "password": PASSWORD }))).await.tokens();
            let sessions = client.bearer(&access).get("/auth/sessions").await.expect(200, "SESSIONS_FETCHED");
            sessions["sessions"][0]["network"].as_str().unwrap().to_owned()
        };
        let list = ("X-Forwarded-For", "198.51.100.1, 203.0.113.9, 10.0.0.1");
        let elements = ("Forwarded", "for=198.51.100.1, for=\"203.0.113.9:5555\";proto=https, for=10.0.0.1");
        let six = ("Forwarded", "for=\"[2001:db8:1:2::7]\"");
        for headers in [&[list][..], &[elements], &[list, elements]] {
            assert_eq!(network(&trusting, headers).await, TOLD, "{headers:?}");
            for server in [&other, &default] {
                assert_eq!(network(server, headers).await, OWN, "{headers:?}");
            }
        }
        assert_eq!(network(&trusting, &[six]).await, "2001:db8:1:2::/64");
        // One of the two is anybody's: neither is believed.
        for spoofed in [("Forwarded", "for=198.51.100.1"), ("Forwarded", "garbage")] {
            assert_eq!(network(&trusting, &[list, spoofed]).await, OWN);
        }
        assert_eq!(network(&trusting, &[elements, ("X-Forwarded-For", "198.51.100.1")]).await, OWN);
        let open = ("Forwarded", "for=198.51.100.1;x=\", for=203.0.113.9");
        assert_eq!(network(&trusting, &[open]).await, OWN);
        for odd in ["unknown", "", "for", "for=_x", "\"", ";;,,=", "for=\"[2001:db8::\""] {
            assert_eq!(network(&trusting, &[("Forwarded", odd)]).await, OWN, "{odd}");
        }
    }

    async fn a_gateway_asks_who_it_is(engine) {
        let server = Server::start(engine).await;
        let (access, _) = server.session("ann").await;
        let ann = server.client().bearer(&access);
        for path in ["/auth/verify", "/auth/verify?role=user", "/api/auth/verify?x=1"] {
            let reply = ann.get(path).await;
            assert_eq!((reply.status, &reply.headers["x-auth-roles"]), (200, &"user".parse().unwrap()));
            let me = server.me(&access).await.expect(200, "USER_FETCHED");
            assert_eq!(reply.headers["x-auth-user-id"], me["user"]["id"].as_str().unwrap());
            assert_eq!(reply.headers["x-auth-session-id"].len(), 36);
        }
        ann.get("/auth/verify?role=admin").await.expect(403, "FORBIDDEN");
        ann.get("/auth/verify?role=user&role=admin").await.expect(400, "VALIDATION_FAILED");
        server.client().get("/auth/verify").await.expect(401, "TOKEN_REQUIRED");
        server.client().bearer("x").get("/auth/verify").await.expect(401, "ACCESS_TOKEN_INVALID");
    }
}
